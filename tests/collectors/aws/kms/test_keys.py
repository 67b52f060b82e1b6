"""Keys of a region, read from moto and judged by the real detectors against tables written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from collectors.aws.kms import KeyCollector
from collectors.aws.session import AwsAccount
from collectors.model import EncryptionKey, KeyRotation, Known, NotNeeded, Unread, UnreadReason
from detectors.keys.rotation import Parameters
from detectors.model import Policy, Residency
from tests.collectors.aws.looking import connected, look, read, scope, verdicts
from tests.fakes.aws_faults import GATEWAY_PAGE, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

REGION = "eu-central-1"
REFUSED = Fault(status=400, code="AccessDeniedException")
POLICY = Policy(residency=Residency(default=("aws:eu-*",), classes={"personal": ("aws:eu-central-1",)}))


class Keys:
    """Makes keys in one region, each known by its alias."""

    def __init__(self, moto: Moto, faults: Faults, region: str = REGION) -> None:
        self.kms = moto.client("kms", region=region)
        self._faults = faults
        self.ids: dict[str, str] = {}

    def make(self, name: str, *, rotated: bool = False, **settings: Any) -> str:
        uid: str = self.kms.create_key(**settings)["KeyMetadata"]["KeyId"]
        self.kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=uid)
        if rotated:
            self.kms.enable_key_rotation(KeyId=uid)
        self.ids[name] = uid
        return uid

    def described(self, name: str, **told: Any) -> None:
        """Let KMS describe a key as AWS would and moto cannot."""
        self.fails("kms:DescribeKey", name, Fault(rewrite=lambda body: _with(body, {"KeyMetadata": told})))

    def rotates(self, name: str, **told: Any) -> None:
        """Let KMS tell of a key's rotation what moto does not know."""
        self.fails("kms:GetKeyRotationStatus", name, Fault(rewrite=lambda body: _with(body, told)))

    def fails(self, operation: str, name: str, fault: Fault = REFUSED) -> None:
        """Make an operation fail on one key."""
        uid = self.ids[name]
        self._faults.plan(operation, fault, times=1000, when=lambda call: call.form["KeyId"].endswith(uid))


def _with(body: bytes, told: dict[str, Any]) -> bytes:
    answer = json.loads(body)
    for name, value in told.items():
        answer[name] = answer[name] | value if isinstance(value, dict) else value
    return json.dumps(answer).encode()


@pytest.fixture
def keys(moto: Moto, faults: Faults) -> Keys:
    return Keys(moto, faults)


@pytest.fixture
def account(faults: Faults) -> AwsAccount:
    return connected(faults.url)


EACH_BY_ITSELF = ("resourcegroupstaggingapi:GetResources", REFUSED)
"""Without the list of all tags each key is asked for its own."""
PERSONAL = [{"TagKey": "data-class", "TagValue": "personal"}]
Then = Callable[[Keys, str], object]


def plain(_keys: Keys, _name: str) -> None:
    return None


def told(**members: Any) -> Then:
    """KMS describes the key with these members."""
    return lambda keys, name: keys.described(name, **members)


def rotating(days: int) -> Then:
    """KMS tells this period."""
    return lambda keys, name: keys.rotates(name, RotationPeriodInDays=days)


def tagged(key: str, value: str) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value}]


def primary(*regions: str) -> dict[str, Any]:
    """What KMS says of a primary with replicas in these regions."""
    uid = "mrk-0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    replicas = [{"Arn": f"arn:aws:kms:{region}:{ACCOUNT}:key/{uid}", "Region": region} for region in regions]
    return {"MultiRegionKeyType": "PRIMARY", "ReplicaKeys": replicas}


PASS, FAIL, UNKNOWN = "PASS", "FAIL", "UNKNOWN"
OFF = ("key_disabled",)
TABLE: dict[str, tuple[dict[str, Any], Then, tuple[str, str, str], tuple[str, ...]]] = {
    # how it is made; what is done to it; rotation, home and copies; notes on its rotation
    "rotated": ({"rotated": True}, plain, (PASS, PASS, PASS), ()),
    "unrotated": ({}, plain, (FAIL, PASS, PASS), ()),
    "personal": ({"rotated": True, "Tags": PERSONAL}, plain, (PASS, PASS, PASS), ()),
    "every-two-years": (
        {"rotated": True},
        lambda keys, name: keys.rotates(name, RotationPeriodInDays=730),
        (FAIL, PASS, PASS),
        (),
    ),
    "every-quarter": (
        {"rotated": True},
        lambda keys, name: keys.rotates(name, RotationPeriodInDays=90, NextRotationDate=1.8e9),
        (PASS, PASS, PASS),
        (),
    ),
    "signs": (
        {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
        plain,
        (PASS, PASS, PASS),
        ("key_cannot_be_rotated",),
    ),
    "authenticates": (
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        plain,
        (PASS, PASS, PASS),
        ("key_cannot_be_rotated",),
    ),
    "imported": ({"Origin": "EXTERNAL"}, plain, (PASS, PASS, PASS), ("key_material_imported",)),
    "switched-off": (
        {},
        lambda keys, name: keys.kms.disable_key(KeyId=keys.ids[name]),
        (PASS, PASS, PASS),
        ("key_disabled",),
    ),
    "to-be-deleted": (
        {},
        lambda keys, name: keys.kms.schedule_key_deletion(KeyId=keys.ids[name], PendingWindowInDays=7),
        (PASS, PASS, PASS),
        ("key_pending_deletion",),
    ),
    "in-a-cluster": (
        {},
        lambda keys, name: keys.described(name, Origin="AWS_CLOUDHSM", CustomKeyStoreId="cks-1"),
        (PASS, PASS, PASS),
        ("key_in_custom_key_store",),
    ),
    "outside": (
        {},
        lambda keys, name: keys.described(name, Origin="EXTERNAL_KEY_STORE"),
        (PASS, UNKNOWN, PASS),
        ("key_in_custom_key_store",),
    ),
    "all-over-Europe": (
        {"MultiRegion": True, "rotated": True},
        lambda keys, name: keys.kms.replicate_key(KeyId=keys.ids[name], ReplicaRegion="eu-west-1"),
        (PASS, PASS, PASS),
        ("replicas_are_rotated_with_it",),
    ),
    "personal-all-over-Europe": (
        {"MultiRegion": True, "rotated": True, "Tags": PERSONAL},
        lambda keys, name: keys.kms.replicate_key(KeyId=keys.ids[name], ReplicaRegion="eu-west-1", Tags=PERSONAL),
        (PASS, PASS, FAIL),
        ("replicas_are_rotated_with_it",),
    ),
    "all-over-the-world": (
        {"MultiRegion": True},
        lambda keys, name: keys.kms.replicate_key(KeyId=keys.ids[name], ReplicaRegion="us-east-1"),
        (FAIL, PASS, FAIL),
        ("replicas_are_rotated_with_it",),
    ),
    "alone-and-could-be-many": ({"MultiRegion": True, "rotated": True}, plain, (PASS, PASS, PASS), ()),
    "rotation-refused": (
        {"rotated": True},
        lambda keys, name: keys.fails("kms:GetKeyRotationStatus", name),
        (UNKNOWN, PASS, PASS),
        (),
    ),
    "tags-refused": (
        {"rotated": True},
        lambda keys, name: keys.fails("kms:ListResourceTags", name),
        (PASS, PASS, PASS),
        (),
    ),
    "tags-refused-of-many": (
        {"MultiRegion": True, "rotated": True},
        lambda keys, name: (
            keys.kms.replicate_key(KeyId=keys.ids[name], ReplicaRegion="eu-west-1"),
            keys.fails("kms:ListResourceTags", name),
        ),
        (PASS, PASS, UNKNOWN),
        ("replicas_are_rotated_with_it",),
    ),
    "wholly-refused": (
        {},
        lambda keys, name: keys.fails("kms:DescribeKey", name),
        (UNKNOWN, UNKNOWN, UNKNOWN),
        (),
    ),
    "nonsense": (
        {},
        lambda keys, name: keys.fails("kms:DescribeKey", name, Fault(body=b'{"KeyMetadata": {}}')),
        (UNKNOWN, UNKNOWN, UNKNOWN),
        (),
    ),
    "behind-a-gateway": (
        {"rotated": True},
        lambda keys, name: keys.fails("kms:DescribeKey", name, GATEWAY_PAGE),
        (UNKNOWN, UNKNOWN, UNKNOWN),
        (),
    ),
    "of-somebody-new": ({}, told(KeyManager="PARTNER"), (UNKNOWN, UNKNOWN, UNKNOWN), ()),
    "signs-with-a-curve": (
        {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
        plain,
        (PASS, PASS, PASS),
        ("key_cannot_be_rotated",),
    ),
    "encrypts-in-public": (
        {"KeySpec": "RSA_4096", "KeyUsage": "ENCRYPT_DECRYPT"},
        plain,
        (PASS, PASS, PASS),
        ("key_cannot_be_rotated",),
    ),
    "agrees": (
        {},
        told(KeySpec="ECC_NIST_P384", KeyUsage="KEY_AGREEMENT"),
        (PASS, PASS, PASS),
        ("key_cannot_be_rotated",),
    ),
    "signs-after-quanta": ({}, told(KeySpec="ML_DSA_65"), (PASS, PASS, PASS), ("key_cannot_be_rotated",)),
    "spec-by-its-old-name": (
        {},
        told(KeySpec="", CustomerMasterKeySpec="RSA_3072"),
        (PASS, PASS, PASS),
        ("key_cannot_be_rotated",),
    ),
    "spec-untold": ({}, told(KeySpec="", CustomerMasterKeySpec=""), (FAIL, PASS, PASS), ()),
    "origin-untold": ({"rotated": True}, told(Origin=""), (PASS, PASS, PASS), ()),
    "imported-and-in-use": (
        {},
        told(Origin="EXTERNAL", KeyState="Enabled"),
        (PASS, PASS, PASS),
        ("key_material_imported",),
    ),
    "imported-and-switched-off": ({}, told(Origin="EXTERNAL", KeyState="Disabled"), (PASS, PASS, PASS), OFF),
    "rotated-and-switched-off": (
        {"rotated": True},
        lambda keys, name: keys.kms.disable_key(KeyId=keys.ids[name]),
        (PASS, PASS, PASS),
        OFF,
    ),
    "replica-to-be-deleted": (
        {},
        told(KeyState="PendingReplicaDeletion"),
        (PASS, PASS, PASS),
        ("key_pending_deletion",),
    ),
    "being-made": ({"rotated": True}, told(KeyState="Creating"), (PASS, PASS, PASS), ()),
    "being-moved-unrotated": ({}, told(KeyState="Updating"), (FAIL, PASS, PASS), ()),
    "cluster-out-of-reach": (
        {},
        told(Origin="AWS_CLOUDHSM", KeyState="Unavailable"),
        (PASS, PASS, PASS),
        ("key_in_custom_key_store",),
    ),
    "outside-and-personal": (
        {"Tags": PERSONAL},
        told(Origin="EXTERNAL_KEY_STORE"),
        (PASS, UNKNOWN, PASS),
        ("key_in_custom_key_store",),
    ),
    "every-year": ({"rotated": True}, rotating(365), (PASS, PASS, PASS), ()),
    "a-day-too-late": ({"rotated": True}, rotating(366), (FAIL, PASS, PASS), ()),
    "as-seldom-as-can-be": ({"rotated": True}, rotating(2560), (FAIL, PASS, PASS), ()),
    "often-if-it-were-on": ({}, rotating(90), (FAIL, PASS, PASS), ()),
    "rotation-behind-a-gateway": (
        {"rotated": True},
        lambda keys, name: keys.fails("kms:GetKeyRotationStatus", name, GATEWAY_PAGE),
        (UNKNOWN, PASS, PASS),
        (),
    ),
    "rotation-nonsense": (
        {"rotated": True},
        lambda keys, name: keys.fails("kms:GetKeyRotationStatus", name, Fault(body=b"{}")),
        (UNKNOWN, PASS, PASS),
        (),
    ),
    "rotation-unsupported": (
        {},
        lambda keys, name: keys.fails(
            "kms:GetKeyRotationStatus", name, Fault(status=400, code="UnsupportedOperationException")
        ),
        (UNKNOWN, PASS, PASS),
        (),
    ),
    "rotation-refused-of-a-signer": (
        {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
        lambda keys, name: keys.fails("kms:GetKeyRotationStatus", name),
        (PASS, PASS, PASS),
        ("key_cannot_be_rotated",),
    ),
    "rotation-refused-and-copied-far": (
        {},
        lambda keys, name: (
            keys.fails("kms:GetKeyRotationStatus", name),
            keys.described(name, MultiRegionConfiguration=primary("us-west-2")),
        ),
        (UNKNOWN, PASS, FAIL),
        ("replicas_are_rotated_with_it",),
    ),
    "internal-all-over-Europe": (
        {"rotated": True, "Tags": tagged("data-class", "internal")},
        told(MultiRegionConfiguration=primary("eu-west-1", "eu-north-1")),
        (PASS, PASS, PASS),
        ("replicas_are_rotated_with_it",),
    ),
    "class-in-capitals": (
        {"rotated": True, "Tags": tagged("Data-Class", "PERSONAL")},
        told(MultiRegionConfiguration=primary("eu-north-1")),
        (PASS, PASS, FAIL),
        ("replicas_are_rotated_with_it",),
    ),
    "class-left-empty": (
        {"rotated": True, "Tags": tagged("data-class", " ")},
        told(MultiRegionConfiguration=primary("eu-north-1")),
        (PASS, PASS, PASS),
        ("replicas_are_rotated_with_it",),
    ),
    "one-of-two-replicas-far": (
        {"rotated": True},
        told(MultiRegionConfiguration=primary("eu-west-1", "ap-southeast-2")),
        (PASS, PASS, FAIL),
        ("replicas_are_rotated_with_it",),
    ),
    "replica-in-no-known-region": (
        {"rotated": True},
        told(MultiRegionConfiguration=primary("eu-moon-1")),
        (PASS, PASS, UNKNOWN),
        ("replicas_are_rotated_with_it",),
    ),
    "replica-of-nonsense": (
        {"rotated": True},
        told(MultiRegionConfiguration={"MultiRegionKeyType": "PRIMARY", "ReplicaKeys": [{}]}),
        (UNKNOWN, UNKNOWN, UNKNOWN),
        (),
    ),
    "replica-itself": (
        {},
        told(MultiRegionConfiguration={"MultiRegionKeyType": "REPLICA", "ReplicaKeys": []}),
        (PASS, PASS, PASS),
        ("rotated_with_its_primary",),
    ),
    "tags-behind-a-gateway-copied-within-Europe": (
        {"rotated": True},
        lambda keys, name: (
            keys.fails("kms:ListResourceTags", name, GATEWAY_PAGE),
            keys.described(name, MultiRegionConfiguration=primary("eu-west-1")),
        ),
        (PASS, PASS, UNKNOWN),
        ("replicas_are_rotated_with_it",),
    ),
    "tags-refused-copied-far": (
        {"rotated": True},
        lambda keys, name: (
            keys.fails("kms:ListResourceTags", name),
            keys.described(name, MultiRegionConfiguration=primary("us-west-2")),
        ),
        (PASS, PASS, FAIL),
        ("replicas_are_rotated_with_it",),
    ),
    "tags-refused-and-unrotated": (
        {},
        lambda keys, name: keys.fails("kms:ListResourceTags", name),
        (FAIL, PASS, PASS),
        (),
    ),
}
UNDESCRIBED = {name for name, (_, _, expected, _) in TABLE.items() if expected == (UNKNOWN,) * 3}
RATED = 32
"""Of how many keys of the table it can be asked how often they are rotated."""
ELSEWHERE: dict[str, dict[str, tuple[dict[str, Any], Then, tuple[str, str, str]]]] = {
    "us-east-1": {
        "far": ({"rotated": True}, plain, (PASS, FAIL, PASS)),
        "far-and-unrotated": ({}, plain, (FAIL, FAIL, PASS)),
        "far-and-signs": ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, plain, (PASS, FAIL, PASS)),
        "far-whatever-its-class": (
            {"rotated": True},
            lambda keys, name: keys.fails("kms:ListResourceTags", name),
            (PASS, FAIL, PASS),
        ),
        "far-and-copied-home": (
            {"rotated": True},
            lambda keys, name: keys.described(name, MultiRegionConfiguration=primary("eu-central-1")),
            (PASS, FAIL, PASS),
        ),
    },
    "eu-west-1": {
        "west": ({"rotated": True}, plain, (PASS, PASS, PASS)),
        "west-and-personal": ({"rotated": True, "Tags": PERSONAL}, plain, (PASS, FAIL, PASS)),
        "west-personal-and-switched-off": (
            {"Tags": PERSONAL},
            lambda keys, name: keys.kms.disable_key(KeyId=keys.ids[name]),
            (PASS, FAIL, PASS),
        ),
        "west-and-perhaps-personal": (
            {},
            lambda keys, name: keys.fails("kms:ListResourceTags", name),
            (FAIL, UNKNOWN, PASS),
        ),
        "west-and-hidden": ({}, lambda keys, name: keys.fails("kms:DescribeKey", name), (UNKNOWN,) * 3),
    },
}


def test_the_estate_is_judged_as_a_person_judges_it(keys: Keys, account: AwsAccount, faults: Faults) -> None:
    faults.plan(*EACH_BY_ITSELF)
    for name, (settings, then, _, _) in TABLE.items():
        keys.make(name, **settings)
        then(keys, name)
    found = read(KeyCollector, account, REGION)
    judged = [
        verdicts(uid, found.values(), POLICY)
        for uid in ("keys.rotation", "residency.out_of_region", "residency.copy_out_of_region")
    ]
    assert {name: tuple(one[name] for one in judged) for name in found} == {
        name: expected for name, (_, _, expected, _) in TABLE.items()
    }
    notes = {name: look("keys.rotation", key, POLICY).notes for name, key in found.items()}
    assert notes == {name: expected for name, (_, _, _, expected) in TABLE.items()}
    # Nobody is asked how often a key is rotated that cannot be.
    asked = [name for name, one in found.items() if not isinstance(one.rotation, NotNeeded) and name not in UNDESCRIBED]
    assert faults.count("kms:GetKeyRotationStatus") == len(asked) == RATED

    for replica in read(KeyCollector, account, "eu-west-1").values():
        assert replica.rotation == NotNeeded("rotated_with_its_primary")
        assert look("keys.rotation", replica, POLICY).verdict.value == PASS
        by_class = {"": PASS, "personal": FAIL}
        data_class = POLICY.data_class(replica)
        expected = by_class[data_class.value] if isinstance(data_class, Known) else UNKNOWN
        assert look("residency.out_of_region", replica, POLICY).verdict.value == expected
        assert replica.copies == Known(())
    (far,) = read(KeyCollector, account, "us-east-1").values()
    assert look("residency.out_of_region", far, POLICY).verdict.value == FAIL
    assert "schedule-key-deletion" in look("residency.out_of_region", far, POLICY).remediation


@pytest.mark.parametrize("region", ELSEWHERE)
def test_keys_elsewhere_are_judged_as_a_person_judges_them(
    moto: Moto, faults: Faults, account: AwsAccount, region: str
) -> None:
    faults.plan(*EACH_BY_ITSELF)
    keys = Keys(moto, faults, region)
    for name, (settings, then, _) in ELSEWHERE[region].items():
        keys.make(name, **settings)
        then(keys, name)
    found = read(KeyCollector, account, region)
    judged = [
        verdicts(uid, found.values(), POLICY)
        for uid in ("keys.rotation", "residency.out_of_region", "residency.copy_out_of_region")
    ]
    assert {name: tuple(one[name] for one in judged) for name in found} == {
        name: expected for name, (_, _, expected) in ELSEWHERE[region].items()
    }


def test_a_class_binds_a_key_and_its_replicas(keys: Keys, account: AwsAccount) -> None:
    personal = [{"TagKey": "data-class", "TagValue": "personal"}]
    keys.make("personal", MultiRegion=True, Tags=personal)
    keys.kms.replicate_key(KeyId=keys.ids["personal"], ReplicaRegion="eu-west-1", Tags=personal)
    found = read(KeyCollector, account, REGION)["personal"]
    assert look("residency.out_of_region", found, POLICY).verdict.value == "PASS"
    (evidence,) = look("residency.copy_out_of_region", found, POLICY).evidence
    assert (evidence.data["place"], evidence.data["kind"]) == ("aws:eu-west-1", "key_replica")


def test_keys_of_aws_cost_nothing_and_are_not_told(keys: Keys, account: AwsAccount, faults: Faults) -> None:
    keys.make("own", rotated=True)
    managed = keys.make("nearly")
    faults.plan("kms:ListAliases", Fault(rewrite=lambda body: body.replace(b"alias/nearly", b"alias/aws/ebs")))
    assert set(read(KeyCollector, account, REGION)) == {"own"}
    described = [call.form["KeyId"] for call in faults.calls if call.operation == "kms:DescribeKey"]
    assert not any(uid.endswith(managed) for uid in described)


def test_without_aliases_each_key_is_asked_what_it_is(keys: Keys, account: AwsAccount, faults: Faults) -> None:
    own, managed = keys.make("own"), keys.make("of-aws")
    keys.described("of-aws", KeyManager="AWS")
    faults.plan("kms:ListAliases", REFUSED)
    found = read(KeyCollector, account, REGION)
    assert set(found) == {own}
    assert managed not in found


def test_the_tags_of_all_keys_are_one_list(keys: Keys, account: AwsAccount, faults: Faults) -> None:
    keys.make("personal", Tags=PERSONAL)
    keys.make("internal", Tags=tagged("data-class", "internal"))
    keys.make("untagged")
    found = read(KeyCollector, account, REGION)
    assert {name: one.tags for name, one in found.items()} == {
        "personal": Known({"data-class": "personal"}),
        "internal": Known({"data-class": "internal"}),
        "untagged": Known({}),
    }
    listed = [call for call in faults.calls if call.operation == "resourcegroupstaggingapi:GetResources"]
    assert len(listed) == 1
    assert faults.count("kms:ListResourceTags") == 0
    for one in found.values():
        assert KeyCollector(account).refresh(scope(KeyCollector, REGION), one.uid) == one
    assert faults.count("kms:ListResourceTags") == 3
    assert faults.count("resourcegroupstaggingapi:GetResources") == 1


@pytest.mark.parametrize("fault", [REFUSED, GATEWAY_PAGE, Fault(body=b"{}")])
def test_without_the_list_of_tags_each_key_is_asked_for_its_own(
    keys: Keys, account: AwsAccount, faults: Faults, fault: Fault
) -> None:
    keys.make("personal", Tags=PERSONAL)
    keys.make("untagged")
    faults.plan("resourcegroupstaggingapi:GetResources", fault)
    found = read(KeyCollector, account, REGION)
    assert found["personal"].tags == Known({"data-class": "personal"})
    assert found["untagged"].tags == Known({})
    assert faults.count("kms:ListResourceTags") == 2
    assert all(one.unread() == () for one in found.values())


def test_an_empty_region_costs_one_call(account: AwsAccount, faults: Faults, moto: Moto) -> None:
    assert read(KeyCollector, account, "eu-north-1") == {}
    assert [call.operation for call in faults.calls if call.operation != "sts:GetCallerIdentity"] == ["kms:ListKeys"]
    assert moto


def test_tags_are_not_asked_for_where_no_rule_looks_at_them(keys: Keys, faults: Faults) -> None:
    keys.make("own")
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, asked=lambda _kind, fact: fact != "tags")
    found = read(KeyCollector, account, REGION)["own"]
    assert found.tags == Unread(reason=UnreadReason.NOT_ASKED, operation="kms:ListResourceTags")
    assert faults.count("kms:ListResourceTags") == 0
    assert found.coverage() == (4, 4)


@pytest.mark.parametrize("fault", [REFUSED, GATEWAY_PAGE, Fault(body=b"{}")])
def test_keys_that_cannot_be_listed_are_no_empty_region(
    keys: Keys, account: AwsAccount, faults: Faults, fault: Fault
) -> None:
    keys.make("own")
    faults.plan("kms:ListKeys", fault)
    (unread,) = KeyCollector(account).collect(scope(KeyCollector, REGION))
    assert isinstance(unread, Unread)
    assert unread.operation == "kms:ListKeys"


def test_keys_are_read_over_all_pages(keys: Keys, account: AwsAccount, faults: Faults) -> None:
    for number in range(3):
        keys.make(f"key-{number}")
    ids = list(keys.ids.values())

    def page(*some: str, marker: str = "") -> Fault:
        listed = [{"KeyId": one, "KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{one}"} for one in some]
        more = {"Truncated": True, "NextMarker": marker} if marker else {"Truncated": False}
        return Fault(body=json.dumps({"Keys": listed, **more}).encode())

    faults.plan("kms:ListKeys", page(*ids[:2], marker="m"), times=1)
    faults.plan("kms:ListKeys", page(ids[2]), times=1, when=lambda call: call.form["Marker"] == "m")
    assert set(read(KeyCollector, account, REGION)) == {"key-0", "key-1", "key-2"}


def test_a_key_is_read_anew_by_its_arn(keys: Keys, account: AwsAccount, faults: Faults) -> None:
    keys.make("own")
    found = read(KeyCollector, account, REGION)["own"]
    collector, where = KeyCollector(account), scope(KeyCollector, REGION)
    assert collector.refresh(where, found.uid) == found
    keys.kms.enable_key_rotation(KeyId=keys.ids["own"])
    after = collector.refresh(where, found.uid)
    assert isinstance(after, EncryptionKey)
    assert after.rotation == Known(KeyRotation(enabled=True))
    assert collector.refresh(where, f"{found.uid[:-12]}000000000000") is None
    faults.plan("kms:DescribeKey", REFUSED)
    refused = collector.refresh(where, found.uid)
    assert isinstance(refused, EncryptionKey)
    assert isinstance(refused.rotation, Unread)


@pytest.mark.parametrize(
    ("days", "longest", "verdict"),
    [(365, 365, "PASS"), (366, 365, "FAIL"), (180, 90, "FAIL"), (None, 365, "PASS"), (None, 364, "FAIL")],
)
def test_an_operator_says_how_long_material_may_last(
    keys: Keys, account: AwsAccount, days: int | None, longest: int, verdict: str
) -> None:
    keys.make("own", rotated=True)
    if days is not None:
        keys.rotates("own", RotationPeriodInDays=days)
    policy = Policy(parameters={"keys.rotation": Parameters(max_period=timedelta(days=longest))})
    assert look("keys.rotation", read(KeyCollector, account, REGION)["own"], policy).verdict.value == verdict
