"""What the fast path missed: drifts that a poll found though a followed log should have told of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog

from daemon.model import FindPath, Transition
from daemon.passes.attribution import somebody_did
from daemon.state import ScopeStatus, State, touches, transitions
from daemon.state.logs import LogStatus

log = structlog.get_logger(__name__)

TELLING = frozenset({"aws.cloudtrail", "azure.activitylogs", "azure.auditlogs", "gcp.audit"})
"""Logs that tell of changes. Access logs do not."""

MARGIN = timedelta(minutes=2)
"""How much longer a log is waited for than it says, so that what it told has been looked at."""

UNSURE = timedelta(hours=1)
"""How far behind a log is taken to be whose source cannot say so: CloudTrail delivers within about 15 minutes."""

GIVEN_UP = timedelta(hours=24)
"""How long a drift waits for a log that does not come forward; it is then not known whether it was missed."""

_POSITION = "reconcile"
PAGE = 500
_OWN = "coverage."


class _Held(msgspec.Struct, frozen=True):
    """Where the history of an account is gone on with: after ``at`` and ``uid``, once its log told ``waits_for``."""

    at: datetime
    uid: str
    waits_for: datetime


class _Place(msgspec.Struct, omit_defaults=True):
    """How far the history was gone through, and the accounts that are behind since their logs are."""

    at: datetime
    uid: str
    held: dict[str, _Held] = {}


class MissTally(Protocol):
    """Counts what was missed: the metrics of the daemon."""

    def missed(self, provider: str, account: str) -> None:
        """Count one drift that a followed log should have told of and did not."""


class Reconcile:
    """Goes through the history of findings, each transition once, as soon as the logs have told its time."""

    def __init__(self, state: State, tally: MissTally, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._tally = tally
        self._clock = clock

    def count(self, followed: Iterable[LogStatus]) -> int:
        """Count what was missed since the last time; return how much. ``followed`` are the logs as they stand."""
        telling = [one for one in followed if one.source in TELLING]
        place = self._place()
        if place is None or not telling:
            return 0
        with self._state.read() as connection:
            told = touches.accounts(connection)
        estate = _Estate(telling, told, self._state.scopes())
        return _Round(self, place, estate).go_through()

    def page(self, after: tuple[datetime, str]) -> list[Transition]:
        """Return the next transitions of the history, a full page while there are more."""
        with self._state.read() as connection:
            return transitions.page(connection, after[0], after, PAGE)

    def now(self) -> datetime:
        """Return the time."""
        return self._clock()

    def _place(self) -> _Place | None:
        stored = self._state.cursors.get(_POSITION)
        if stored is not None:
            return msgspec.json.decode(stored, type=_Place)
        self.keep(_Place(self._clock(), ""))
        return None

    def keep(self, place: _Place) -> None:
        """Remember how far the history was gone through."""
        encoded = msgspec.json.encode(place)
        if self._state.cursors.get(_POSITION) == encoded:
            return
        with self._state.write() as connection:
            self._state.cursors.set(connection, _POSITION, encoded, self._clock())

    def missed(self, made: Transition, logs: Iterable[LogStatus]) -> bool:
        """Count a transition if the logs of its account, which have told its time, should have told of it."""
        followed = any(made.seen_before is not None and one.since <= made.seen_before for one in logs)
        judgement = made.judgement
        if made.path is not FindPath.POLL or not followed or not somebody_did(made):
            return False
        if judgement.detector.startswith(_OWN):
            return False
        self._tally.missed(judgement.provider.value, judgement.account)
        log.warning(
            "a poll found what a followed log should have told; does the trail cover this account and region?",
            resource=judgement.resource.uid,
            detector=judgement.detector,
            account=judgement.account,
            region=judgement.region,
        )
        return True


class _Estate:
    """Which logs tell of which accounts."""

    def __init__(self, telling: Iterable[LogStatus], told: Collection[str], scopes: Iterable[ScopeStatus]) -> None:
        self._telling = tuple(telling)
        self._told = told
        self._targets: dict[tuple[str, str], set[str]] = {}
        for status in scopes:
            key = (status.scope.provider.value, status.scope.account)
            self._targets.setdefault(key, set()).add(status.scope.target)
        self._logs: dict[tuple[str, str], tuple[LogStatus, ...]] = {}

    def logs(self, provider: str, account: str) -> tuple[LogStatus, ...]:
        """Return the logs that tell of an account, as far as is known.

        Where its events were told before, any log may be the one; else those that are read as this account's own, or
        without any those of its targets: one that covers no more than another account is what is to be noticed.
        """
        key = (provider, account)
        if key not in self._logs:
            self._logs[key] = tuple(self._found(provider, account))
        return self._logs[key]

    def horizon(self, provider: str, account: str) -> datetime | None:
        """Return up to when the account's logs have told everything, None where none is followed."""
        mine = self.logs(provider, account)
        if not mine:
            return None
        return min(one.read_at - UNSURE if one.until is None else one.until for one in mine) - MARGIN

    def _found(self, provider: str, account: str) -> list[LogStatus]:
        able = [one for one in self._telling if one.provider == provider]
        if account in self._told:
            return able
        own = [one for one in able if one.account == account]
        targets = self._targets.get((provider, account), set())
        return own or [one for one in able if one.target in targets]


class _Round:
    """Going on through the history once; an account whose logs are behind holds up no other."""

    def __init__(self, reconcile: Reconcile, place: _Place, estate: _Estate) -> None:
        self._reconcile = reconcile
        self._estate = estate
        self._place = place
        self._now = reconcile.now()
        self._still = {key: held for key, held in place.held.items() if self._waits(*_parted(key), held.waits_for)}
        self._free = {key: (held.at, held.uid) for key, held in place.held.items() if key not in self._still}

    def go_through(self) -> int:
        """Count and keep the place; return how much was missed."""
        reached = (self._place.at, self._place.uid)
        at = min([reached, *self._free.values()])
        missed = 0
        while True:
            page = self._reconcile.page(at)
            for made in page:
                missed += self._deal_with(made, at, reached)
                at = (made.at, made.uid)
            if len(page) < PAGE:
                break
        at = max(at, reached)
        self._reconcile.keep(_Place(*at, self._still))
        return missed

    def _deal_with(self, made: Transition, before: tuple[datetime, str], reached: tuple[datetime, str]) -> bool:
        provider, account = made.judgement.provider.value, made.judgement.account
        key = f"{provider}/{account}"
        if key in self._still or (made.at, made.uid) <= self._free.get(key, reached):
            return False
        if self._waits(provider, account, made.at):
            self._still[key] = _Held(*before, made.at)
            return False
        horizon = self._estate.horizon(provider, account)
        return (
            horizon is not None
            and horizon >= made.at
            and self._reconcile.missed(made, self._estate.logs(provider, account))
        )

    def _waits(self, provider: str, account: str, moment: datetime) -> bool:
        """Whether the logs of an account may still tell of this moment."""
        horizon = self._estate.horizon(provider, account)
        return horizon is not None and horizon < moment and self._now - moment < GIVEN_UP


def _parted(key: str) -> tuple[str, str]:
    provider, _, account = key.partition("/")
    return provider, account
