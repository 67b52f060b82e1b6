"""Judgements, transitions and log events with every field populated, and with as few as there can be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from collectors.model import (
    Actor,
    Capability,
    Grant,
    Known,
    LogEvent,
    NotNeeded,
    Provider,
    Reach,
    Unread,
    UnreadReason,
)
from daemon.documents.detection import Match
from daemon.documents.rules import RuleFacts
from daemon.model import Cause, FactChange, FindPath, Transition, TransitionKind
from detectors.model import Evidence, Judgement, ResourceRef, Severity, Verdict, iso27001

AT = datetime(2026, 3, 4, 5, 6, 7, 891011, tzinfo=UTC)

RULE = RuleFacts(
    uid="storage.public_access",
    title="Storage is open to the public",
    description="Anyone may read it.",
    risk="The data is taken.",
    controls=(iso27001("5.23"), iso27001("8.3")),
    references=("https://example.com/a", "https://example.com/b"),
)

GRANT = Grant(
    reach=Reach.ANONYMOUS_INTERNET,
    what=(Capability.READ, Capability.LIST),
    via="bucket policy",
    effective=Known(value=True),
    blocked_by=(),
    resources=("arn:aws:s3:::b/*",),
    principals=("*",),
    statement={
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject"],
        "Condition": {"StringEquals": {"a.b": ["c"]}},
    },
    notes=("requester_pays",),
)

DENIED = Unread(
    reason=UnreadReason.DENIED, operation="s3:GetBucketAcl", permission="s3:GetBucketAcl", detail="AccessDenied"
)

ACTOR = Actor(
    user_id="arn:aws:iam::123456789012:user/alice",
    user_name="alice",
    ip="203.0.113.7",
    user_agent="aws-cli/2.15",
    operation="PutBucketPolicy",
    event_id="e1c2",
    at=AT - timedelta(minutes=2),
)


def full_judgement(verdict: Verdict = Verdict.FAIL, kind: str = "bucket") -> Judgement:
    """Return a judgement in which no field is empty."""
    return Judgement(
        detector=RULE.uid,
        verdict=verdict,
        severity=Severity.CRITICAL,
        provider=Provider.AWS,
        account="123456789012",
        region="eu-west-1",
        resource=ResourceRef(uid="arn:aws:s3:::b", name="b", kind=kind),
        evidence=(
            Evidence(name="policy_grants", data=GRANT),
            Evidence(name="policy_grants", data={"via": "bucket policy", "depth": {"a": [{"b": None}]}}),
            Evidence(name="switch", data=True),
            Evidence(name="acl_grants", data=GRANT, violates=False),
        ),
        unread=(DENIED,),
        notes=("object_acls_not_judged",),
        controls=("ISO/IEC 27001:2022 A.5.23", "ISO/IEC 27001:2022 A.8.3"),
        remediation="Switch it off.\n\nCLI:\naws s3api …",
    )


def bare_judgement(verdict: Verdict = Verdict.FAIL) -> Judgement:
    """Return a judgement in which everything that may be empty is."""
    return Judgement(
        detector="event.unheard_of",
        verdict=verdict,
        severity=Severity.LOW,
        provider=Provider.CSPMD,
        account="",
        region="",
        resource=ResourceRef(uid="cspmd:x", name="", kind="scope"),
    )


def full_transition(
    kind: TransitionKind = TransitionKind.REGRESSED, cause: Cause = Cause.CONFIGURATION, *, on: str = "bucket"
) -> Transition:
    """Return a transition in which no field is empty."""
    return Transition(
        uid="0123456789abcdef",
        kind=kind,
        cause=cause,
        at=AT,
        path=FindPath.EVENT,
        judgement=full_judgement(Verdict.PASS if kind is TransitionKind.RESOLVED else Verdict.FAIL, on),
        previous_severity=Severity.HIGH,
        changes=(
            FactChange(fact="policy_grants", before=Known(()), after=Known((GRANT,))),
            FactChange(fact="acl_grants", before=DENIED, after=NotNeeded("acl_hidden")),
            FactChange(fact="switches", before=None, after={"fact": "known", "value": {"bucket": {"a": True}}}),
            FactChange(fact="tags", before="plain", after=[1, 2.5, False]),
        ),
        first_seen=AT - timedelta(days=1),
        actor=ACTOR,
    )


def bare_transition(kind: TransitionKind = TransitionKind.OPENED) -> Transition:
    """Return a transition in which everything that may be empty is."""
    return Transition(
        uid="fedcba9876543210",
        kind=kind,
        cause=Cause.RESOURCE_NEW,
        at=AT,
        path=FindPath.POLL,
        judgement=bare_judgement(),
    )


def every_transition() -> Iterator[Transition]:
    """Yield transitions of every kind and cause, populated and bare, of a bucket and of a person."""
    for kind in TransitionKind:
        yield bare_transition(kind)
        for cause in Cause:
            yield full_transition(kind, cause)
    yield full_transition(on="user")
    yield msgspec.structs.replace(full_transition(on="user"), actor=None)
    for ip in ("cloudtrail.amazonaws.com", "AWS Internal", "2001:db8::1", "fe80::1%eth0", ""):
        yield msgspec.structs.replace(full_transition(), actor=msgspec.structs.replace(ACTOR, ip=ip))


def every_judgement() -> Iterator[Judgement]:
    """Yield judgements of every verdict, populated and bare, of a bucket and of a person."""
    for verdict in Verdict:
        yield full_judgement(verdict)
        yield full_judgement(verdict, "user")
        yield bare_judgement(verdict)
    for severity in Severity:
        yield msgspec.structs.replace(full_judgement(), severity=severity)
    for provider in Provider:
        yield msgspec.structs.replace(full_judgement(), provider=provider)


MATCH = Match(
    uid="match-1",
    rule="event.sigma.1234",
    title="Bucket policy changed",
    severity=Severity.HIGH,
    description="Somebody changed a bucket policy.",
    references=("https://example.com/r",),
)

EVENT = LogEvent(
    uid="e1c2",
    source="aws.cloudtrail",
    account="123456789012",
    region="eu-west-1",
    time=AT - timedelta(minutes=1),
    operation="PutBucketPolicy",
    outcome="success",
    actor=ACTOR,
    touches=("arn:aws:s3:::b",),
    raw=msgspec.Raw(b'{"eventName":"PutBucketPolicy","nested":{"a":[1]}}'),
)
