"""What the fast path missed: drifts that a poll found though a followed log should have told of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog

from daemon.model import FindPath, Transition
from daemon.passes.attribution import somebody_did
from daemon.state import State, touches, transitions
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
_PAGE = 500
_OWN = "coverage."


class _Place(msgspec.Struct, frozen=True):
    at: datetime
    uid: str


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
        missed = 0
        while place is not None and telling:
            with self._state.read() as connection:
                page = transitions.page(connection, place.at, (place.at, place.uid), _PAGE)
                accounts = touches.accounts(connection)
            for made in page:
                horizon = self._horizon(made, telling, accounts)
                if horizon is not None and horizon < made.at and self._clock() - made.at < GIVEN_UP:
                    self._keep(place)
                    return missed
                if horizon is not None and horizon >= made.at and self._missed(made, telling):
                    missed += 1
                place = _Place(made.at, made.uid)
            if page:
                self._keep(place)
            if len(page) < _PAGE:
                break
        return missed

    def _place(self) -> _Place | None:
        stored = self._state.cursors.get(_POSITION)
        if stored is not None:
            return msgspec.json.decode(stored, type=_Place)
        self._keep(_Place(self._clock(), ""))
        return None

    def _keep(self, place: _Place) -> None:
        encoded = msgspec.json.encode(place)
        if self._state.cursors.get(_POSITION) == encoded:
            return
        with self._state.write() as connection:
            self._state.cursors.set(connection, _POSITION, encoded, self._clock())

    def _horizon(self, made: Transition, telling: Iterable[LogStatus], accounts: Collection[str]) -> datetime | None:
        """Return up to when the account's logs have told everything, None where none is followed."""
        account = made.judgement.account
        mine = [one for one in telling if one.provider == made.judgement.provider.value]
        if account not in accounts:
            mine = [one for one in mine if one.account == account]
        if not mine:
            return None
        return min(one.read_at - UNSURE if one.until is None else one.until for one in mine) - MARGIN

    def _missed(self, made: Transition, telling: Iterable[LogStatus]) -> bool:
        followed = any(made.seen_before is not None and one.since <= made.seen_before for one in telling)
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
