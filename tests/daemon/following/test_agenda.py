"""Many events on one thing lead to few looks, and none is forgotten."""

from __future__ import annotations

from daemon.following.agenda import APART, GATHER, Agenda


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_events_that_come_together_are_one_look() -> None:
    clock = Seconds()
    agenda = Agenda(clock)
    agenda.want("a")
    clock.now += GATHER / 2
    agenda.want("a")
    assert agenda.next() is None
    assert agenda.wait() == GATHER / 2
    clock.now += GATHER / 2
    assert agenda.next() == "a"
    assert agenda.next() is None
    assert agenda.wait() is None


def test_what_is_wanted_during_a_look_is_looked_at_again_and_not_at_once() -> None:
    clock = Seconds()
    agenda = Agenda(clock)
    agenda.want("a", 0)
    assert agenda.next() == "a"
    agenda.want("a")
    assert agenda.next() is None
    clock.now += 10
    agenda.ended("a")
    assert agenda.next() is None
    clock.now += APART
    assert agenda.next() == "a"
    agenda.ended("a")
    assert len(agenda) == 0


def test_looks_are_apart_for_one_thing_and_not_for_several() -> None:
    clock = Seconds()
    agenda = Agenda(clock)
    for uid in ("a", "b"):
        agenda.want(uid, 0)
    assert {agenda.next(), agenda.next()} == {"a", "b"}
    agenda.ended("a")
    agenda.want("a", 0)
    agenda.want("c", 0)
    assert agenda.next() == "c"
    assert agenda.next() is None
    clock.now += APART
    assert agenda.next() == "a"


def test_the_sooner_of_two_times_counts() -> None:
    clock = Seconds()
    agenda = Agenda(clock)
    agenda.want("a", 100)
    agenda.want("a", 1)
    agenda.want("a", 50)
    clock.now += 1
    assert agenda.next() == "a"
    agenda.ended("a")
    clock.now += 200
    assert agenda.next() is None
    assert len(agenda) == 0
