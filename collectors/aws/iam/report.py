"""Getting the account's credential report: asked for early, fetched late.

AWS makes a new one at most every four hours and takes some seconds for it (IAM User Guide, "Getting credential reports
for your AWS account").
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from collectors.aws.answers import Answer, member
from collectors.aws.iam.credentials import Report, parse_report
from collectors.aws.iam.operations import GENERATE_CREDENTIAL_REPORT, GET_CREDENTIAL_REPORT
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known, Unread, UnreadReason

LASTS = timedelta(hours=4)
"""How old a report becomes before AWS makes another."""

PATIENCE = 60.0
"""Seconds to wait for a report that is being made; the next pass finds it ready."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_COMPLETE = "COMPLETE"


class CredentialReports:
    """The credential reports of one account, one pass after another. Safe for use by many threads.

    ``sleep`` waits for so many seconds, ``now`` returns the present, aware.
    """

    def __init__(
        self,
        account: AwsAccount,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._account = account
        self._sleep = sleep
        self._now = now
        self._lock = threading.Lock()
        self._fresh_until = datetime.min.replace(tzinfo=UTC)

    def order(self) -> Unread | None:
        """Ask for a report, unless the last one is still the newest that AWS gives; return why that was refused."""
        with self._lock:
            if self._now() < self._fresh_until:
                return None
        state = self._generate()
        return state if isinstance(state, Unread) else None

    def fetch(self, refused: Unread | None = None) -> Fact[Report]:
        """Return the report, waiting for it where it is being made.

        ``refused`` is what :meth:`order` returned: a report that somebody else asked for is there all the same.
        """
        waited, pause = 0.0, 0.0
        nothing: Fact[Report | None] = Known(None)
        while True:
            found = self._account.read(GET_CREDENTIAL_REPORT, self._account.home_region, _parsed, nothing=nothing)
            if isinstance(found, Known) and found.value is not None:
                self._keep(found.value)
                return Known(found.value)
            if isinstance(found, Unread):
                return found
            if refused is not None:
                return refused
            if waited >= PATIENCE:
                return Unread(
                    reason=UnreadReason.ERROR, operation=GET_CREDENTIAL_REPORT.uid, detail="report_in_progress"
                )
            state = self._generate()
            if isinstance(state, Unread):
                return state
            if pause or state != _COMPLETE:
                pause = min(_LONGEST_PAUSE, pause * 2 or _FIRST_PAUSE)
                self._sleep(pause)
                waited += pause
            else:
                # One that was there all the time is fetched at once, if it can be.
                pause = _FIRST_PAUSE / 2

    def knows(self, report: Report, moment: datetime) -> bool:
        """Whether a report is newer than this moment.

        A report that says it is older than AWS lets any become is taken for one of now.
        """
        generated = report.generated
        if generated is None or generated < self._now() - 2 * LASTS:
            return True
        return generated > moment

    def _keep(self, report: Report) -> None:
        generated = report.generated
        with self._lock:
            self._fresh_until = datetime.min.replace(tzinfo=UTC) if generated is None else generated + LASTS

    def _generate(self) -> str | Unread:
        state = self._account.read(GENERATE_CREDENTIAL_REPORT, self._account.home_region, _state)
        if isinstance(state, Known):
            return state.value
        return state if isinstance(state, Unread) else _COMPLETE


def _parsed(answer: Answer) -> Report | None:
    return parse_report(answer)


def _state(answer: Answer) -> str:
    return str(member(answer, "State"))
