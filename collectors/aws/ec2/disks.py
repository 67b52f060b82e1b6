"""Volumes, snapshots and images: from EC2's entries to the model. Each raises MalformedAnswerError."""

from __future__ import annotations

from collectors.aws.answers import Answer, GoneError, MalformedAnswerError, member
from collectors.aws.ec2.listing import name_of, tags
from collectors.aws.ec2.operations import DESCRIBE_IMAGES, DESCRIBE_SNAPSHOTS, DESCRIBE_VOLUMES
from collectors.aws.ec2.region import Region, encryption
from collectors.aws.ec2.sharing import PublicSnapshots
from collectors.aws.ec2.sources import Sources
from collectors.model import (
    Copy,
    Disk,
    DiskSnapshot,
    Encryption,
    Fact,
    KeyHolder,
    Known,
    MachineImage,
    NotNeeded,
    Provider,
    Sharing,
    Unread,
)

# A copy made in another region is a snapshot or image of that region and is read there.
_NO_COPIES: Fact[tuple[Copy, ...]] = NotNeeded("copies_are_resources_of_their_own")
# No member of a snapshot tells: DescribeSnapshots has its source only in a description that anyone may write.
_SOURCE_NOT_TOLD = NotNeeded("source_not_told")
_KEYS_OF_SNAPSHOTS = NotNeeded("keys_are_those_of_its_snapshots")
_SHARES_NOT_READ = NotNeeded("named_shares_not_read")
_AS_ITS_SNAPSHOTS = NotNeeded("encrypted_as_its_snapshots_are")
_NO_DISKS = NotNeeded("image_without_disks")


def disk(entry: Answer, region: Region, sources: Sources) -> Disk:
    """Return the volume of one entry of ``DescribeVolumes``."""
    uid = str(member(entry, "VolumeId"))
    own_tags = tags(entry)
    sources.volume(uid, own_tags)
    encrypted = encryption(entry, DESCRIBE_VOLUMES)
    return Disk(
        uid=f"arn:{region.partition}:ec2:{region.name}:{region.account.account_id}:volume/{uid}",
        name=name_of(own_tags, uid),
        provider=Provider.AWS,
        account=region.account.account_id,
        region=region.name,
        tags=Known(own_tags),
        places=Known(region.places(entry)),
        copies=_NO_COPIES,
        encryption=encrypted,
        key_holder=region.key_holder(encrypted),
        default_encryption=region.default_encryption(),
        attached=Known(bool(entry.get("Attachments"))),
    )


def snapshot(entry: Answer, region: Region, public: PublicSnapshots, sources: Sources) -> DiskSnapshot | None:
    """Return the snapshot of one entry of ``DescribeSnapshots``; None where it is gone by now."""
    uid = str(member(entry, "SnapshotId"))
    try:
        sharing, accounts = public.sharing(uid)
    except GoneError:
        return None
    own_tags = tags(entry)
    volume = str(entry.get("VolumeId") or "")
    sources.snapshot(uid, own_tags, volume)
    encrypted = encryption(entry, DESCRIBE_SNAPSHOTS)
    return DiskSnapshot(
        uid=f"arn:{region.partition}:ec2:{region.name}::snapshot/{uid}",
        name=name_of(own_tags, uid),
        provider=Provider.AWS,
        account=region.account.account_id,
        region=region.name,
        tags=Known(own_tags),
        places=Known(region.places(entry)),
        copies=_NO_COPIES,
        encryption=encrypted,
        key_holder=region.key_holder(encrypted),
        default_encryption=region.default_encryption(),
        sharing=sharing,
        shared_accounts=accounts,
        source_tags=sources.of_snapshot(volume),
        copied_from=_SOURCE_NOT_TOLD,
        source=Known(volume),
    )


def image(entry: Answer, region: Region, made_of: Sources) -> MachineImage:
    """Return the image of one entry of ``DescribeImages``."""
    uid = str(member(entry, "ImageId"))
    own_tags = tags(entry)
    disks = [mapping["Ebs"] for mapping in entry.get("BlockDeviceMappings") or () if mapping.get("Ebs")]
    sources = sorted(str(one["SnapshotId"]) for one in disks if one.get("SnapshotId"))
    return MachineImage(
        uid=f"arn:{region.partition}:ec2:{region.name}:{region.account.account_id}:image/{uid}",
        name=str(entry.get("Name") or name_of(own_tags, uid)),
        provider=Provider.AWS,
        account=region.account.account_id,
        region=region.name,
        tags=Known(own_tags),
        places=Known(region.places(entry)),
        copies=_NO_COPIES,
        encryption=_weakest([_of_disk(one) for one in disks]),
        key_holder=_KEYS_OF_SNAPSHOTS,
        default_encryption=region.default_encryption(),
        sharing=Known(Sharing(granted=_public(entry))),
        shared_accounts=_SHARES_NOT_READ,
        source_tags=made_of.of_image(sources),
        copied_from=Known(_copied_from(entry, region)),
        sources=Known(tuple(sources)),
    )


def _copied_from(entry: Answer, region: Region) -> str:
    """Return the image in another region that this one was copied from, empty where it was made here.

    One that was made of a machine names the image that the machine was started from, which lies in the same region
    (Amazon EC2 User Guide, "Identify the source AMI used to create a new AMI").
    """
    source, there = str(entry.get("SourceImageId") or ""), str(entry.get("SourceImageRegion") or "")
    return f"arn:{region.partition}:ec2:{there}::image/{source}" if there not in ("", region.name) else ""


def _public(entry: Answer) -> bool:
    public = member(entry, "Public")
    if not isinstance(public, bool):
        message = "no Public"
        raise MalformedAnswerError(message)
    return public


def _of_disk(entry: Answer) -> Fact[Encryption]:
    """Return how one disk of an image is encrypted; its snapshot, which is judged itself, says where it does not."""
    if "Encrypted" not in entry and entry.get("SnapshotId"):
        return _AS_ITS_SNAPSHOTS
    return encryption(entry, DESCRIBE_IMAGES)


def _weakest(disks: list[Fact[Encryption]]) -> Fact[Encryption]:
    """Return the encryption of the whole: none where one disk has none, unread where that is open."""
    if not disks:
        return _NO_DISKS
    unread: Unread | None = None
    for one in disks:
        if isinstance(one, Known) and one.value.holder is KeyHolder.NONE:
            return one
        if isinstance(one, Unread):
            unread = one
    if unread is not None:
        return unread
    return disks[0]
