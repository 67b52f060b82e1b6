"""Whether data was used by others than its owner, as far as logs tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from collectors.model.facts import Fact, Known, NotNeeded, Unread, UnreadReason
from collectors.model.grants import Capability, Reach

NOT_FOLLOWED = "access_not_followed"
LOGGING_OFF = "access_logging_off"
NOT_DELIVERED = "access_log_not_delivered"
MOST_READERS = 20


class Reader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, order=True):
    """Somebody who used the data: the account where it is told, the address where there is one."""

    account: str = ""
    ip: str = ""


class Accesses(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The uses of one reach and capability, all of which succeeded.

    There were at least ``count``, the earliest known at ``first`` and the latest at ``last`` (UTC): logs tell
    late, repeat themselves, and a count is only told anew when it has grown much, somebody new came, or a day has
    passed. ``readers`` are the first of them, at most 20.
    """

    reach: Reach
    capability: Capability
    count: int
    first: datetime
    last: datetime
    readers: tuple[Reader, ...] = ()


class DataUse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The uses of a resource's data from outside its account. None at all means: none was logged.

    ``logs`` are the names of the logs that tell of it (``aws.s3access``). ``told_until`` is the latest read, of the
    owner too, that they told of (UTC, within a day); ``silent`` says that this is long ago.
    """

    accesses: tuple[Accesses, ...] = ()
    logs: tuple[str, ...] = ()
    told_until: datetime | None = None
    silent: bool = False


def use_fact(  # noqa: PLR0913 - what was counted, and by name what is known of the logs
    accesses: Iterable[Accesses],
    *,
    logs: Iterable[str],
    told: bool,
    logging_off: bool = False,
    told_until: datetime | None = None,
    silent: bool = False,
) -> Fact[DataUse]:
    """Return what is known of the use of a resource.

    ``logs`` are the followed logs that can tell of this resource; ``told`` whether any of them has told of
    reading it, its owner's own reads included; ``logging_off`` whether the resource is known to log no access. What
    was not told is never "not used": then the fact has no value, and says why. For ``told_until`` and ``silent`` see
    :class:`DataUse`.
    """
    counted = tuple(sorted(map(stable, accesses), key=lambda one: (one.reach, one.capability)))
    followed = tuple(sorted(set(logs)))
    if counted or (told and followed):
        return Known(DataUse(accesses=counted, logs=followed, told_until=told_until, silent=silent))
    if not followed:
        return NotNeeded(NOT_FOLLOWED)
    return Unread(
        reason=UnreadReason.NOT_TOLD,
        operation="access logs",
        detail=LOGGING_OFF if logging_off else NOT_DELIVERED,
    )


def stable(accesses: Accesses) -> Accesses:
    """Return uses as they may be part of a resource: counted in powers of ten, with few readers, in order.

    Each single read would otherwise change the resource. ``first`` and ``last`` should move with the count, the
    readers and the day alone.
    """
    readers = tuple(sorted(set(accesses.readers)))[:MOST_READERS]
    return msgspec.structs.replace(accesses, count=magnitude(accesses.count), readers=readers)


def magnitude(count: int) -> int:
    """Return the power of ten that a count has reached; 0 for none."""
    return 0 if count < 1 else 10 ** (len(str(count)) - 1)
