"""The S3 collector: every general purpose bucket of an account, one by one as they are read.

Directory buckets, buckets on Outposts, table buckets and vector buckets are no answer of ``ListBuckets`` (Amazon S3
API reference): they are other services to the SDK, with permissions of their own, and are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from collectors.api import Permission
from collectors.aws.answers import GoneError
from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Attempt, permissions
from collectors.aws.s3.access_points import AccessPoints
from collectors.aws.s3.asked import for_facts
from collectors.aws.s3.attempts import attempts
from collectors.aws.s3.blocks import read_account_blocks
from collectors.aws.s3.bucket import BucketReader
from collectors.aws.s3.listing import ListedBucket, Listing, list_buckets
from collectors.aws.s3.operations import GET_BUCKET_LOCATION, OPERATIONS
from collectors.aws.s3.regions import BucketRegions
from collectors.aws.session import AwsAccount
from collectors.aws.workers import spread
from collectors.model import Bucket, Fact, Provider, Resource, Scope, Unread


class S3Collector:
    """Reads the buckets of one account, wherever they lie: S3 lists them all in one call.

    An ordinary private bucket costs eight calls, nine where the listing does not say its region; fewer where
    nothing asks for some of its facts: six without a rule on its copies or its data class. Where more than the
    provider's own encryption is required, each key is asked for once.
    """

    uid: ClassVar[str] = "aws.s3"
    provider: ClassVar[Provider] = Provider.AWS
    kinds: ClassVar[tuple[type[Resource], ...]] = (Bucket,)
    regional: ClassVar[bool] = False
    operations = (*OPERATIONS, DESCRIBE_KEY)
    permissions: ClassVar[tuple[Permission, ...]] = for_facts(permissions(operations))

    def __init__(self, account: AwsAccount) -> None:
        self._account = account

    def collect(self, scope: Scope) -> Iterator[Resource | Unread]:  # noqa: ARG002 - the account is the scope
        """Stream every bucket, each as soon as it is read, in no particular order.

        An Unread says that the listing failed, wholly or from some page on. Never raises for what
        the cloud answers.
        """
        refusal = self._account.verify()
        if refusal is not None:
            yield refusal
            return
        listing = list_buckets(self._account)
        if listing.buckets:
            reader = self._reader(listing, AccessPoints(self._account))
            for bucket in spread(listing.buckets, reader.read, self._account.cost):
                if bucket is not None:
                    yield bucket
        if listing.unread is not None:
            yield listing.unread

    def refresh(self, scope: Scope, uid: str) -> Resource | Unread | None:  # noqa: ARG002 - the account is the scope
        """Read one bucket anew by its ARN; None where the account has no such bucket."""
        refusal = self._account.verify()
        if refusal is not None:
            return refusal
        name = uid.rpartition(":")[2]
        listing = list_buckets(self._account, prefix=name)
        found = tuple(bucket for bucket in listing.buckets if bucket.name == name)
        if not found and listing.unread is None:
            absence = self._confirm_absence(name)
            if absence is None or isinstance(absence, Unread):
                return absence
        bucket = found[0] if found else ListedBucket(name)
        narrowed = Listing(buckets=(bucket,), owner_id=listing.owner_id)
        return self._reader(narrowed, AccessPoints(self._account, bucket=name)).read(bucket)

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        return attempts(self._account)

    def _confirm_absence(self, name: str) -> Fact[None] | None:
        """Return None where a bucket is truly gone, Known where the listing only does not show it yet.

        The name may be another account's by now: S3 refuses that call, and a refusal proves nothing.
        """
        try:
            return self._account.read(
                GET_BUCKET_LOCATION,
                self._account.home_region,
                lambda _: None,
                Bucket=name,
                ExpectedBucketOwner=self._account.account_id,
            )
        except GoneError:
            return None

    def _reader(self, listing: Listing, access_points: AccessPoints) -> BucketReader:
        return BucketReader(
            self._account,
            blocks=read_account_blocks(self._account),
            regions=BucketRegions(self._account, listing.buckets),
            access_points=access_points,
            owner_id=listing.owner_id,
        )
