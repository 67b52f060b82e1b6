"""CloudTrail's event history of one account and region, asked for by LookupEvents.

Source: "LookupEvents" in the AWS CloudTrail API Reference: management events of the last 90 days, newest first,
at most 50 a call and two calls a second in each region.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec
import structlog

from collectors.api import Delivery, Permission
from collectors.aws.answers import Answer, member
from collectors.aws.logs.batch import Batch, Bounds
from collectors.aws.logs.operations import LOOKUP_EVENTS
from collectors.aws.logs.seen import Seen
from collectors.aws.operations import Attempt, Operation, permissions
from collectors.aws.session import VERIFIED_WITHIN, AwsAccount
from collectors.model import Fact, Known, Provider, Unread, UnreadReason

log = structlog.get_logger(__name__)

VERSION = 1
HISTORY = timedelta(days=90)
MOST_REMEMBERED = 50_000
"""Events that are remembered as told: more of them in one window may be told twice, none is skipped."""

_A_PAGE = 50
_SWEEP_PAGES = 100
_WRITTEN_EVERY = 600.0


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    """The spans of time that are asked for.

    ``since``: how far back it begins when first watched. ``overlap``: how much of what was asked for already
    is asked for again, since events arrive late. ``longest``: the longest span asked for at once; what is
    further behind is asked for span by span, the oldest first. ``delivered_within``: how long after an event
    the history has it, as a rule. ``sweep``: how far back is asked again every ``sweep_every`` for what came
    later than that; in a region where so much happens only as far as a hundred pages reach.
    """

    since: timedelta = timedelta(hours=1)
    overlap: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(minutes=30)
    delivered_within: timedelta = timedelta(minutes=15)
    sweep: timedelta = timedelta(hours=6)
    sweep_every: timedelta = timedelta(minutes=30)


class _Cursor(msgspec.Struct, omit_defaults=True):
    """``seen`` has every event told that happened since ``known_from``; ``swept`` is when that was gone through last.

    Zero where an older version wrote the cursor, which knows the overlap alone.
    """

    version: int
    told: float
    seen: bytes = b""
    swept: float = 0.0
    known_from: float = 0.0


class _Event(msgspec.Struct, frozen=True):
    """``record`` is empty where the history has none for the event."""

    id: str
    at: float
    record: bytes


class CloudTrailLookup:
    """The event history of one region of an account. Events of global services are in ``us-east-1`` alone.

    Data events are not in it, and it is slow: a trail is better for any account that has one.
    """

    uid: ClassVar[str] = "aws.cloudtrail"
    provider: ClassVar[Provider] = Provider.AWS
    operations: ClassVar[tuple[Operation, ...]] = (LOOKUP_EVENTS,)
    permissions: ClassVar[tuple[Permission, ...]] = permissions(operations)

    def __init__(  # noqa: PLR0913 - where the log lies, and its limits by name
        self,
        account: AwsAccount,
        region: str,
        *,
        target: str = "",
        windows: Windows | None = None,
        bounds: Bounds | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.account = account
        self.region = region
        self.windows = windows or Windows()
        self.bounds = bounds or Bounds()
        self._target = target
        self._clock = clock

    @property
    def position(self) -> str:
        """The name that the cursor is kept under."""
        return f"{self._target}/{self.uid}/lookup/{self.account.account_id}/{self.region}"

    def needs(self) -> tuple[Permission, ...]:
        """Return the permissions that this source needs: the action knows no resources."""
        return self.permissions

    def attempts(self) -> Iterator[Attempt]:
        """Yield the one call there is, for trying the permission."""
        yield Attempt(operation=LOOKUP_EVENTS, region=self.region, parameters={"MaxResults": 1})

    def read(self, cursor: bytes | None) -> Iterator[Delivery | Unread]:
        """Stream the events since; the last delivery, perhaps an empty one, has the moment reached.

        Within a span events come newest first. A call that fails ends the reading, and the span is asked for
        again next time: what was told of it is remembered.
        """
        refusal = self.account.verify(within=VERIFIED_WITHIN)
        if refusal is not None:
            yield refusal
            return
        now = self._clock()
        yield from _Reading(self, self._known(cursor, now), cursor, now).deliveries()

    def settle(self, delivery: Delivery) -> None:
        """Do nothing: the history stays where it is."""

    def page(self, start: float, end: float, token: str) -> tuple[tuple[_Event, ...], str] | Unread:
        """Ask for a page of events from ``start`` to ``end`` (seconds since 1970) and the next page's token."""
        parameters: dict[str, Any] = {"NextToken": token} if token else {}
        found: Fact[tuple[tuple[_Event, ...], str]] = self.account.read(
            LOOKUP_EVENTS,
            self.region,
            _page,
            StartTime=datetime.fromtimestamp(start, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            MaxResults=_A_PAGE,
            **parameters,
        )
        if isinstance(found, Known):
            return found.value
        if not isinstance(found, Unread):
            return (), ""
        return msgspec.structs.replace(found, detail=f"{self.region}: {found.detail}")

    def _known(self, cursor: bytes | None, now: float) -> _Cursor:
        if cursor is not None:
            try:
                known = msgspec.json.decode(cursor, type=_Cursor)
            except (msgspec.DecodeError, UnicodeDecodeError):
                known = _Cursor(0, 0.0)
            if known.version == VERSION:
                return known
            log.warning(
                "the position in a log cannot be read and is set anew; what happened before is not read",
                log=self.position,
                since=str(self.windows.since),
            )
        began = now - self.windows.since.total_seconds()
        return _Cursor(VERSION, began, swept=now, known_from=began)


class _Reading:
    """Asking for everything since the cursor once."""

    def __init__(self, source: CloudTrailLookup, known: _Cursor, cursor: bytes | None, now: float) -> None:
        self._source = source
        self._windows = source.windows
        self._given = cursor
        self._now = now
        self._told = min(known.told, now)
        self._written = known.told
        self._seen = Seen(known.seen, most=MOST_REMEMBERED)
        self._batch = Batch(source.bounds)
        self._swept = known.swept
        self._known_from = known.known_from or known.told - source.windows.overlap.total_seconds()
        self._news = False

    def deliveries(self) -> Iterator[Delivery | Unread]:
        oldest = self._now - HISTORY.total_seconds()
        if self._told < oldest:
            yield self._lost(oldest)
            self._told = oldest
        while self._told < self._now:
            end = min(self._now, self._told + self._windows.longest.total_seconds())
            start = max(oldest, self._told - self._windows.overlap.total_seconds())
            token = ""
            while True:
                page = self._source.page(start, end, token)
                if isinstance(page, Unread):
                    yield self._delivery()
                    yield page
                    return
                events, token = page
                yield from self._events(events)
                if not token:
                    break
            self._told = end
            self._forget_before(end - self._windows.sweep.total_seconds())
        if self._now - self._swept >= self._windows.sweep_every.total_seconds():
            yield from self._late()
            if self._swept != self._now:
                return
        reached = self._now - self._windows.delivered_within.total_seconds()
        yield self._delivery(datetime.fromtimestamp(reached, UTC))

    def _late(self) -> Iterator[Delivery | Unread]:
        """Ask again for what was asked for long ago, the newest first, for events that came late."""
        end = self._told - self._windows.overlap.total_seconds()
        token = ""
        for _ in range(_SWEEP_PAGES if self._known_from < end else 0):
            page = self._source.page(self._known_from, end, token)
            if isinstance(page, Unread):
                yield self._delivery()
                yield page
                return
            events, token = page
            yield from self._events(events)
            end = min((event.at for event in events), default=end)
            if not token:
                break
        if token:
            # What is older is not asked for any more: that would take longer than it happens.
            self._forget_before(end + 1)
        self._swept = self._now
        self._news = True

    def _forget_before(self, moment: float) -> None:
        if moment > self._known_from:
            self._known_from = moment
            self._seen.forget_before(int(moment))

    def _events(self, events: tuple[_Event, ...]) -> Iterator[Delivery | Unread]:
        for event in events:
            if event.id in self._seen:
                continue
            if not event.record:
                self._seen.add(event.id, event.at)
                where = f"{self._source.region}: event {event.id} without its record"
                yield Unread(reason=UnreadReason.MALFORMED, operation=LOOKUP_EVENTS.uid, detail=where)
                continue
            if not self._batch.fits(event.record):
                yield self._delivery()
            self._batch.add(event.record)
            self._seen.add(event.id, event.at)
            self._news = True

    def _delivery(self, until: datetime | None = None) -> Delivery:
        if self._given is not None and not self._news and self._told - self._written < _WRITTEN_EVERY:
            # A history in which nothing happens needs no new position each time it is asked.
            return Delivery(records=(), cursor=self._given, until=until)
        cursor = msgspec.json.encode(_Cursor(VERSION, self._told, self._seen.packed(), self._swept, self._known_from))
        return Delivery(records=self._batch.take(), cursor=cursor, until=until)

    def _lost(self, oldest: float) -> Unread:
        log.error(
            "events are lost: the event history does not go back to where they were read last",
            log=self._source.position,
            from_=datetime.fromtimestamp(self._told, UTC).isoformat(),
            to=datetime.fromtimestamp(oldest, UTC).isoformat(),
        )
        return Unread(
            reason=UnreadReason.ERROR,
            operation=LOOKUP_EVENTS.uid,
            detail=f"{self._source.region}: not read for more than {HISTORY.days} days, older events are lost",
        )


def _page(answer: Answer) -> tuple[tuple[_Event, ...], str]:
    return tuple(_event(event) for event in member(answer, "Events")), str(answer.get("NextToken") or "")


def _event(event: Answer) -> _Event:
    record = event.get("CloudTrailEvent")
    content = record.encode() if isinstance(record, str) else b""
    return _Event(str(member(event, "EventId")), member(event, "EventTime").timestamp(), content)
