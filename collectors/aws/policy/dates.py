"""Conditions on the time of a request that can never turn out otherwise again, because time has passed them.

Source: IAM User Guide, date condition operators and the global keys aws:CurrentTime and aws:EpochTime. What lies in the
future settles nothing: it is judged again when the policy is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

CURRENT_TIME, EPOCH_TIME = "aws:currenttime", "aws:epochtime"
NAMES = frozenset({CURRENT_TIME, EPOCH_TIME})
"""The condition keys (in lower case) that hold the time of the request."""

_OVER = frozenset({"equals", "lessthan", "lessthanequals"})
_SINCE = frozenset({"notequals", "greaterthan", "greaterthanequals"})
_KINDS = ("date", "numeric")


def settled(operator: str, key: str, values: Sequence[str], now: datetime) -> bool | None:
    """Return whether a condition holds for every request from ``now`` on (True), or for none (False).

    None where that hangs on when the request is sent, or cannot be told. ``operator`` and ``key`` are in lower case,
    the operator without its qualifiers; ``values`` as written: dates of ISO 8601, or seconds since 1970.
    """
    kind = next((kind for kind in _KINDS if operator.startswith(kind)), "")
    moments = [_moment(value) for value in values]
    if key not in NAMES or not kind or not moments:
        return None
    comparison = operator.removeprefix(kind)
    past = [moment is not None and moment < now for moment in moments]
    if comparison in _OVER and all(past):
        return False
    # Several values of a negated operator must all differ; of any other, one that fits will do.
    if comparison in _SINCE and (all(past) if comparison == "notequals" else any(past)):
        return True
    return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromtimestamp(float(text), UTC) if _is_number(text) else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
