"""Trying an AWS target: its credentials, its organization, each permission in each account, and its logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from collectors.api import LogSource
from collectors.aws.logs.lookup import CloudTrailLookup
from collectors.aws.logs.sources import CloudTrailBucket, CloudTrailQueue, S3AccessBucket, S3AccessQueue
from collectors.aws.operations import ASSUME_ROLE, GET_CALLER_IDENTITY
from collectors.aws.probe import Probe, each, probe
from collectors.aws.session import VERIFIED_WITHIN
from collectors.model import Unread, UnreadReason
from daemon.targets.aws import AwsUnits, collectors_of
from daemon.targets.aws_organization import LIST_ACCOUNTS
from daemon.targets.check import Check, Health
from detectors.asking import Asked

if TYPE_CHECKING:
    from daemon.configuration import AwsTarget
    from daemon.targets.observer import Observer

_REMEDIES = {
    UnreadReason.CREDENTIALS: "give cspmd credentials of this account: a role (role_name), a profile, or the SDK's "
    "own chain; the role must trust the identity that cspmd runs as",
    UnreadReason.UNREACHABLE: "check the network path: egress, proxy, DNS, endpoint_url",
    UnreadReason.THROTTLED: "the cloud asked to be called more slowly; try again later",
}

# AWS STS API reference, "GetCallerIdentity": it needs no permission, and no policy of the caller's can take it away.
_ALLOW_IDENTITY = (
    "allow sts:GetCallerIdentity where it is refused on the way (the policy of a VPC endpoint of STS, a proxy): "
    "without it nothing proves whose account is read, and only a role of that account (role_name) is"
)

_ALLOW_ASSUMING = (
    "grant sts:AssumeRole on the role to the identity that cspmd runs as (cspmd permissions aws --for own), and let "
    "the role trust that identity, with the target's external_id (--for trust)"
)

_ON = {
    "s3:ListBucket": " on the bucket; where another account owns it, in the bucket's own policy too",
    "s3:GetObject": " on the bucket's objects; where another account owns them, in the bucket's own policy too",
    "kms:Decrypt": " on the key that the log files are under, in the key's own policy too",
    "sqs:ReceiveMessage": " on the queue",
    "sqs:DeleteMessage": " on the queue",
    "sqs:ChangeMessageVisibility": " on the queue",
}
_REMEDY = "check that what is configured under logs: exists: bucket, prefix, queue_url"


def diagnose(settings: AwsTarget, observer: Observer, asked: Asked) -> Iterator[Check]:
    """Yield what each look at the target came to, for what is asked.

    Raises TargetError where the SDK is not installed.
    """
    from daemon.configuration import Schedule

    target = AwsUnits(settings, Schedule(), observer, asked)
    if target.discovery is not None:
        area = f"target {settings.name}, organization"
        failures = [
            item for item in target.discovery.collector.collect(target.discovery.scope) if isinstance(item, Unread)
        ]
        permission = next(one for one in target.discovery.collector.permissions if one.operation == LIST_ACCOUNTS.uid)
        for failure in failures:
            yield _failed(area, permission.action, permission.why, failure, optional=False)
        if not failures:
            why = f"{permission.why}: {len(target.accounts())} found"
            yield Check(area=area, what=permission.action, health=Health.OK, why=why)
    refused: set[str] = set()
    for account in target.accounts():
        area = f"target {settings.name}, account {account.account_id}"
        for attempt in probe(account, collectors_of(asked)):
            if attempt.operation != GET_CALLER_IDENTITY.uid:
                refused.discard(account.account_id)
            elif attempt.unread is not None:
                refused.add(account.account_id)
            yield _check(area, attempt)
    for unit in target.log_sources():
        if unit.account not in refused:
            yield from _of_log(settings.name, unit.source)


def _of_log(target: str, source: LogSource) -> Iterator[Check]:
    """Try what a log needs: its bucket, its files, its queue, or the event history of its region."""
    if isinstance(source, CloudTrailLookup):
        where = f"event history of account {source.account.account_id} in {source.region}"
    elif isinstance(source, CloudTrailQueue | S3AccessQueue):
        where = f"{source.queue.url} for bucket {source.bucket.name}"
    elif isinstance(source, CloudTrailBucket | S3AccessBucket):
        where = f"bucket {source.bucket.name}"
    else:
        return
    area = f"target {target}, log {source.uid}: {where}"
    refusal = source.account.verify(within=VERIFIED_WITHIN)
    if refusal is not None:
        yield _failed(area, "credentials", GET_CALLER_IDENTITY.why, refusal, optional=False)
        return
    for attempt in each(source.account, source.attempts()):
        check = _check(area, attempt)
        unread = attempt.unread
        if unread is not None and unread.permission:
            check = msgspec.structs.replace(check, remedy=f"grant {unread.permission}{_ON.get(unread.permission, '')}")
        elif unread is not None and not check.remedy:
            check = msgspec.structs.replace(check, remedy=_REMEDY)
        yield check
    if isinstance(source, CloudTrailQueue | S3AccessQueue) and source.queue.sets_aside() is False:
        yield Check(
            area=area,
            what="dead-letter queue",
            health=Health.LESSER,
            why="sets aside messages that cannot be understood and files that cannot be read",
            problem="the queue has no redrive policy: such messages come again until they expire",
            remedy="give the queue a redrive policy with a maxReceiveCount of 10 or more",
        )


def _check(area: str, probed: Probe) -> Check:
    what = probed.action or ("credentials" if probed.operation == GET_CALLER_IDENTITY.uid else probed.operation)
    if probed.untried:
        return Check(area=area, what=what, health=Health.UNTRIED, why=probed.why, problem=probed.untried)
    if probed.unread is not None:
        return _failed(area, what, probed.why, probed.unread, optional=probed.optional)
    return Check(area=area, what=what, health=Health.OK, why=probed.why)


def _failed(area: str, what: str, why: str, unread: Unread, *, optional: bool) -> Check:
    return Check(
        area=area,
        what=what,
        health=Health.LESSER if optional else Health.MISSING,
        why=why,
        problem=unread.summary,
        remedy=_remedy(unread),
        grant=unread.permission if unread.reason is UnreadReason.DENIED else "",
    )


def _remedy(unread: Unread) -> str:
    if unread.operation == ASSUME_ROLE.uid and unread.permission:
        return _ALLOW_ASSUMING
    if unread.permission:
        return f"grant {unread.permission}"
    if unread.operation == GET_CALLER_IDENTITY.uid and unread.reason is UnreadReason.DENIED:
        return _ALLOW_IDENTITY
    return _REMEDIES.get(unread.reason, "")
