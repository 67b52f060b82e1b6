"""The bucket that a trail writes to: whose it is, who gets at it, and who can delete what is in it."""

from __future__ import annotations

import msgspec

from collectors.aws.answers import Answer, GoneError, MalformedAnswerError, expect_root, member
from collectors.aws.cloudtrail.operations import GET_OBJECT_LOCK_CONFIGURATION
from collectors.aws.memo import Memo
from collectors.aws.policy import MalformedPolicyError, deletion_rule
from collectors.aws.s3 import protection
from collectors.aws.s3.access_points import AccessPoints
from collectors.aws.s3.blocks import AccountBlocks, read_account_blocks
from collectors.aws.s3.bucket import BucketReader
from collectors.aws.s3.exposure import read_policy
from collectors.aws.s3.listing import ListedBucket, Listing, list_buckets
from collectors.aws.s3.operations import GET_BUCKET_POLICY, GET_BUCKET_VERSIONING
from collectors.aws.s3.regions import BucketRegions
from collectors.aws.session import AwsAccount
from collectors.model import (
    GLOBAL,
    Bucket,
    DeletionRule,
    Fact,
    Known,
    LockMode,
    NotNeeded,
    ObjectLock,
    Unread,
    UnreadReason,
    Versioning,
)

_JUDGED_ITSELF = NotNeeded("judged_with_the_bucket")
_OF_ANOTHER_ACCOUNT = NotNeeded("bucket_of_another_account")
_NO_BUCKET = NotNeeded("bucket_does_not_exist")
_DAYS_OF_A_YEAR = 365
_MODES = frozenset(mode.value for mode in LockMode)
# What decides how public it is; the rest is judged, and its drift is told, with the bucket itself.
_EXPOSURE = frozenset({"policy_grants", "acl_grants", "access_point_grants", "policy_silenced", "acl_silenced"})
_ASIDE = tuple(name for name in Bucket.fact_names() if name not in _EXPOSURE)


class LogBucket(msgspec.Struct, frozen=True, kw_only=True):
    """What a trail's bucket is; the members as :class:`~collectors.model.logging.AuditTrail` has them."""

    own: Fact[bool]
    bucket: Fact[Bucket | None]
    versioning: Fact[Versioning]
    object_lock: Fact[ObjectLock]
    deletion: Fact[DeletionRule]


class LogBuckets:
    """Reads the buckets that an account's trails write to, each once. Safe for use by many threads."""

    def __init__(self, account: AwsAccount) -> None:
        self._account = account
        self._blocks: Memo[str, AccountBlocks] = Memo()
        self._read: Memo[tuple[str, str], LogBucket] = Memo()

    def of(self, name: str, prefix: str) -> LogBucket:
        """Return one bucket, for log files whose keys begin with ``prefix``.

        S3 tells a bucket's policy to nobody but its owner (S3 API reference, "GetBucketPolicy"): of another account's
        bucket nothing can be known from here but that it is there.
        """
        return self._read.get((name, prefix), lambda: self._bucket(name, prefix))

    def _bucket(self, name: str, prefix: str) -> LogBucket:
        listing = list_buckets(self._account, prefix=name)
        found = tuple(bucket for bucket in listing.buckets if bucket.name == name)
        if not found and listing.unread is None:
            return self._of_another(name)
        own: Fact[bool] = Known(value=True) if found or listing.unread is None else listing.unread
        bucket = found[0] if found else ListedBucket(name)
        narrowed = Listing(buckets=(bucket,), owner_id=listing.owner_id)
        regions = BucketRegions(self._account, narrowed.buckets)
        read = self._reader(narrowed, regions).read(bucket)
        if read is None:
            return _missing(own)
        try:
            versioning = self._versioning(read)
            return LogBucket(
                own=own,
                bucket=Known(msgspec.structs.replace(read, **dict.fromkeys(_ASIDE, _JUDGED_ITSELF))),
                versioning=versioning,
                object_lock=self._object_lock(read),
                deletion=self._deletion(read, versioning, prefix),
            )
        except GoneError:
            return _missing(own)

    def _of_another(self, name: str) -> LogBucket:
        """Return what can be known of a bucket that the account does not list: whether there is one."""
        untold = Unread(reason=UnreadReason.NOT_TOLD, operation=GET_BUCKET_POLICY.uid, detail="bucket_of_other_account")
        try:
            located = BucketRegions(self._account, ()).of(name)
        except GoneError:
            return _missing(Known(value=False))
        return LogBucket(
            own=Known(value=False),
            bucket=located if isinstance(located, Unread) else untold,
            versioning=_OF_ANOTHER_ACCOUNT,
            object_lock=_OF_ANOTHER_ACCOUNT,
            deletion=_OF_ANOTHER_ACCOUNT,
        )

    def _reader(self, listing: Listing, regions: BucketRegions) -> BucketReader:
        name = listing.buckets[0].name
        return BucketReader(
            self._account,
            blocks=self._blocks.get("", lambda: read_account_blocks(self._account)),
            regions=regions,
            access_points=AccessPoints(self._account, bucket=name),
            owner_id=listing.owner_id,
        )

    def _versioning(self, bucket: Bucket) -> Fact[Versioning]:
        """Return the bucket's versioning; read here where no rule for buckets asked for it."""
        if isinstance(bucket.versioning, Known):
            return bucket.versioning
        return self._account.read(
            GET_BUCKET_VERSIONING, self._region(bucket), protection.versioning, Bucket=bucket.name
        )

    def _object_lock(self, bucket: Bucket) -> Fact[ObjectLock]:
        nothing = Known(ObjectLock())
        return self._account.read(
            GET_OBJECT_LOCK_CONFIGURATION, self._region(bucket), _default_retention, nothing=nothing, Bucket=bucket.name
        )

    def _deletion(self, bucket: Bucket, versioning: Fact[Versioning], prefix: str) -> Fact[DeletionRule]:
        policy = read_policy(self._account, self._region(bucket), bucket.name)
        if not isinstance(policy, Known):
            return policy
        try:
            hides, deletes = (
                deletion_rule(
                    policy.value,
                    bucket_arn=bucket.uid,
                    owner_account=self._account.account_id,
                    versioned=versioned,
                    keys=f"{prefix}/AWSLogs/*" if prefix else "AWSLogs/*",
                )
                for versioned in (True, False)
            )
        except MalformedPolicyError:
            return Unread(
                reason=UnreadReason.MALFORMED, operation=GET_BUCKET_POLICY.uid, detail=MalformedPolicyError.__name__
            )
        if hides.refused is deletes.refused:
            return Known(deletes)
        if not isinstance(versioning, Known):
            return versioning
        return Known(hides if versioning.value.enabled else deletes)

    def _region(self, bucket: Bucket) -> str:
        return self._account.home_region if bucket.region == GLOBAL else bucket.region


def _missing(own: Fact[bool]) -> LogBucket:
    return LogBucket(own=own, bucket=Known(None), versioning=_NO_BUCKET, object_lock=_NO_BUCKET, deletion=_NO_BUCKET)


def _default_retention(answer: Answer) -> ObjectLock:
    """Return the default retention of a ``GetObjectLockConfiguration`` answer.

    A lock without a default retention binds only objects that are given one each, which CloudTrail does not do.
    """
    expect_root(answer, "ObjectLockConfiguration")
    configured = member(answer, "ObjectLockConfiguration")
    retention = (configured.get("Rule") or {}).get("DefaultRetention") or {}
    if configured.get("ObjectLockEnabled") != "Enabled" or not retention.get("Mode"):
        return ObjectLock()
    days = int(retention.get("Days") or 0) + int(retention.get("Years") or 0) * _DAYS_OF_A_YEAR
    mode = str(retention["Mode"])
    if days and mode.lower() in _MODES:
        return ObjectLock(mode=LockMode(mode.lower()), days=days)
    message = f"DefaultRetention of mode {mode} and {days} days"
    raise MalformedAnswerError(message)
