"""One look at what an event touched: read again by the unit that reads it, judged, and the actor named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from collectors.model import Resource, Unread
from daemon.passes import Judging, PassRunner
from daemon.state import State, resources, scopes, touches
from daemon.state.touches import EVERY, Touch, names_of
from daemon.targets import Unit
from daemon.targets.naming import readers

SETTLED = timedelta(minutes=1)
"""How long before a whole read of its scope an event must have happened for that read to have seen what it did."""

FEW = 5
"""Of a name that is told only in part so many resources are read one by one; for more their units are read anew."""


class Outcome(StrEnum):
    """What a look came to.

    ``changed``: something is told of it. ``unchanged``: it was read, and nothing is. ``covered``: read since
    the event anyway. ``prompted``: its units are read anew. ``unread``: it could not be read just now.
    ``ignored``: nothing that is watched reads it.
    """

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    COVERED = "covered"
    PROMPTED = "prompted"
    UNREAD = "unread"
    IGNORED = "ignored"


class Looked(NamedTuple):
    """What a look came to, and when the newest event happened that led to it (None: no event did)."""

    outcome: Outcome
    newest: datetime | None


class Look:
    """Looks at one thing at a time; safe for use by many threads.

    ``units`` are those watched now, ``judging`` how they are judged now. ``prompt`` has a unit read anew soon.
    """

    def __init__(  # noqa: PLR0913 - what is known, what reads it, and by what it is judged
        self,
        state: State,
        passes: PassRunner,
        *,
        units: Callable[[], Sequence[Unit]],
        judging: Callable[[], Judging],
        prompt: Callable[[Unit], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._state = state
        self._passes = passes
        self._units = units
        self._judging = judging
        self._prompt = prompt
        self._clock = clock

    def at(self, uid: str) -> Looked:
        """Look at what a uid names, as events name it; raise StateUnavailableError where the state is out of reach.

        What could not be read stays to be looked at.
        """
        began = self._clock()
        with self._state.read() as connection:
            found = touches.pending_of(connection, uid)
        newest = max((one.at for one in found), default=None)
        outcome = self._whole(uid, found) if uid.endswith(EVERY) else self._single(uid, found)
        told = self._passes.attribute_from_logs(found)
        if outcome is not Outcome.UNREAD and found:
            with self._state.write() as connection:
                touches.looked(connection, uid, began, self._clock())
        return Looked(Outcome.CHANGED if told and outcome is not Outcome.UNREAD else outcome, newest)

    def _whole(self, uid: str, found: Sequence[Touch]) -> Outcome:
        beginning = uid.removesuffix(EVERY)
        accounts = {one.account for one in found}
        if not beginning.endswith((":", "/")):
            with self._state.read() as connection:
                named = resources.like(connection, beginning, "", FEW + 1)
            if 0 < len(named) <= FEW:
                return _worst([self._single(one, found) for one in named])
        units = {unit.key: unit for account in accounts for unit in readers(self._units(), uid, account)}
        with self._state.read() as connection:
            owning = resources.scopes_of(connection, beginning)
            keys = {status.scope.key for row, status in scopes.load_all(connection).items() if row in owning}
        units |= {unit.key: unit for unit in self._units() if unit.key in keys and unit.scope.account in accounts}
        behind = [unit for unit in units.values() if not self._covered(unit, found)]
        for unit in behind:
            self._prompt(unit)
        return Outcome.PROMPTED if behind else Outcome.COVERED if units else Outcome.IGNORED

    def _single(self, uid: str, found: Sequence[Touch]) -> Outcome:
        own_uid, owner = self._owner(uid)
        if owner is not None:
            candidates: Sequence[Unit] = [unit for unit in self._units() if unit.key == owner]
        else:
            accounts = {one.account for one in found}
            candidates = [unit for account in accounts for unit in readers(self._units(), uid, account)]
        if not candidates:
            return Outcome.IGNORED
        if found and all(self._covered(unit, found) for unit in candidates):
            return Outcome.COVERED
        outcomes = []
        for unit in candidates:
            read = unit.collector.refresh(unit.scope, own_uid)
            outcomes.append(self._bring_in(unit, own_uid, read))
            if isinstance(read, Resource):
                # It is this unit's; what others say of a name that they do not know says nothing.
                return outcomes[-1]
        return _worst(outcomes)

    def _bring_in(self, unit: Unit, uid: str, found: Resource | Unread | None) -> Outcome:
        if isinstance(found, Unread):
            return Outcome.UNREAD
        known_as = found.uid if isinstance(found, Resource) else uid
        told = self._passes.refresh(unit.scope, known_as, found, self._judging())
        return Outcome.CHANGED if told else Outcome.UNCHANGED

    def _owner(self, uid: str) -> tuple[str, str | None]:
        """Return a resource's own uid and the key of the scope that it belongs to, None where it is not known."""
        with self._state.read() as connection:
            heads = resources.heads(connection, [uid])
            if not heads and uid.count("/") == 1:
                head, _, last = uid.partition("/")
                named = resources.like(connection, f"{head}/", f"/{last}", FEW)
                uid = next((one for one in named if uid in names_of(one)), uid)
                heads = resources.heads(connection, [uid])
            if uid not in heads:
                return uid, None
            status = scopes.load_all(connection).get(heads[uid].scope_id)
        return uid, None if status is None else status.scope.key

    def _covered(self, unit: Unit, found: Sequence[Touch]) -> bool:
        """Whether the unit was read whole since these events."""
        status = self._state.scope(unit.key)
        if status is None or status.last_began is None or not found:
            return False
        return all(one.at + SETTLED < status.last_began for one in found)


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    order = (Outcome.UNREAD, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.COVERED, Outcome.IGNORED)
    return min(outcomes, key=order.index)
