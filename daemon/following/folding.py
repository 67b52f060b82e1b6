"""What logs tell of the use of data, put into the resources it was the data of before they are judged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from collectors.model import Accesses, Bucket, Capability, DataUse, Fact, Known, Reach, Reader, Resource, Scope
from collectors.model.use import use_fact
from daemon.following.uses import READING, Shown, shown
from daemon.state import State, uses
from daemon.state.uses import UseRow
from daemon.targets import LogUnit

_ACCESS_LOGS = frozenset({"aws.s3access", "azure.storage"})
"""Logs that are about uses of data; a trail tells of them only where it is told to, and is counted once it did."""


SILENT_AFTER = timedelta(days=7)
"""How long after the last read that a log told of it is said that it has been silent. S3 delivers within hours."""


class Folding:
    """Fills in the use of storage. ``followed`` returns the logs that are followed now."""

    def __init__(
        self,
        state: State,
        followed: Callable[[], Iterable[LogUnit]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._state = state
        self._followed = followed
        self._clock = clock

    def __call__(self, scope: Scope, found: Sequence[Resource]) -> list[Resource]:
        """Return the resources, those that hold data with what is known of its use."""
        sources = {unit.source.uid for unit in self._followed() if _tells_of(unit, scope)}
        holding = [one.uid for one in found if isinstance(one, Bucket)]
        if not sources or not holding:
            return list(found)
        with self._state.read() as connection:
            rows = uses.load(connection, holding)
        now = self._clock()
        counted: dict[str, list[UseRow]] = {}
        for row in rows:
            if row.source in sources:
                counted.setdefault(row.resource_uid, []).append(row)
        return [
            msgspec.structs.replace(one, use=_use(one, counted.get(one.uid, ()), sources, now))
            if isinstance(one, Bucket)
            else one
            for one in found
        ]


def _tells_of(unit: LogUnit, scope: Scope) -> bool:
    """Whether a log may be about the resources of a scope: of its target, or read in its account."""
    same_cloud = unit.source.provider is scope.provider
    return same_cloud and (unit.target == scope.target or unit.account == scope.account)


def _use(bucket: Bucket, rows: Collection[UseRow], followed: Collection[str], now: datetime) -> Fact[DataUse]:
    told = {row.source for row in rows if _told_until(row) is not None}
    off = isinstance(bucket.access_logging, Known) and not bucket.access_logging.value.enabled
    if off:
        told -= _ACCESS_LOGS
    until = max((at for row in rows if row.source in told and (at := _told_until(row)) is not None), default=None)
    return use_fact(
        _accesses(row for row in rows if not _by_owner(row, bucket.account)),
        logs={source for source in followed if source in _ACCESS_LOGS or source in told},
        told=bool(told),
        logging_off=off,
        told_until=until,
        silent=until is not None and now - until > SILENT_AFTER,
    )


def _told_until(row: UseRow) -> datetime | None:
    """Return when the last read was that a row tells of, as far as it is shown; None for one that tells of none."""
    if row.reach == Reach.PRIVATE:
        return row.last
    one = shown(row)
    return one.last if one is not None and row.capability in READING else None


def _by_owner(row: UseRow, owner: str) -> bool:
    """Whether all of whom it was not known whose they are turn out to be the owner's own, now that it is known."""
    one = shown(row)
    if one is None or row.reach != Reach.UNKNOWN:
        return False
    return all(reader.account == owner for reader in one.readers) and one.count == sum(
        reader.count for reader in one.readers
    )


def _accesses(rows: Iterable[UseRow]) -> Iterator[Accesses]:
    """Return the uses of each reach and capability; two logs tell of the same ones, so that the fuller one counts."""
    together: dict[tuple[str, str], list[Shown]] = {}
    for row in rows:
        one = shown(row)
        if one is not None:
            together.setdefault((row.reach, row.capability), []).append(one)
    for (reach, capability), several in together.items():
        yield Accesses(
            reach=Reach(reach),
            capability=Capability(capability),
            count=max(one.count for one in several),
            first=min(one.first for one in several),
            last=max(one.last for one in several),
            readers=tuple(Reader(account=reader.account, ip=reader.ip) for one in several for reader in one.readers),
        )
