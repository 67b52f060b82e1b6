"""Whatever happens in whatever order: what is told, known, counted and queued is what the plain model says."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import make_url

from collectors.model import Bucket, Known
from daemon.exceptions import ExceptionRule
from daemon.model import Cause, TransitionKind
from daemon.state import State
from tests.daemon.passes.oracle import Oracle
from tests.fakes.databases import new_database, quick_folder, statements
from tests.fakes.posture import (
    DENIED,
    DETECTORS,
    EXPIRED,
    GRANTED,
    LIST_DENIED,
    NEVER_ON,
    OFF,
    ON,
    SCOPE,
    START,
    VERSIONED,
    World,
    bucket,
    grant,
    judging,
    uid,
)
from tests.fakes.posture import rule as exception

NAMES = ("a", "b")
JUDGED = {VERSIONED.uid, GRANTED.uid, EXPIRED.uid}

versions = st.sampled_from([ON, ON, OFF, NEVER_ON, DENIED])
grants = st.one_of(
    st.just(Known(())),
    st.just(DENIED),
    st.lists(st.sampled_from("xyz"), max_size=2, unique=True).map(
        lambda names: Known(tuple(grant(name) for name in sorted(names)))
    ),
)
ends = st.integers(1, 60).map(lambda minutes: START + timedelta(minutes=minutes))
tags = st.one_of(
    st.just(Known({})),
    st.just(DENIED),
    ends.map(lambda at: Known({"expires": at.isoformat()})),
    st.just(Known({"x": "y"})),
)
facts = st.fixed_dictionaries(
    {"policy_grants": grants, "acl_grants": grants}, optional={"versioning": versions, "tags": tags}
)
changes = st.dictionaries(st.sampled_from(NAMES), facts, min_size=1)
rules_of_exception = st.builds(
    exception,
    st.sampled_from(["*", *map(uid, NAMES)]),
    st.sampled_from(["*", *sorted(JUDGED)]),
    ends,
)


class DriftMachine(RuleBasedStateMachine):
    """A cloud of two buckets that changes, and is read well, badly, in part, or one by one."""

    def __init__(self, new_url: Callable[[], str]) -> None:
        super().__init__()
        self.state = State.open(new_url())
        self.world = World(self.state)
        self.oracle = Oracle()
        self.cloud: dict[str, Bucket] = {}
        self.exceptions: list[ExceptionRule] = []
        self.enabled = set(JUDGED)
        self.forgetful = False
        self.values: dict[tuple[str, str], list[object]] = {}

    def teardown(self) -> None:
        self.state.close()

    @initialize(found=st.dictionaries(st.sampled_from(NAMES), facts))
    def begin(self, found: dict[str, dict[str, Any]]) -> None:
        self.cloud = {name: bucket(name, **of) for name, of in found.items()}
        self.read_all()

    @rule(found=changes)
    def change(self, found: dict[str, dict[str, Any]]) -> None:
        for name, new in found.items():
            known = self.cloud.get(name)
            self.cloud[name] = bucket(name, **new) if known is None else msgspec.structs.replace(known, **new)

    @rule(found=changes)
    def change_and_read(self, found: dict[str, dict[str, Any]]) -> None:
        self.change(found)
        self.read_all()

    @rule(found=changes, back=changes)
    def change_there_and_back(self, found: dict[str, dict[str, Any]], back: dict[str, dict[str, Any]]) -> None:
        before = dict(self.cloud)
        self.change_and_read(found)
        self.cloud.update(before)
        self.change_and_read(back)

    @rule(found=changes)
    def change_and_read_in_part(self, found: dict[str, dict[str, Any]]) -> None:
        self.change(found)
        self.read_shown(set(found))

    @precondition(lambda self: self.cloud)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        del self.cloud[data.draw(st.sampled_from(sorted(self.cloud)))]

    @rule(minutes=st.integers(1, 20))
    def wait(self, minutes: int) -> None:
        self.world.clock.forward(minutes=minutes)

    @rule()
    def read_all(self) -> None:
        told = self.world.read(*self.cloud.values(), judging=self.judging)
        for one in self.cloud.values():
            self.look(one, Cause.TIME)
        for name in sorted(set(self.oracle.seen) - set(self.cloud)):
            self.gone(name)
        self.agree(told)

    @rule(data=st.data())
    def read_part_of_a_broken_listing(self, data: st.DataObject) -> None:
        self.read_shown(data.draw(st.sets(st.sampled_from(sorted(self.cloud)))) if self.cloud else set())

    def read_shown(self, shown: set[str]) -> None:
        told = self.world.read(LIST_DENIED, *(self.cloud[name] for name in sorted(shown)), judging=self.judging)
        for name in shown:
            self.look(self.cloud[name], Cause.TIME)
        self.agree(told)

    @rule(name=st.sampled_from(NAMES))
    def read_one(self, name: str) -> None:
        told = list(self.world.runner.refresh(SCOPE, uid(name), self.cloud.get(name), self.judging))
        if name in self.cloud:
            self.look(self.cloud[name], Cause.TIME)
        elif name in self.oracle.seen:
            self.gone(name)
        self.agree(told)

    @rule(name=st.sampled_from(NAMES))
    def fail_to_read_one(self, name: str) -> None:
        assert not self.world.runner.refresh(SCOPE, uid(name), DENIED, self.judging)

    @rule()
    def look_at_what_is_due(self) -> None:
        told = list(self.world.runner.judge_due(self.world.clock.now, self.judging))
        self.look_again(Cause.TIME)
        self.agree(told)

    @rule(found=st.lists(rules_of_exception, max_size=2))
    def accept(self, found: list[ExceptionRule]) -> None:
        self.exceptions = found
        self.judge_again(Cause.TIME)

    @rule(resource=st.sampled_from(["*", *map(uid, NAMES)]))
    def accept_until_it_ends(self, resource: str) -> None:
        self.accept([exception(resource, expires=self.world.clock.now + timedelta(minutes=5))])
        self.wait(5)
        self.look_at_what_is_due()

    @rule(enabled=st.sets(st.sampled_from(sorted(JUDGED))))
    def enable(self, enabled: set[str]) -> None:
        changed = enabled != self.enabled
        self.enabled = enabled
        # What a detector remembered of facts goes with it.
        self.forgetful |= changed
        self.judge_again(Cause.DETECTOR if changed else Cause.TIME)

    @rule()
    def read_twice(self) -> None:
        self.read_all()
        with statements() as seen:
            assert not self.world.read(*self.cloud.values(), judging=self.judging)
        assert not {"INSERT", "UPDATE", "DELETE"} & set(seen)

    @rule()
    def start_anew(self) -> None:
        """The process ends and another begins: nothing that matters was in memory."""
        told, clock = self.world.told, self.world.clock
        self.world = World(self.state)
        self.world.told.extend(told)
        self.world.clock.now = clock.now

    @property
    def judging(self) -> Any:
        wanted = [one for one in DETECTORS if one.uid in self.enabled]
        return judging(*self.exceptions, detectors=wanted)

    def judge_again(self, reason: Cause) -> None:
        told = list(self.world.runner.rejudge(self.judging))
        self.look_again(reason)
        self.agree(told)

    def look_again(self, reason: Cause) -> None:
        for one in list(self.oracle.seen.values()):
            self.look(one, reason)

    def look(self, one: Bucket, reason: Cause) -> None:
        for fact in ("versioning", "policy_grants", "acl_grants", "tags"):
            read = msgspec.json.decode(msgspec.json.encode(getattr(one, fact)))
            self.values.setdefault((one.uid, fact), []).append(read)
        self.oracle.look(one, self.world.clock.now.timestamp(), self.exceptions, self.enabled, reason)

    def gone(self, name: str) -> None:
        self.values = {key: read for key, read in self.values.items() if key[0] != uid(name)}
        self.oracle.gone(name)

    def agree(self, told: list[Any]) -> None:
        expected, self.oracle.told = self.oracle.told, []
        said = [(one.judgement.resource.uid, one.judgement.detector, one.kind, one.cause) for one in told]
        assert Counter(said) == Counter(expected)
        self.changes_are_true(told)
        self.findings_agree()
        counted = Counter({(one.detector, one.severity, one.status): one.count for one in self.state.finding_counts()})
        assert counted == self.oracle.counts()
        queued = [item.uid for item in self.world.queued()]
        assert len(queued) == len(set(queued))
        assert Counter(queued) == Counter(one.uid for one in self.state.transitions())

    def changes_are_true(self, told: list[Any]) -> None:
        """Every before is a value that was once read, every after the last one, and they differ."""
        for one in told:
            if one.cause is Cause.CONFIGURATION:
                assert one.changes
            else:
                assert not one.changes
            for change in one.changes:
                read = self.values[one.judgement.resource.uid, change.fact]
                assert change.before != change.after
                assert _shown(read[-1]) == change.after
                assert change.before in [_shown(fact) for fact in read[:-1]]
                if one.kind in {TransitionKind.REGRESSED, TransitionKind.RESOLVED, TransitionKind.UPDATED}:
                    assert self.forgetful or not _is_unread(change.before) or _never_known(read[:-1])

    def findings_agree(self) -> None:
        found = {
            (one.judgement.resource.name, one.judgement.detector): (
                one.status,
                one.stale,
                one.judgement.severity.value,
                Counter(evidence.name for evidence in one.judgement.evidence),
            )
            for one in self.state.findings()
        }
        expected = {
            key: (
                one.status,
                one.stale,
                one.severity,
                Counter({fact: len(items) for fact, items in one.evidence.items() if items}),
            )
            for key, one in self.oracle.violations.items()
        }
        assert found == expected


def _shown(fact: Any) -> Any:
    return fact["value"] if fact["fact"] == "known" else fact


def _is_unread(value: Any) -> bool:
    return isinstance(value, dict) and value.get("fact") == "unread"


def _never_known(read: list[Any]) -> bool:
    return all(fact["fact"] != "known" for fact in read)


@pytest.fixture
def new_sqlite(sqlite_template: Path) -> Iterator[Callable[[], str]]:
    with quick_folder() as folder:
        made = iter(range(1_000_000))

        def new() -> str:
            path = folder / f"{next(made)}.db"
            shutil.copyfile(sqlite_template, path)
            return f"sqlite:///{path}"

        yield new


def test_on_sqlite(new_sqlite: Callable[[], str]) -> None:
    run_state_machine_as_test(
        lambda: DriftMachine(new_sqlite),
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.postgres
def test_on_postgres(postgres_url: str, postgres_template: str) -> None:
    template = str(make_url(postgres_template).database)
    run_state_machine_as_test(
        lambda: DriftMachine(lambda: new_database(postgres_url, template)),
        settings=settings(
            max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
