"""Telling of exceptions that nobody foresaw: each defect once with its traceback, afterwards how often it came."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from types import TracebackType

import msgspec
import structlog

log = structlog.get_logger(__name__)

AGAIN = timedelta(days=1)
"""How long a defect that still shows is not told of again."""

MOST_KNOWN = 1_000
"""Defects that are remembered; beyond them all are told of anew."""


class _Known(msgspec.Struct):
    told_at: datetime
    since: int = 0


class Crashes:
    """Remembers the defects of this process, by place, the exception's type and the line. Safe for many threads.

    One defect that shows in each of many records, or each time something is tried again, is one message a day.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._known: dict[tuple[str, str, str, int], _Known] = {}

    def tell(self, what: str, error: BaseException, now: datetime, *, place: str = "", **where: object) -> bool:
        """Log a crash unless that was done of late for this place; return whether it was. ``where`` is told with it."""
        key = (f"{what} {place}", type(error).__qualname__, *_line(error.__traceback__))
        with self._guard:
            known = self._known.get(key)
            if known is not None and now - known.told_at < AGAIN:
                known.since += 1
                return False
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = _Known(now)
        since = 0 if known is None else known.since
        log.error(what, **where, **({"not_told_since": since} if since else {}), exc_info=error)
        return True


def _line(traceback: TracebackType | None) -> tuple[str, int]:
    """Return file and line where an exception was raised."""
    if traceback is None:
        return "", 0
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
