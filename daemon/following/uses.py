"""Was it used: accesses to data from outside its owner's account, counted as the logs tell of them.

What judging is given of a count moves in steps: the first use, each further power of ten, each new account, each
new address while few are known, and each day. Every single read of a public bucket would else be a change of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec
from sqlalchemy import Connection

from collectors.model import Capability, LogEvent, Reach
from daemon.state import uses
from daemon.state.uses import UseRow

MOST_READERS = 20
"""Readers (account and address) that are kept of one count; further ones are only counted."""


READING = frozenset({Capability.READ, Capability.LIST})
"""Uses that only a log tells of that tells of reads."""


class Reader(msgspec.Struct, kw_only=True):
    """Who read: an account where that is told, an address, and how often."""

    account: str
    ip: str
    count: int


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A count as judging was last given it."""

    count: int
    first: datetime
    last: datetime
    readers: tuple[Reader, ...]

    @property
    def magnitude(self) -> int:
        """How many digits the count has: what it is shown in."""
        return len(str(self.count))


_SHOWN = msgspec.json.Decoder(Shown)
_READERS = msgspec.json.Decoder(list[Reader])


def told_of(connection: Connection, events: Iterable[LogEvent]) -> frozenset[str]:
    """Note of which resources a log tells that they were read, also where only their owners did, and how lately.

    A log that tells of writes alone, as a trail may be told to, says nothing of reads that it does not tell of.
    Return those that it told of for the first time. Nothing is counted here, and so the same events may come again.
    """
    found: dict[tuple[str, str], LogEvent] = {}
    for event in events:
        if event.use is None or event.use.reach is not Reach.PRIVATE or event.use.capability not in READING:
            continue
        key = event.use.resource, event.source
        if key not in found or found[key].time < event.time:
            found[key] = event
    if not found:
        return frozenset()
    rows = uses.load(connection, {uid for uid, _ in found})
    known = {(row.resource_uid, row.source): row for row in rows if row.reach == Reach.PRIVATE}
    new = {key: event for key, event in found.items() if key not in known}
    later = [
        msgspec.structs.replace(known[key], last=event.time)
        for key, event in found.items()
        if key in known and _day(event.time) > _day(known[key].last)
    ]
    uses.save(
        connection,
        [
            UseRow(
                resource_uid=uid,
                source=source,
                reach=Reach.PRIVATE.value,
                capability="",
                count=0,
                first=event.time,
                last=event.time,
                readers="[]",
            )
            for (uid, source), event in new.items()
        ]
        + later,
    )
    return frozenset(uid for uid, _ in new)


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def counts(event: LogEvent) -> bool:
    """Whether an event tells of a use from outside the owner's account."""
    return event.use is not None and event.use.reach is not Reach.PRIVATE


def count(connection: Connection, events: Iterable[LogEvent]) -> frozenset[str]:
    """Add uses to what is counted; return the uids of resources of which there is news for judging."""
    found = [event for event in events if counts(event)]
    rows = {row.key: row for row in uses.load(connection, {event.use.resource for event in found if event.use})}
    readers: dict[tuple[str, str, str, str], list[Reader]] = {}
    for event in found:
        use = event.use
        if use is None:
            continue
        key = (use.resource, event.source, use.reach.value, use.capability.value)
        row = rows.get(key)
        if key not in readers:
            readers[key] = [] if row is None else _READERS.decode(row.readers)
        _note(readers[key], use.account, event.actor.ip)
        if row is None:
            rows[key] = UseRow(
                resource_uid=use.resource,
                source=event.source,
                reach=use.reach.value,
                capability=use.capability.value,
                count=1,
                first=event.time,
                last=event.time,
                readers="[]",
            )
        else:
            rows[key] = msgspec.structs.replace(
                row, count=row.count + 1, first=min(row.first, event.time), last=max(row.last, event.time)
            )
    news = set()
    for key, mine in readers.items():
        row = msgspec.structs.replace(rows[key], readers=msgspec.json.encode(mine).decode())
        if _steps(row, mine):
            news.add(row.resource_uid)
            row = msgspec.structs.replace(row, shown=_show(row, mine))
        rows[key] = row
    uses.save(connection, [rows[key] for key in readers])
    return frozenset(news)


def _note(readers: list[Reader], account: str, ip: str) -> None:
    known = next((one for one in readers if one.account == account and one.ip == ip), None)
    if known is not None:
        known.count += 1
        return
    if len(readers) >= MOST_READERS:
        accounts = Counter(one.account for one in readers)
        repeated = [one for one in readers if accounts[one.account] > 1]
        if account in accounts or not repeated:
            return
        # Which accounts read tells more than one address more of an account.
        readers.remove(min(repeated, key=lambda one: one.count))
    readers.append(Reader(account=account, ip=ip, count=1))


def _steps(row: UseRow, readers: list[Reader]) -> bool:
    """Whether judging is to be given a count anew."""
    before = shown(row)
    return (
        before is None
        or len(str(row.count)) != before.magnitude
        or _day(row.last) != _day(before.last)
        or _day(row.first) != _day(before.first)
        or {(one.account, one.ip) for one in readers} != {(one.account, one.ip) for one in before.readers}
    )


def shown(row: UseRow) -> Shown | None:
    """Return what judging is given of a count, None where nothing yet."""
    return None if row.shown is None else _SHOWN.decode(row.shown)


def _show(row: UseRow, readers: list[Reader]) -> str:
    shown = Shown(count=row.count, first=row.first, last=row.last, readers=tuple(readers))
    return msgspec.json.encode(shown).decode()
