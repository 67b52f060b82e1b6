"""Trying everything the daemon depends on: state, targets, sinks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from daemon.runtime.composition import not_yet_done, sinks_of
from daemon.shipping.leftovers import leftovers, sentence
from daemon.state import State, StateError, StateMissingError
from daemon.state.trial import try_making
from daemon.targets import Check, Health, Observer, TargetError, diagnose
from detectors.asking import asked

if TYPE_CHECKING:
    from daemon.configuration import Configuration

MOST_DEAD_LETTERS = 3


class _Nobody:
    """Counts nothing: trying is not reading."""

    def called(self, provider: str, service: str, operation: str, outcome: str) -> None:
        """Count nothing."""

    def disagreed(self, provider: str, account: str) -> None:
        """Count nothing."""


def checks(configuration: Configuration) -> Iterator[Check]:
    """Yield what each look came to, as it is taken."""
    for warning in configuration.warnings:
        yield Check(area="configuration", what="warning", health=Health.LESSER, problem=str(warning))
    for what in not_yet_done(configuration):
        yield Check(area="configuration", what="not yet done", health=Health.LESSER, problem=what)
    yield from _state(configuration)
    observer = Observer(_Nobody())
    demand = asked(configuration.enabled_detectors(), configuration.policy())
    for target in configuration.targets:
        try:
            yield from diagnose(target, observer, demand)
        except TargetError as error:
            yield Check(area=f"target {target.name}", what="collectors", health=Health.MISSING, problem=str(error))
    yield from _sinks(configuration)


def _state(configuration: Configuration) -> Iterator[Check]:
    try:
        state = State.open(configuration.state_url, create=False)
    except StateMissingError:
        yield _of_no_state(configuration)
        return
    except StateError as error:
        yield Check(area="state", what="open", health=Health.MISSING, problem=str(error))
        return
    try:
        with state.write():
            pass
        yield Check(area="state", what="write", health=Health.OK, why=state.where)
        for item, reason in state.outbox.dead_letters(MOST_DEAD_LETTERS):
            problem = f"{item.sink} refused document {item.uid} for good: {reason}"
            yield Check(area="state", what="dead letter", health=Health.LESSER, problem=problem)
        for left in leftovers(state.outbox, [sink.name for sink in sinks_of(configuration)]):
            problem = sentence(left, configuration.state.retention)
            yield Check(area="state", what="left over", health=Health.LESSER, problem=problem)
    except StateError as error:
        yield Check(area="state", what="write", health=Health.MISSING, problem=str(error))
    finally:
        state.close()


def _of_no_state(configuration: Configuration) -> Check:
    """Say whether a state could be made. Doctor makes none: it would belong to whoever runs doctor."""
    try:
        where = try_making(configuration.state_url)
    except StateError as error:
        return Check(area="state", what="make", health=Health.MISSING, problem=str(error))
    why = f"{where}: there is none yet; the first run or scan makes it"
    return Check(area="state", what="make", health=Health.OK, why=why)


def _sinks(configuration: Configuration) -> Iterator[Check]:
    for sink in sinks_of(configuration):
        area = f"sink {sink.name}"
        problems = sink.diagnose()
        for problem in problems:
            yield Check(
                area=area,
                what="delivery",
                health=Health.MISSING if problem.fatal else Health.LESSER,
                problem=problem.what,
                remedy=problem.remedy,
            )
        if not problems:
            yield Check(area=area, what="delivery", health=Health.OK, why="reached, and may be written to")
        sink.close()
