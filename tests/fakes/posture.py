"""A small world for tests of state and drift: buckets, detectors that look at one thing, a clock, a publisher."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.model import (
    AccessLogging,
    Bucket,
    Capability,
    Encryption,
    Grant,
    KeyHolder,
    Known,
    Provider,
    Reach,
    Scope,
    Switch,
    TlsOnly,
    Unread,
    UnreadReason,
    Versioning,
    encode,
)
from daemon.exceptions import ExceptionRule, Exceptions
from daemon.model import Dataset, Document, Finding, Transition
from daemon.passes import Judging, PassRunner
from daemon.state import OutboxItem, State
from detectors.coverage.unread_scope import DETECTOR as UNREAD_SCOPE
from detectors.model import Detector, Evidence, Judgement, Policy, Remediation, Severity, each, iso27001, over

ACCOUNT = "123456789012"
SCOPE = Scope(target="prod", provider=Provider.AWS, account=ACCOUNT, region="global", collector="aws.s3")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DENIED = Unread(reason=UnreadReason.DENIED, operation="s3:GetBucketX", permission="s3:GetX", detail="AccessDenied")
LIST_DENIED = Unread(reason=UnreadReason.DENIED, operation="s3:ListBuckets", permission="s3:ListAllMyBuckets")

ON = Known(Versioning(enabled=True, state="Enabled"))
OFF = Known(Versioning(enabled=False, state="Suspended"))
NEVER_ON = Known(Versioning(enabled=False))


def uid(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def bucket(name: str, **facts: Any) -> Bucket:
    """Return a bucket that no detector here objects to, with some facts replaced."""
    usual: dict[str, Any] = {
        "places": Known(("aws:eu-central-1",)),
        "copies": Known(()),
        "policy_grants": Known(()),
        "acl_grants": Known(()),
        "access_point_grants": Known(()),
        "policy_silenced": Known(Switch(on=False)),
        "acl_silenced": Known(Switch(on=False)),
        "switches": Known({}),
        "default_encryption": Known(Encryption(holder=KeyHolder.PROVIDER)),
        "tls_only": Known(TlsOnly(enforced=True)),
        "versioning": ON,
        "access_logging": Known(AccessLogging(enabled=True, target="logs")),
        "access_point_copies": Known(()),
        "tags": Known({}),
    }
    return Bucket(
        uid=uid(name), name=name, provider=Provider.AWS, account=ACCOUNT, region="eu-central-1", **(usual | facts)
    )


def grant(who: str, via: str = "bucket policy") -> Grant:
    return Grant(
        reach=Reach.ANONYMOUS_INTERNET, what=(Capability.READ,), via=via, effective=Known(value=True), principals=(who,)
    )


def detector(uid: str, violations: Any, **more: Any) -> Detector:
    """Return a detector on buckets; its examples prove nothing, its rule is what the test is about."""
    usual: dict[str, Any] = {
        "title": "A rule of a test",
        "on": Bucket,
        "severity": Severity.MEDIUM,
        "description": "Looks at one thing.",
        "risk": "None.",
        "controls": (iso27001("5.23"),),
        "remediation": {Provider.AWS: Remediation(text="Mend $name.")},
        "good": (bucket("good"),),
        "bad": (bucket("bad"),),
    }
    return Detector(uid=uid, violations=violations, **(usual | more))


@over("versioning")
def not_versioned(one: Bucket, _policy: Policy, _now: datetime) -> Iterator[Evidence]:
    state = one.versioning.value
    if not state.enabled:
        yield Evidence(name="versioning", data={"state": state.state})


def _granted(source: str) -> Any:
    @each(source)
    def granted(_one: Bucket, member: Grant, _policy: Policy, _now: datetime) -> Iterator[Evidence]:
        if member.effective.value:
            yield Evidence(name=source, data=member)

    return granted


def _expiry(one: Bucket) -> datetime | None:
    text = one.tags.value.get("expires")
    return None if text is None else datetime.fromisoformat(text)


@over("tags")
def expired(one: Bucket, _policy: Policy, now: datetime) -> Iterator[Evidence]:
    expiry = _expiry(one)
    if expiry is not None and now >= expiry:
        yield Evidence(name="tags", data={"expires": one.tags.value["expires"]})


def _weigh_grants(_one: Bucket, _policy: Policy, evidence: tuple[Evidence, ...], severity: Severity) -> Severity:
    return severity.raised() if len(evidence) > 1 else severity


VERSIONED = detector("storage.test_versioned", (not_versioned,))
GRANTED = detector("storage.test_granted", (_granted("policy_grants"), _granted("acl_grants")), weigh=_weigh_grants)
EXPIRED = detector(
    "storage.test_expired",
    (expired,),
    recheck_at=lambda one, _policy, now: _later(_expiry(one), now),
    severity=Severity.LOW,
)
RESIDENT = detector(
    "residency.test_resident",
    (over("places")(lambda one, policy, _now: _outside(one, policy)),),
    requires=lambda policy: policy.residency.configured,
)
DETECTORS = (VERSIONED, GRANTED, EXPIRED, RESIDENT, UNREAD_SCOPE)


def _later(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and at > now else None


def _outside(one: Bucket, policy: Policy) -> Iterator[Evidence]:
    for place in one.places.value:
        if place not in (policy.residency.default or ()):
            yield Evidence(name="places", data=place)


def judging(
    *rules: ExceptionRule, detectors: Iterable[Detector] = DETECTORS, policy: Policy | None = None, **more: Any
) -> Judging:
    return Judging(policy or Policy(), tuple(detectors), exceptions=Exceptions(rules), **more)


def rule(
    resource: str = "*", detector: str = "*", expires: datetime = START + timedelta(days=30), **more: str
) -> ExceptionRule:
    usual = {"reason": "agreed", "owner": "web@example.com"}
    return ExceptionRule(detector=detector, resource=resource, expires=expires, **(usual | more))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


class Publisher:
    """Encodes what it is given for one sink, and remembers it."""

    def __init__(self, *, wants_posture: bool = False, sink: str = "test") -> None:
        self.sink = sink
        self.posture_sinks = (sink,) if wants_posture else ()
        self.findings: list[tuple[Transition, str]] = []

    def transition(self, transition: Transition, finding_id: str) -> Iterable[Document]:
        self.findings.append((transition, finding_id))
        yield Document(sink=self.sink, uid=transition.uid, dataset=Dataset.FINDINGS, body=encode(transition))

    def posture(self, judgement: Judgement, at: datetime) -> Iterable[Document]:
        name = f"{judgement.detector}|{judgement.resource.uid}|{at.isoformat()}"
        yield Document(sink=self.sink, uid=name, dataset=Dataset.MISCONFIGURATION, body=encode(judgement))


class World:
    """A runner on a state, and one scope of buckets that it reads."""

    def __init__(self, state: State, *, wants_posture: bool = False, batch: int = 200) -> None:
        self.state = state
        self.clock = Clock()
        self.publisher = Publisher(wants_posture=wants_posture)
        self.told: list[Transition] = []
        self.runner = PassRunner(state, self.publisher, self.clock, self.told.append, batch=batch)
        self.judging = judging()

    def read(self, *found: Bucket | Unread, scope: Scope = SCOPE, judging: Judging | None = None) -> list[Transition]:
        """Let a pass read these; return what is told of it."""
        before = len(self.told)
        self.runner.run(scope, iter(found), judging or self.judging)
        return self.told[before:]

    def later(self, *found: Bucket | Unread, minutes: float = 5, **more: Any) -> list[Transition]:
        """Let a pass read these after a while; return what is told of it."""
        self.clock.forward(minutes=minutes)
        return self.read(*found, **more)

    def finding(self, name: str, detector: str = VERSIONED.uid) -> Finding | None:
        """Return one bucket's finding of one detector, whatever its status."""
        wanted = (uid(name), detector)
        found = (one for one in self.state.findings() if (one.judgement.resource.uid, one.judgement.detector) == wanted)
        return next(found, None)

    def counts(self, status: str) -> dict[str, int]:
        """Return how many findings of each detector count under this status."""
        counted: Counter[str] = Counter()
        for one in self.state.finding_counts():
            if one.status == status:
                counted[one.detector] += one.count
        return counted

    def queued(self, dataset: Dataset | None = None) -> list[OutboxItem]:
        """Return what waits for the sink."""
        return [item for item in self.queued_for(self.publisher.sink) if dataset in {None, item.dataset}]

    def queued_for(self, sink: str) -> list[OutboxItem]:
        """Return what waits for a sink of this name."""
        items = self.state.outbox.claim(sink, 100_000, self.clock.now)
        self.state.outbox.release(items)
        return items
