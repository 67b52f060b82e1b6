"""One bucket: which reads it takes, in which order, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from collectors.aws.answers import Answer, GoneError
from collectors.aws.keys import DESCRIBE_KEY, KeyHolders
from collectors.aws.memo import Memo
from collectors.aws.operations import Operation
from collectors.aws.policy import PublicAccessBlock, merge_blocks
from collectors.aws.s3 import protection
from collectors.aws.s3.access_points import AccessPoints, Door
from collectors.aws.s3.blocks import AccountBlocks, levels, read_bucket_block
from collectors.aws.s3.exposure import (
    Exposure,
    Sources,
    expose,
    grants_others,
    read_acl,
    read_ownership,
    read_policy,
    transport,
    uncertain,
)
from collectors.aws.s3.listing import ListedBucket
from collectors.aws.s3.multi_region import MultiRegionPoints, spread
from collectors.aws.s3.operations import (
    GET_BUCKET_ENCRYPTION,
    GET_BUCKET_LOGGING,
    GET_BUCKET_REPLICATION,
    GET_BUCKET_REQUEST_PAYMENT,
    GET_BUCKET_TAGGING,
    GET_BUCKET_VERSIONING,
    GET_BUCKET_WEBSITE,
)
from collectors.aws.s3.opinion import compare, read_opinion
from collectors.aws.s3.regions import BucketRegions, place
from collectors.aws.s3.replication import read_copies
from collectors.aws.s3.resource_controls import ResourceControls
from collectors.aws.session import AwsAccount
from collectors.model import (
    GLOBAL,
    Bucket,
    Copy,
    Encryption,
    Fact,
    KeyHolder,
    Known,
    NotNeeded,
    Provider,
    ProviderOpinion,
    Reach,
    Switch,
    Unread,
    UnreadReason,
    Website,
)

_NOTHING_PUBLIC = NotNeeded("nothing_public")
_NOTHING_GRANTED = NotNeeded("nothing_granted")
_HOLDER_TOLD = NotNeeded("holder_told_with_encryption")
_NO_FOREIGN_ENTRY = NotNeeded("acl_grants_owner_alone")


T = TypeVar("T")


def _not_asked(operation: Operation) -> Unread:
    return Unread(reason=UnreadReason.NOT_ASKED, operation=operation.uid)


class BucketReader:
    """Reads buckets of one account in one pass; what they share is read once. Safe for use by many threads."""

    def __init__(
        self,
        account: AwsAccount,
        *,
        blocks: AccountBlocks,
        regions: BucketRegions,
        access_points: AccessPoints,
        owner_id: str = "",
    ) -> None:
        self._account = account
        self._blocks = blocks
        self._regions = regions
        self._access_points = access_points
        self._multi_region = MultiRegionPoints(account)
        self._controls = ResourceControls(account, blocks.membership)
        self._owner_id = owner_id
        self._partition = account.partition
        self._keys: Memo[str, KeyHolders] = Memo()

    def read(self, listed: ListedBucket) -> Bucket | None:
        """Read one bucket; None where it is gone by now."""
        try:
            return self._read(listed.name)
        except GoneError:
            return None

    def _read(self, name: str) -> Bucket:
        account = self._account
        located = self._regions.own(name)
        region = located.value if isinstance(located, Known) else account.home_region
        uid = f"arn:{self._partition}:s3:::{name}"

        block = read_bucket_block(account, region, name)
        merged = merge_blocks(organization=self._blocks.organization, account=self._blocks.account, bucket=block)
        policy = read_policy(account, region, name)
        acl = read_acl(account, region, name, merged.ignore_public_acls)
        doors, doors_unread = self._doors(name, located, block)
        sources = Sources(
            bucket_arn=uid,
            owner_account=account.account_id,
            owner_id=self._owner_id,
            merged=merged,
            policy=policy,
            acl=acl,
            ownership=read_ownership(account, region, name) if grants_others(acl) else _NO_FOREIGN_ENTRY,
            doors=doors,
            doors_unread=doors_unread,
        )
        exposure = expose(sources)
        payer: Fact[bool] = _NOTHING_PUBLIC
        website: Fact[Website] = _NOTHING_PUBLIC
        if exposure.public:
            payer = account.read(GET_BUCKET_REQUEST_PAYMENT, region, protection.requester_pays, Bucket=name)
            website = self._website(name, region)
            if isinstance(payer, Known) and payer.value:
                exposure = expose(sources, requester_pays=True)
            exposure = self._under_controls(sources, exposure, payer)
        opinion = self._opinion(name, region, exposure)
        default_encryption: Fact[Encryption] = self._setting(
            "default_encryption",
            GET_BUCKET_ENCRYPTION,
            region,
            protection.encryption,
            name,
            nothing=Known(protection.PROVIDER_ENCRYPTS),
        )
        compare(account, uid, policy, opinion)
        return Bucket(
            uid=uid,
            name=name,
            provider=Provider.AWS,
            account=account.account_id,
            region=located.value if isinstance(located, Known) else GLOBAL,
            tags=self._setting("tags", GET_BUCKET_TAGGING, region, protection.tags, name, nothing=Known({})),
            places=place(located),
            copies=read_copies(account, region, name, self._regions)
            if account.asked(Bucket, "copies")
            else _not_asked(GET_BUCKET_REPLICATION),
            policy_grants=exposure.policy,
            acl_grants=exposure.acl,
            access_point_grants=exposure.access_points,
            policy_silenced=merged.restrict_public_buckets,
            acl_silenced=merged.ignore_public_acls,
            switches=levels(self._blocks, block),
            default_encryption=default_encryption,
            key_holder=self._key_holder(default_encryption, region),
            tls_only=transport(policy, uid),
            versioning=self._setting("versioning", GET_BUCKET_VERSIONING, region, protection.versioning, name),
            access_logging=self._setting("access_logging", GET_BUCKET_LOGGING, region, protection.access_logging, name),
            access_point_copies=self._spread(name),
            provider_opinion=opinion,
            website=website,
            requester_pays=payer,
        )

    def _setting(  # noqa: PLR0913 - one read, and the fact that it is for
        self,
        fact: str,
        operation: Operation,
        region: str,
        take: Callable[[Answer], T],
        name: str,
        *,
        nothing: Fact[T] | None = None,
    ) -> Fact[T]:
        """Read what one call answers, unless nothing looks at it."""
        if not self._account.asked(Bucket, fact):
            return _not_asked(operation)
        return self._account.read(operation, region, take, nothing=nothing, Bucket=name)

    def _key_holder(self, encryption: Fact[Encryption], region: str) -> Fact[KeyHolder]:
        """Ask KMS who holds the key that is named; it lies in the bucket's region (S3 API, "PutBucketEncryption")."""
        if not isinstance(encryption, Known):
            return encryption
        if not protection.names_a_key(encryption.value):
            return _HOLDER_TOLD
        if not self._account.asked(Bucket, "key_holder"):
            return _not_asked(DESCRIBE_KEY)
        return self._keys.get(region, lambda: KeyHolders(self._account, region)).of(encryption.value.key_uid)

    def _under_controls(self, sources: Sources, exposure: Exposure, payer: Fact[bool]) -> Exposure:
        """Return what the organization leaves of an exposure; what it refuses may not be known."""
        controls = self._controls.binding()
        if isinstance(controls, Unread):
            return uncertain(exposure)
        if not isinstance(controls, Known) or not controls.value:
            return exposure
        pays = isinstance(payer, Known) and payer.value
        return expose(sources, requester_pays=pays, controls=controls.value)

    def _website(self, name: str, region: str) -> Fact[Website]:
        served = partial(protection.website, name=name, region=region, partition=self._partition)
        return self._account.read(
            GET_BUCKET_WEBSITE, region, served, nothing=Known(Website(enabled=False)), Bucket=name
        )

    def _opinion(self, name: str, region: str, exposure: Exposure) -> Fact[ProviderOpinion]:
        """Ask for AWS's opinion where there is something to have one on: grants, or a policy that could not be read."""
        policy = exposure.policy
        if isinstance(policy, Known) and all(grant.reach is Reach.PRIVATE for grant in policy.value):
            return _NOTHING_GRANTED
        return read_opinion(self._account, region, name)

    def _doors(
        self, name: str, located: Fact[str], block: Fact[PublicAccessBlock]
    ) -> tuple[tuple[tuple[Door, Fact[Switch]], ...], tuple[Unread, ...]]:
        """Return every access point on the bucket, and which listings of them failed."""
        doors: list[Door | None] = []
        failed: list[Unread] = []
        if isinstance(located, Known):
            points = self._access_points.on(name, located.value)
            if isinstance(points, Known):
                doors.extend(self._access_points.read(point, located.value) for point in points.value)
            elif isinstance(points, Unread):
                failed.append(points)
        elif isinstance(located, Unread):
            failed.append(located)
        multi_region = self._multi_region.on(name)
        if isinstance(multi_region, Known):
            doors.extend(self._multi_region.read(point) for point in multi_region.value)
        elif isinstance(multi_region, Unread):
            failed.append(multi_region)
        return tuple((door, self._restricted(block, door)) for door in doors if door is not None), tuple(failed)

    def _restricted(self, block: Fact[PublicAccessBlock], door: Door) -> Fact[Switch]:
        merged = merge_blocks(
            organization=self._blocks.organization,
            account=self._blocks.account,
            bucket=block,
            access_point=door.block,
        )
        return merged.restrict_public_buckets

    def _spread(self, name: str) -> Fact[tuple[Copy, ...]]:
        found = self._multi_region.on(name)
        if not isinstance(found, Known):
            return found
        return Known(tuple(spread(point, self._regions) for point in found.value))
