from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.aws.ec2 import StorageCollector
from collectors.aws.session import AwsAccount
from collectors.model import (
    Disk,
    DiskSnapshot,
    KeyHolder,
    Known,
    MachineImage,
    NotNeeded,
    Provider,
    Resource,
    Scope,
    Unread,
    UnreadReason,
)
from detectors.catalogue import catalogue
from detectors.data.encryption_at_rest import Parameters
from detectors.engine import judge
from detectors.model import Judgement, Policy, Residency, Verdict
from detectors.requirement import Requirement
from tests.fakes.aws_faults import GATEWAY_PAGE, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

REGION = "eu-central-1"
FOREIGN = "210987654321"
REFUSED = Fault(status=403, code="UnauthorizedOperation")
# What EC2 says and moto leaves out.
SAYS_BARE = Fault(rewrite=lambda body: body.replace(b"<ebs>", b"<ebs><encrypted>false</encrypted>"))
SAYS_ENCRYPTED = Fault(rewrite=lambda body: body.replace(b"<ebs>", b"<ebs><encrypted>true</encrypted>"))


def names_key(key: str) -> Fault:
    said = b"<encrypted>true</encrypted>"
    return Fault(rewrite=lambda body: body.replace(said, said + f"<kmsKeyId>{key}</kmsKeyId>".encode()))


POLICY = Policy(
    residency=Residency(default=("aws:eu-*",), classes={"personal": ("aws:eu-central-1",)}),
    parameters={"data.encryption_at_rest": Parameters(classes={"personal": Requirement.CUSTOMER_KEY})},
)


def scope(region: str = REGION) -> Scope:
    return Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region=region, collector="aws.ec2.storage")


class Seed:
    """Makes volumes, snapshots and images in one region, each known by its Name tag."""

    def __init__(self, moto: Moto, region: str) -> None:
        self.ec2 = moto.client("ec2", region=region)
        self.region = region

    def volume(self, name: str, *, data_class: str = "", **settings: Any) -> str:
        uid: str = self.ec2.create_volume(
            Size=1, AvailabilityZone=f"{self.region}a", TagSpecifications=_tags("volume", name, data_class), **settings
        )["VolumeId"]
        return uid

    def snapshot(self, name: str, *share: str, encrypted: bool = False, data_class: str = "", key: str = "") -> str:
        settings: dict[str, Any] = {"Encrypted": True} if encrypted else {}
        if key:
            settings["KmsKeyId"] = key
        uid: str = self.ec2.create_snapshot(
            VolumeId=self.volume(f"{name} volume", data_class=data_class, **settings),
            TagSpecifications=_tags("snapshot", name, data_class),
        )["SnapshotId"]
        for whom in share:
            to = {"GroupNames": ["all"]} if whom == "all" else {"UserIds": [whom]}
            self.ec2.modify_snapshot_attribute(
                SnapshotId=uid, Attribute="createVolumePermission", OperationType="add", **to
            )
        return uid

    def image(self, name: str, *share: str) -> str:
        uid: str = self.ec2.register_image(
            Name=name,
            RootDeviceName="/dev/sda1",
            BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 1}}],
        )["ImageId"]
        for whom in share:
            to = {"Group": "all"} if whom == "all" else {"UserId": whom}
            self.ec2.modify_image_attribute(ImageId=uid, LaunchPermission={"Add": [to]})
        return uid


def _tags(kind: str, name: str, data_class: str) -> list[dict[str, Any]]:
    tags = [{"Key": "Name", "Value": name}]
    if data_class:
        tags.append({"Key": "data-class", "Value": data_class})
    return [{"ResourceType": kind, "Tags": tags}]


@pytest.fixture
def seed(moto: Moto) -> Seed:
    return Seed(moto, REGION)


def read(account: AwsAccount, region: str = REGION) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in StorageCollector(account).collect(scope(region)):
        assert isinstance(item, Resource), item
        found[item.name] = item
    return found


def look(uid: str, resource: Resource) -> Judgement:
    judgement = judge(catalogue()[uid], resource, POLICY, datetime(2026, 1, 1, tzinfo=UTC))
    assert judgement is not None
    return judgement


def verdicts(found: dict[str, Any], uid: str, kinds: tuple[type[Resource], ...]) -> dict[str, str]:
    """The verdicts on what was named; not on what snapshots and images were made of on the way."""
    return {
        name: look(uid, resource).verdict.value
        for name, resource in found.items()
        if isinstance(resource, kinds) and not name.endswith(" volume") and not name.startswith(("snap-", "vol-"))
    }


def test_the_estate_is_judged_as_a_person_judges_it(
    seed: Seed, moto: Moto, account: AwsAccount, faults: Faults
) -> None:
    key = moto.client("kms", region=REGION).create_key()["KeyMetadata"]["Arn"]
    foreign = f"arn:aws:kms:{REGION}:{FOREIGN}:key/11111111-2222-3333-4444-555555555555"
    aws_owned = Fault(rewrite=lambda body: body.replace(b'"KeyManager": "CUSTOMER"', b'"KeyManager": "AWS"'))
    faults.plan("kms:DescribeKey", aws_owned, when=lambda call: call.region == "eu-west-1")

    faults.plan("ec2:DescribeImages", SAYS_BARE)
    faults.plan("ec2:DescribeSnapshots", names_key(key))

    seed.volume("bare")
    seed.volume("kept", Encrypted=True)
    seed.volume("own key", Encrypted=True, KmsKeyId=key)
    seed.volume("personal, own key", data_class="personal", Encrypted=True, KmsKeyId=key)
    seed.volume("personal, foreign key", data_class="personal", Encrypted=True, KmsKeyId=foreign)
    seed.volume("personal, bare", data_class="personal")
    seed.snapshot("private")
    seed.snapshot("private, encrypted", encrypted=True)
    seed.snapshot("public", "all")
    seed.snapshot("given", FOREIGN)
    seed.snapshot("public and given", "all", FOREIGN)
    seed.snapshot("personal copy", data_class="personal", encrypted=True, key=key)
    seed.image("private image")
    seed.image("public image", "all")
    seed.image("given image", FOREIGN)

    found = read(account)
    everything = (Disk, DiskSnapshot, MachineImage)
    assert verdicts(found, "data.encryption_at_rest", everything) == {
        "bare": "FAIL",
        "kept": "PASS",
        "own key": "PASS",
        "personal, own key": "PASS",
        "personal, foreign key": "PASS",
        "personal, bare": "FAIL",
        "private": "FAIL",
        "private, encrypted": "PASS",
        "public": "FAIL",
        "given": "FAIL",
        "public and given": "FAIL",
        "personal copy": "PASS",
        "private image": "FAIL",
        "public image": "FAIL",
        "given image": "FAIL",
    }
    assert verdicts(found, "data.public_snapshot", (DiskSnapshot, MachineImage)) == {
        "private": "PASS",
        "private, encrypted": "PASS",
        "public": "FAIL",
        "given": "PASS",
        "public and given": "FAIL",
        "personal copy": "PASS",
        "private image": "PASS",
        "public image": "FAIL",
        "given image": "PASS",
    }
    assert set(verdicts(found, "residency.out_of_region", everything).values()) == {"PASS"}
    assert set(verdicts(found, "residency.copy_out_of_region", everything).values()) == {"PASS"}
    given = look("data.public_snapshot", found["given"])
    assert [(one.name, one.data, one.violates) for one in given.evidence] == [
        ("shared_accounts", {"accounts": (FOREIGN,)}, False)
    ]
    assert given.notes == ("shared_with_named_accounts",)

    west = Seed(moto, "eu-west-1")
    west.volume("personal, provider's key", data_class="personal", Encrypted=True)
    west.volume("no class, provider's key", Encrypted=True)
    found = read(account, "eu-west-1")
    assert verdicts(found, "data.encryption_at_rest", everything) == {
        "personal, provider's key": "FAIL",
        "no class, provider's key": "PASS",
    }
    assert verdicts(found, "residency.out_of_region", everything) == {
        "personal, provider's key": "FAIL",
        "no class, provider's key": "PASS",
    }

    far = Seed(moto, "us-east-1")
    far.ec2.copy_snapshot(
        SourceRegion=REGION,
        SourceSnapshotId=seed.snapshot("to be copied"),
        TagSpecifications=_tags("snapshot", "far copy", ""),
    )
    far.volume("far volume of ours")
    far.image("far image")
    assert verdicts(read(account, "us-east-1"), "residency.out_of_region", everything) == {
        "far copy": "FAIL",
        "far volume of ours": "FAIL",
        "far image": "FAIL",
    }


def test_resources_are_named_as_the_contract_names_them(seed: Seed, account: AwsAccount) -> None:
    volume, snapshot, image = seed.volume("v"), seed.snapshot("s"), seed.image("img")
    found = read(account)
    assert found["v"].uid == f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{volume}"
    assert found["s"].uid == f"arn:aws:ec2:{REGION}::snapshot/{snapshot}"
    assert found["img"].uid == f"arn:aws:ec2:{REGION}:{ACCOUNT}:image/{image}"
    assert {item.account for item in found.values()} == {ACCOUNT}
    assert found["v"].places == Known((f"aws:{REGION}",))
    assert found["s"].shared_accounts == Known(())


def test_calls_are_bounded_by_the_region_where_the_endpoint_heeds_whom_the_list_is_for(
    seed: Seed, account: AwsAccount, faults: Faults
) -> None:
    for number in range(6):
        seed.snapshot(f"private {number}")
    none = re.compile(rb"(?s)<snapshotSet>.*</snapshotSet>")
    nobody = Fault(rewrite=lambda body: none.sub(b"<snapshotSet/>", body))
    faults.plan("ec2:DescribeSnapshots", nobody, when=lambda call: "RestorableBy.1" in call.form)
    found = read(account)
    asked = sorted(call.operation for call in faults.calls if not call.operation.startswith("sts:"))
    assert asked == [
        "ec2:DescribeImages",
        "ec2:DescribeSnapshots",
        "ec2:DescribeSnapshots",
        "ec2:DescribeVolumes",
        "ec2:GetEbsEncryptionByDefault",
    ]
    private = found["private 3"]
    assert private.shared_accounts == NotNeeded("named_shares_not_read")
    assert look("data.public_snapshot", private).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("state", "verdict", "notes"),
    [
        ("block-all-sharing", Verdict.PASS, ("shared_but_blocked",)),
        ("block-new-sharing", Verdict.FAIL, ()),
        ("unblocked", Verdict.FAIL, ()),
    ],
)
def test_a_switch_that_blocks_all_sharing_silences_the_grant(
    seed: Seed, account: AwsAccount, faults: Faults, *, state: str, verdict: Verdict, notes: tuple[str, ...]
) -> None:
    seed.snapshot("public", "all")
    body = (
        "<GetSnapshotBlockPublicAccessStateResponse><requestId>r</requestId>"
        f"<state>{state}</state></GetSnapshotBlockPublicAccessStateResponse>"
    )
    faults.plan("ec2:GetSnapshotBlockPublicAccessState", Fault(body=body.encode()))
    judgement = look("data.public_snapshot", read(account)["public"])
    assert (judgement.verdict, judgement.notes) == (verdict, notes)


def test_a_switch_that_could_not_be_read_excuses_nothing(seed: Seed, account: AwsAccount, faults: Faults) -> None:
    seed.snapshot("public", "all")
    faults.plan("ec2:GetSnapshotBlockPublicAccessState", REFUSED)
    judgement = look("data.public_snapshot", read(account)["public"])
    assert judgement.verdict is Verdict.FAIL
    assert judgement.notes == ("sharing_block_unread",)


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("ec2:DescribeVolumes", Disk),
        ("ec2:DescribeSnapshots", DiskSnapshot),
        ("ec2:DescribeImages", MachineImage),
    ],
)
@pytest.mark.parametrize("fault", [REFUSED, GATEWAY_PAGE])
def test_a_list_that_fails_costs_its_kind_and_is_no_empty_region(
    seed: Seed, account: AwsAccount, faults: Faults, *, operation: str, kind: type[Resource], fault: Fault
) -> None:
    seed.snapshot("s")
    seed.image("img")
    faults.plan("ec2:GetSnapshotBlockPublicAccessState", REFUSED)
    faults.plan(operation, fault)
    found = list(StorageCollector(account).collect(scope()))
    (unread,) = [item for item in found if isinstance(item, Unread)]
    assert unread.operation == operation
    assert unread.reason is (UnreadReason.DENIED if fault is REFUSED else UnreadReason.MALFORMED)
    assert unread.permission == (operation if fault is REFUSED else "")
    kinds = {type(item) for item in found} - {Unread}
    assert kinds == {Disk, DiskSnapshot, MachineImage} - {kind}


def test_who_shares_stays_open_where_it_could_not_be_read(seed: Seed, account: AwsAccount, faults: Faults) -> None:
    seed.snapshot("public", "all")
    faults.plan("ec2:DescribeSnapshotAttribute", REFUSED)
    judgement = look("data.public_snapshot", read(account)["public"])
    assert judgement.verdict is Verdict.UNKNOWN
    assert "ec2:DescribeSnapshotAttribute" in judgement.remediation
    faults.clear()
    faults.plan("ec2:DescribeSnapshots", REFUSED, when=lambda call: "RestorableBy.1" in call.form)
    found = read(account)
    assert look("data.public_snapshot", found["public"]).verdict is Verdict.UNKNOWN
    assert look("data.encryption_at_rest", found["public"]).verdict is Verdict.FAIL


def test_a_key_that_could_not_be_read_matters_only_where_more_is_asked_for(
    seed: Seed, account: AwsAccount, faults: Faults
) -> None:
    seed.volume("plain", Encrypted=True)
    seed.volume("also plain", Encrypted=True)
    seed.volume("personal", data_class="personal", Encrypted=True)
    faults.plan("kms:DescribeKey", Fault(status=400, code="AccessDeniedException"))
    found = read(account)
    assert look("data.encryption_at_rest", found["plain"]).verdict is Verdict.PASS
    personal = look("data.encryption_at_rest", found["personal"])
    assert personal.verdict is Verdict.UNKNOWN
    assert [one.permission for one in personal.unread] == ["kms:DescribeKey"]
    assert faults.count("kms:DescribeKey") == 1


def test_a_key_in_a_store_of_ones_own_is_an_hsm(seed: Seed, account: AwsAccount, faults: Faults) -> None:
    seed.volume("v", Encrypted=True)
    outside = Fault(rewrite=lambda body: body.replace(b'"Origin": "AWS_KMS"', b'"Origin": "AWS_CLOUDHSM"'))
    faults.plan("kms:DescribeKey", outside)
    assert read(account)["v"].key_holder == Known(KeyHolder.HSM)


@pytest.mark.parametrize("on", [True, False])
def test_what_the_region_encrypts_by_default_is_said_with_it(seed: Seed, account: AwsAccount, *, on: bool) -> None:
    seed.volume("bare")
    if on:
        seed.ec2.enable_ebs_encryption_by_default()
    found = read(account)["bare"]
    assert found.default_encryption == Known(on)
    assert look("data.encryption_at_rest", found).notes == (() if on else ("default_encryption_off",))


def test_a_refused_default_costs_no_verdict(seed: Seed, account: AwsAccount, faults: Faults) -> None:
    seed.volume("bare")
    seed.volume("kept", Encrypted=True)
    faults.plan("ec2:GetEbsEncryptionByDefault", REFUSED)
    found = read(account)
    assert look("data.encryption_at_rest", found["bare"]).verdict is Verdict.FAIL
    assert look("data.encryption_at_rest", found["kept"]).verdict is Verdict.PASS
    assert faults.count("ec2:GetEbsEncryptionByDefault") == 1


@pytest.mark.parametrize(
    ("element", "place"),
    [
        (f"<availabilityZone>{REGION}b</availabilityZone>", f"aws:{REGION}"),
        (f"<availabilityZone>{REGION}-ham-1a</availabilityZone>", f"aws:{REGION}-ham-1"),
        (f"<availabilityZone>{REGION}-wl1-ber-wlz-1</availabilityZone>", f"aws:{REGION}-wl1-ber-wlz-1"),
        (
            f"<outpostArn>arn:aws:outposts:{REGION}:{ACCOUNT}:outpost/op-0a1b</outpostArn>",
            "aws:op-0a1b",
        ),
    ],
)
def test_data_outside_of_the_region_s_own_zones_lies_elsewhere(
    seed: Seed, account: AwsAccount, faults: Faults, element: str, place: str
) -> None:
    seed.volume("v")
    zone = re.compile(rb"<availabilityZone>[^<]*</availabilityZone>")
    faults.plan("ec2:DescribeVolumes", Fault(rewrite=lambda body: zone.sub(element.encode(), body)))
    found = read(account)["v"]
    assert found.places == Known((place,))
    expected = Verdict.PASS if place == f"aws:{REGION}" else Verdict.UNKNOWN
    assert look("residency.out_of_region", found).verdict is expected


@pytest.mark.parametrize(
    ("says", "verdict", "notes"),
    [
        (SAYS_BARE, Verdict.FAIL, ("default_encryption_off",)),
        (SAYS_ENCRYPTED, Verdict.PASS, ()),
        (Fault(), Verdict.PASS, ("encrypted_as_its_snapshots_are",)),
        (Fault(rewrite=lambda body: body.replace(b"<ebs>", b"<no>").replace(b"</ebs>", b"</no>")), Verdict.PASS, None),
    ],
)
def test_an_image_is_as_encrypted_as_its_disks(
    seed: Seed, account: AwsAccount, faults: Faults, *, says: Fault, verdict: Verdict, notes: tuple[str, ...] | None
) -> None:
    seed.image("img")
    faults.plan("ec2:DescribeImages", says)
    judgement = look("data.encryption_at_rest", read(account)["img"])
    assert judgement.verdict is verdict
    assert judgement.notes == (("image_without_disks",) if notes is None else notes)


def test_an_encrypted_copy_that_names_no_key_is_the_provider_s(seed: Seed, account: AwsAccount) -> None:
    seed.snapshot("s", encrypted=True, data_class="personal")
    found = read(account)["s"]
    assert found.key_holder == Known(KeyHolder.PROVIDER)
    assert look("data.encryption_at_rest", found).verdict is Verdict.FAIL


def test_an_entry_that_does_not_say_is_not_taken_for_unencrypted(
    seed: Seed, account: AwsAccount, faults: Faults
) -> None:
    seed.volume("v")
    said = re.compile(rb"<encrypted>[^<]*</encrypted>")
    faults.plan("ec2:DescribeVolumes", Fault(rewrite=lambda body: said.sub(b"", body)))
    found = read(account)["v"]
    assert isinstance(found.encryption, Unread)
    assert look("data.encryption_at_rest", found).verdict is Verdict.UNKNOWN


def test_each_is_read_anew_by_its_arn(seed: Seed, account: AwsAccount, faults: Faults) -> None:
    seed.volume("v", Encrypted=True)
    seed.snapshot("s", "all")
    seed.image("img", "all")
    found = read(account)
    collector = StorageCollector(account)
    for name in ("v", "s", "img"):
        assert collector.refresh(scope(), found[name].uid) == found[name]
    seed.ec2.delete_snapshot(SnapshotId=found["s"].uid.rpartition("/")[2])
    seed.ec2.delete_volume(VolumeId=found["v"].uid.rpartition("/")[2])
    seed.ec2.deregister_image(ImageId=found["img"].uid.rpartition("/")[2])
    assert collector.refresh(scope(), found["s"].uid) is None
    assert collector.refresh(scope(), found["v"].uid) is None
    faults.plan("ec2:DescribeImages", REFUSED)
    assert isinstance(collector.refresh(scope(), found["img"].uid), Unread)


def test_open_and_out_of_place_is_one_step_worse(seed: Seed, moto: Moto, account: AwsAccount) -> None:
    far = Seed(moto, "us-east-1")
    far.snapshot("open", "all", data_class="personal")
    far.snapshot("closed", data_class="personal")
    found = read(account, "us-east-1")
    assert look("residency.out_of_region", found["open"]).severity.value == "critical"
    assert look("residency.out_of_region", found["closed"]).severity.value == "high"
    assert "copy-snapshot" in look("residency.out_of_region", found["closed"]).remediation
    assert seed


EVERYTHING = (Disk, DiskSnapshot, MachineImage)
BY_CLASS = ("data.encryption_at_rest", "residency.out_of_region", "residency.copy_out_of_region")


def on(found: dict[str, Any], name: str) -> str:
    return "".join(look(uid, found[name]).verdict.value[0] for uid in BY_CLASS)


def copied_from(region: str) -> Fault:
    told = f"<sourceImageId>ami-0f1e2d3c4b5a69788</sourceImageId><sourceImageRegion>{region}</sourceImageRegion>"
    return Fault(rewrite=lambda body: body.replace(b"<imageState>", told.encode() + b"<imageState>"))


def of_volumes(west: Seed, faults: Faults) -> None:
    """Make snapshots without tags of their own, of volumes of several classes, and images of these.

    moto gives an image a snapshot of its own in place of the one it is registered with.
    """
    instead: dict[bytes, bytes] = {}
    for data_class, settings in (("personal", {"Encrypted": True}), ("internal", {"Encrypted": True}), ("", {})):
        volume = west.volume(f"{data_class or 'no class'} volume", data_class=data_class, **settings)
        uid = west.ec2.create_snapshot(
            VolumeId=volume, TagSpecifications=_tags("snapshot", f"of {data_class or 'none'}", "")
        )["SnapshotId"]
        image = west.image(f"image of {data_class or 'none'}")
        (described,) = west.ec2.describe_images(ImageIds=[image])["Images"]
        (disk,) = described["BlockDeviceMappings"]
        instead[disk["Ebs"]["SnapshotId"].encode()] = uid.encode()
    reclassed = west.volume("reclassed volume", data_class="personal", Encrypted=True)
    west.ec2.create_snapshot(VolumeId=reclassed, TagSpecifications=_tags("snapshot", "reclassed", "internal"))
    gone = west.volume("gone volume", data_class="personal", Encrypted=True)
    west.ec2.create_snapshot(VolumeId=gone, TagSpecifications=_tags("snapshot", "of one that is gone", ""))
    west.ec2.delete_volume(VolumeId=gone)

    def registered_with(body: bytes) -> bytes:
        for made, given in instead.items():
            body = body.replace(made, given)
        return body

    faults.plan("ec2:DescribeImages", Fault(rewrite=registered_with), times=100)


def test_a_copy_that_nobody_tagged_has_the_class_of_what_it_was_made_of(
    moto: Moto, account: AwsAccount, faults: Faults
) -> None:
    of_volumes(Seed(moto, "eu-west-1"), faults)
    found = read(account, "eu-west-1")
    assert {
        name: on(found, name)[1:] for name, one in found.items() if not isinstance(one, Disk) and "snap-" not in name
    } == {
        "of personal": "FP",
        "of internal": "PP",
        "of none": "PP",
        "reclassed": "PP",
        "of one that is gone": "PP",
        "image of personal": "FP",
        "image of internal": "PP",
        "image of none": "PP",
    }
    assert look("data.encryption_at_rest", found["of personal"]).verdict is Verdict.FAIL
    assert look("data.encryption_at_rest", found["of internal"]).verdict is Verdict.PASS
    for name in ("of personal", "of one that is gone", "image of personal", "image of none"):
        one = found[name]
        assert StorageCollector(account).refresh(scope("eu-west-1"), one.uid) == one


def test_a_source_that_could_not_be_read_leaves_the_class_of_its_copies_open(
    moto: Moto, account: AwsAccount, faults: Faults
) -> None:
    of_volumes(Seed(moto, "eu-west-1"), faults)
    faults.plan("ec2:DescribeVolumes", REFUSED)
    items = list(StorageCollector(account).collect(scope("eu-west-1")))
    found = {item.name: item for item in items if isinstance(item, Resource)}
    assert [on(found, name)[1] for name in ("of personal", "of none", "reclassed", "image of none")] == list("UUPU")
    judgement = look("residency.out_of_region", found["of personal"])
    assert "ec2:DescribeVolumes" in judgement.remediation
    faults.plan("ec2:DescribeSnapshots", REFUSED)
    items = list(StorageCollector(account).collect(scope("eu-west-1")))
    found = {item.name: item for item in items if isinstance(item, Resource)}
    assert on(found, "image of none")[1] == "U"


def test_a_snapshot_whose_source_is_not_told_may_be_of_any_class(
    moto: Moto, account: AwsAccount, faults: Faults
) -> None:
    west = Seed(moto, "eu-west-1")
    untagged, tagged = west.snapshot("copied", encrypted=True), west.snapshot("copied, tagged", data_class="internal")
    assert untagged != tagged
    any_volume = re.compile(rb"<volumeId>vol-[0-9a-f]+</volumeId>")
    faults.plan(
        "ec2:DescribeSnapshots",
        Fault(rewrite=lambda body: any_volume.sub(b"<volumeId>vol-ffffffff</volumeId>", body)),
        times=100,
    )
    found = read(account, "eu-west-1")
    assert found["copied"].source_tags == Unread(
        reason=UnreadReason.NOT_TOLD, operation="ec2:DescribeSnapshots", detail="VolumeId"
    )
    assert found["copied"].unread() == ()
    assert (on(found, "copied"), on(found, "copied, tagged")) == ("UUP", "FPP")


@pytest.mark.parametrize(
    ("here", "source", "verdict"),
    [
        ("us-east-1", REGION, "FF"),
        ("us-east-1", "us-west-2", "FF"),
        ("us-east-1", "us-east-1", "FP"),
        (REGION, "us-east-1", "PP"),
    ],
)
def test_an_image_that_came_from_another_region_counts_as_a_copy_of_its_source(
    moto: Moto, account: AwsAccount, faults: Faults, *, here: str, source: str, verdict: str
) -> None:
    Seed(moto, here).image("image")
    faults.plan("ec2:DescribeImages", copied_from(source))
    found = read(account, here)
    assert on(found, "image")[1:] == verdict
    judgement = look("residency.copy_out_of_region", found["image"])
    assert [one.data["source"] for one in judgement.evidence] == (
        [f"arn:aws:ec2:{source}::image/ami-0f1e2d3c4b5a69788"] if verdict[1] == "F" else []
    )
