"""The collector of an account's audit logging: every trail that may record all of it, judged together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar, TypeVar

from collectors.api import Permission
from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.cloudtrail import operations as ops
from collectors.aws.cloudtrail.entry import Entry
from collectors.aws.cloudtrail.log_bucket import LogBucket, LogBuckets
from collectors.aws.cloudtrail.selectors import management_events
from collectors.aws.operations import Attempt, Operation, permissions
from collectors.aws.pages import gathered, pages
from collectors.aws.s3.attempts import attempts as attempts_on_buckets
from collectors.aws.session import AwsAccount
from collectors.aws.workers import spread
from collectors.model import (
    AuditLogging,
    AuditTrail,
    Fact,
    Known,
    NotNeeded,
    Provider,
    Recording,
    Resource,
    Scope,
    Unread,
    UnreadReason,
)

T = TypeVar("T")

NAME = "CloudTrail"
_NOBODYS = "cspmd-permission-probe"
# It cannot record the whole account, whatever else is true of it.
_OF_ONE_REGION = NotNeeded("trail_of_one_region")
_UNLOOKED = LogBucket(
    own=_OF_ONE_REGION,
    bucket=_OF_ONE_REGION,
    versioning=_OF_ONE_REGION,
    object_lock=_OF_ONE_REGION,
    deletion=_OF_ONE_REGION,
)


class AuditLoggingCollector:
    """Reads what records the account's management events, as one resource: no single trail is good or bad by itself.

    One call lists the trails of all regions that may do it: a multi-region trail is shown in each region, an
    organization's in each of its accounts. Each costs two more, and its bucket what a bucket costs. Trails of one
    region elsewhere are not looked for: none of them can make the logging whole.
    """

    uid: ClassVar[str] = "aws.cloudtrail.logging"
    provider: ClassVar[Provider] = Provider.AWS
    kinds: ClassVar[tuple[type[Resource], ...]] = (AuditLogging,)
    regional: ClassVar[bool] = False
    operations = ops.AUDIT_OPERATIONS
    permissions: ClassVar[tuple[Permission, ...]] = permissions(ops.AUDIT_OPERATIONS)

    def __init__(self, account: AwsAccount) -> None:
        self._account = account

    def collect(self, scope: Scope) -> Iterator[Resource | Unread]:
        """Yield the account's audit logging; trails that cannot be listed are a fact of it that is unread."""
        found = self.refresh(scope, logging_uid(self._account))
        if found is not None:
            yield found

    def refresh(self, scope: Scope, uid: str) -> Resource | Unread | None:  # noqa: ARG002 - the account is the scope
        """Read the account's audit logging anew; None for what is not its uid."""
        refusal = self._account.verify()
        if refusal is not None:
            return refusal
        if uid != logging_uid(self._account):
            return None
        return AuditLogging(
            uid=uid,
            name=NAME,
            provider=Provider.AWS,
            account=self._account.account_id,
            trails=self._trails(),
        )

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        arn = f"arn:{self._account.partition}:cloudtrail:{home}:{self._account.account_id}:trail/{_NOBODYS}"
        yield Attempt(operation=ops.DESCRIBE_TRAILS, region=home)
        yield Attempt(operation=ops.GET_TRAIL_STATUS, region=home, parameters={"Name": arn})
        yield Attempt(operation=ops.GET_EVENT_SELECTORS, region=home, parameters={"TrailName": arn})
        for attempt in attempts_on_buckets(self._account):
            if attempt.operation.name == "GetBucketPolicy":
                yield Attempt(
                    operation=ops.GET_OBJECT_LOCK_CONFIGURATION,
                    region=attempt.region,
                    parameters=attempt.parameters,
                    untried=attempt.untried,
                )

    def _trails(self) -> Fact[tuple[AuditTrail, ...]]:
        listed = gathered(pages(self._account, ops.TRAILS, self._account.home_region, Entry, includeShadowTrails=True))
        if not isinstance(listed, Known):
            return listed
        entries = {entry.arn: entry for entry in listed.value}
        buckets = LogBuckets(self._account)
        read = partial(self._trail, buckets=buckets)
        trails = [trail for trail in spread(entries.values(), read, self._account.cost) if trail is not None]
        return Known(tuple(sorted(trails, key=lambda trail: trail.uid)))

    def _trail(self, entry: Entry, buckets: LogBuckets) -> AuditTrail | None:
        """Read one trail; None where it is gone by now."""
        recording: Fact[Recording] = _OF_ONE_REGION
        events = bucket = None
        if entry.multi_region:
            try:
                recording = self._ask(entry, ops.GET_TRAIL_STATUS, _recording, Name=entry.arn)
                events = self._ask(entry, ops.GET_EVENT_SELECTORS, management_events, TrailName=entry.arn)
            except GoneError:
                return None
            bucket = buckets.of(entry.bucket, entry.prefix)
        written_to = bucket or _UNLOOKED
        return AuditTrail(
            uid=entry.arn,
            name=entry.name,
            region=entry.region,
            bucket=entry.bucket,
            multi_region=entry.multi_region,
            organization=entry.organization,
            global_services=entry.global_services,
            validated=entry.validated,
            key_uid=entry.key,
            recording=recording,
            events=_OF_ONE_REGION if events is None else events,
            own_bucket=written_to.own,
            log_bucket=written_to.bucket,
            versioning=written_to.versioning,
            object_lock=written_to.object_lock,
            deletion=written_to.deletion,
        )

    def _ask(self, entry: Entry, operation: Operation, take: Callable[[Answer], T], **parameters: Any) -> Fact[T]:  # noqa: ANN401 - the API's parameters
        """Ask a trail's own region; an organization's trail is not everywhere shown to its member accounts."""
        try:
            return self._account.read(operation, entry.region, take, **parameters)
        except GoneError:
            if entry.account == self._account.account_id:
                raise
            return Unread(reason=UnreadReason.NOT_TOLD, operation=operation.uid, detail="trail_of_the_organization")


def logging_uid(account: AwsAccount) -> str:
    """Return the uid of an account's audit logging: the ARN that its trails' ARNs begin with, of no one region."""
    return f"arn:{account.partition}:cloudtrail::{account.account_id}:trail"


def _recording(answer: Answer) -> Recording:
    """Return a trail's state; the codes of the last errors are those of S3, nothing where delivery works."""
    on = member(answer, "IsLogging")
    return Recording(
        on=bool(on),
        delivery_error=str(answer.get("LatestDeliveryError") or ""),
        digest_error=str(answer.get("LatestDigestDeliveryError") or ""),
    )
