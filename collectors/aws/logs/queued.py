"""Logs that lie in a bucket as files, found by the messages of a queue."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import msgspec
import structlog

from collectors.api import Delivery
from collectors.aws.logs.ahead import ahead
from collectors.aws.logs.batch import Batch, Bounds
from collectors.aws.logs.bucket import Fetched, LogBucket, LogUnreadError
from collectors.aws.logs.folders import Layout
from collectors.aws.logs.listed import Patience
from collectors.aws.logs.notifications import Put, UnknownMessageError, objects_put
from collectors.aws.logs.operations import (
    CHANGE_VISIBILITY,
    DELETE_MESSAGES,
    GET_OBJECT,
    GET_QUEUE_ATTRIBUTES,
    RECEIVE_MESSAGE,
)
from collectors.aws.logs.queue import HELD_FOR, Message, Queue
from collectors.aws.logs.seen import Seen
from collectors.aws.operations import Operation
from collectors.aws.session import VERIFIED_WITHIN, AwsAccount
from collectors.model import Provider, Unread, UnreadReason

log = structlog.get_logger(__name__)

VERSION = 1
MOST_REMEMBERED = 4_096
"""Files that are remembered as read: a message that comes again after so many others has its file read again."""

_MOST_BEGUN = 100
_MOST_ODD = 100
_LONGEST_PUT_OFF = 3600
_USUAL_SIZE = 1024 * 1024
_RETENTION = timedelta(days=14)
_WARN_AGAIN = 24 * 3600.0


class _Cursor(msgspec.Struct, omit_defaults=True):
    """``came`` is when the queue last told of a file of the log, or when it was first asked (seconds since 1970)."""

    version: int
    seen: bytes = b""
    begun: dict[str, int] = {}
    came: float = 0.0


class _Odd(msgspec.Struct):
    """Messages left for one reason: when they were warned of last, and how many were handed out since."""

    told_at: float
    messages: int = 0


class QueuedLog:
    """A log whose files a queue tells of. A base: ``layout`` and ``records`` say which log it is.

    A message is taken off the queue by :meth:`settle` alone. One whose file cannot be read, and one that
    cannot be understood, stays there and comes again; the queue's dead-letter policy says how often.
    Of ``patience`` only how long delivery takes and how long it may be silent matters here.
    """

    provider: ClassVar[Provider] = Provider.AWS
    operations: ClassVar[tuple[Operation, ...]] = (
        RECEIVE_MESSAGE,
        CHANGE_VISIBILITY,
        DELETE_MESSAGES,
        GET_QUEUE_ATTRIBUTES,
        GET_OBJECT,
    )

    def __init__(  # noqa: PLR0913 - where the log lies, and its limits by name
        self,
        account: AwsAccount,
        queue_url: str,
        bucket: str,
        layout: Layout,
        *,
        position: str,
        bounds: Bounds,
        patience: Patience,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.account = account
        self.queue = Queue(account, queue_url)
        self.bucket = LogBucket(account, bucket)
        self.layout = layout
        self.bounds = bounds
        self.patience = patience
        self._position = position
        self._clock = clock
        self._odd: dict[str, _Odd] = {}

    @property
    def position(self) -> str:
        """The name that the cursor is kept under."""
        return self._position

    def records(self, key: str, content: Fetched = None) -> Iterator[bytes]:
        """Yield the records of one file, of its content if that was fetched; raises LogUnreadError where that fails."""
        raise NotImplementedError

    def read(self, cursor: bytes | None) -> Iterator[Delivery | Unread]:
        """Stream what the queue has, until it has nothing more; left early, what was taken is handed back."""
        refusal = self.account.verify(within=VERIFIED_WITHIN)
        if refusal is not None:
            yield refusal
            return
        reading = _Reading(self, self._known(cursor), self._clock)
        try:
            yield from reading.deliveries()
        finally:
            reading.hand_back()

    def settle(self, delivery: Delivery) -> None:
        """Take the delivery's messages off the queue."""
        self.queue.delete(delivery.receipt)

    def left(self, message: Message, detail: str) -> None:
        """Warn of a message that is left on the queue: once a reason, and where that goes on once a day."""
        now = self._clock()
        odd = self._odd.get(detail)
        if odd is not None:
            odd.messages += 1
            if now - odd.told_at < _WARN_AGAIN:
                return
        since = {} if odd is None else {"handed_out_since": odd.messages}
        if len(self._odd) >= _MOST_ODD:
            self._odd.clear()
        self._odd[detail] = _Odd(now)
        log.warning(
            "a message is not understood and left on the queue, for its dead-letter policy to set aside",
            log=self.position,
            message=message.id,
            handed_out=message.handed_out,
            error=detail,
            **since,
        )

    def _known(self, cursor: bytes | None) -> _Cursor:
        if cursor is not None:
            try:
                known = msgspec.json.decode(cursor, type=_Cursor)
            except (msgspec.DecodeError, UnicodeDecodeError):
                known = _Cursor(0)
            if known.version == VERSION:
                return known
            log.warning("what was read from a queue is forgotten: its record cannot be read", log=self.position)
        return _Cursor(VERSION)


def _told(message: Message) -> tuple[Put, ...] | UnknownMessageError:
    try:
        return objects_put(message.body)
    except UnknownMessageError as error:
        return error


class _Reading:
    """Emptying the queue once."""

    def __init__(self, source: QueuedLog, known: _Cursor, clock: Callable[[], float]) -> None:
        self._source = source
        self._clock = clock
        self._seen = Seen(known.seen, most=MOST_REMEMBERED)
        self._seen.forget_before(clock() - _RETENTION.total_seconds())
        self._begun = dict(known.begun)
        self._came = known.came or clock()
        self._batch = Batch(source.bounds)
        self._taken: dict[str, Message] = {}
        self._done: list[str] = []
        self._held_until = 0.0
        self._failed: set[str] = set()
        self._contents: Iterator[tuple[str, Fetched]] = iter(())

    def deliveries(self) -> Iterator[Delivery | Unread]:
        while True:
            asked = self._clock()
            taken = self._source.queue.take()
            if isinstance(taken, Unread):
                yield taken
                return
            messages = taken.value
            if not messages:
                yield self._delivery(None if self._failed else self._reached(asked))
                return
            fresh = [message for message in messages if message.id not in self._failed]
            self._held_until = self._clock() + HELD_FOR
            self._taken = {message.handle: message for message in fresh}
            told = [(message, _told(message)) for message in fresh]
            stopped: Unread | None = None
            try:
                with closing(self._fetched(put for _, put in told)) as self._contents:
                    for message, put in told:
                        yield from self._message(message, put)
            except LogUnreadError as error:
                stopped = error.unread
                for message in list(self._taken.values()):
                    self._put_off(message)
            if self._done or not fresh:
                yield self._delivery()
            if stopped is not None:
                yield stopped
            if stopped is not None or not fresh:
                return

    def _reached(self, asked: float) -> datetime:
        """Return up to when everything was told: a queue that tells of no file for long may be told of none."""
        patience = self._source.patience
        delivered = asked - patience.delivered_within.total_seconds()
        return datetime.fromtimestamp(min(delivered, self._came + patience.silence.total_seconds()), UTC)

    def hand_back(self) -> None:
        """Let others have at once what was taken and not dealt with."""
        if self._taken:
            self._source.queue.hold(self._taken, 0)
            self._taken = {}

    def _delivery(self, until: datetime | None = None) -> Delivery:
        done, self._done = tuple(self._done), []
        for key in list(self._begun)[:-_MOST_BEGUN]:
            del self._begun[key]
        cursor = msgspec.json.encode(_Cursor(VERSION, self._seen.packed(), self._begun, self._came))
        return Delivery(records=self._batch.take(), cursor=cursor, until=until, receipt=done)

    def _fetched(self, told: Iterable[tuple[Put, ...] | UnknownMessageError]) -> Generator[tuple[str, Fetched]]:
        """Fetch the files of several messages, some before it is their turn."""
        keys = [put.key for puts in told if isinstance(puts, tuple) for put in puts if self._is_new(put)]
        yield from ahead(dict.fromkeys(keys), self._source.bucket.fetch, lambda _: _USUAL_SIZE)

    def _is_new(self, put: Put) -> bool:
        ours = put.bucket == self._source.bucket.name and self._source.layout.wanted(put.key)
        return ours and put.key not in self._seen

    def _message(self, message: Message, put: tuple[Put, ...] | UnknownMessageError) -> Iterator[Delivery | Unread]:
        if isinstance(put, UnknownMessageError):
            yield self._left(message, UnreadReason.MALFORMED, str(put))
            return
        strange = sorted({one.bucket for one in put} - {self._source.bucket.name})
        if strange:
            yield self._left(message, UnreadReason.UNSUPPORTED, f"about bucket {strange[0]}")
            return
        whole = True
        for one in put:
            if self._is_new(one):
                yield from self._file(one.key)
                whole = whole and one.key in self._seen
            elif self._source.layout.elsewhere(one.key):
                self._left_out(one.key)
        if whole:
            del self._taken[message.handle]
            self._done.append(message.handle)
        else:
            self._put_off(message)

    def _put_off(self, message: Message) -> None:
        """Leave a message for later, the longer the more often it came: a dead-letter policy counts how often."""
        del self._taken[message.handle]
        self._failed.add(message.id)
        self._source.queue.hold([message.handle], min(_LONGEST_PUT_OFF, 60 * 2 ** min(message.handed_out, 10)))

    def _content(self, key: str) -> Fetched:
        """Return a file's content; None for one that was fetched already, for a message before."""
        return next((content for fetched, content in self._contents if fetched == key), None)

    def _file(self, key: str) -> Iterator[Delivery | Unread]:
        """Read a file from where it was left; only one that is read to its end is remembered as read."""
        done = self._begun.get(key, 0)
        try:
            for number, record in enumerate(self._source.records(key, self._content(key)), 1):
                if number <= done:
                    continue
                if not self._batch.fits(record):
                    yield self._delivery()
                    self._hold()
                self._batch.add(record)
                self._begun[key] = number
            self._hold()
        except LogUnreadError as error:
            if error.general:
                raise
            if not error.gone:
                yield error.unread
                return
            log.warning("a log file was deleted before it was read", log=self._source.position, file=key)
            yield error.unread
        self._begun.pop(key, None)
        self._came = self._clock()
        self._seen.add(key, self._came)

    def _hold(self) -> None:
        """Ask for more time where half of it is used up."""
        now = self._clock()
        if now > self._held_until - HELD_FOR / 2:
            self._source.queue.hold([*self._taken, *self._done])
            self._held_until = now + HELD_FOR

    def _left_out(self, key: str) -> None:
        if self._source.account.changed(f"told of other prefixes: {self._source.position}", to=True):
            log.warning(
                "a queue tells of log files outside the configured prefix; they are not read",
                log=self._source.position,
                file=key,
            )

    def _left(self, message: Message, reason: UnreadReason, detail: str) -> Unread:
        """Leave a message for the queue's dead-letter policy, and say so."""
        self._put_off(message)
        self._source.left(message, detail)
        where = f"{self._source.queue.url}: message {message.id} {detail}"
        return Unread(reason=reason, operation=RECEIVE_MESSAGE.uid, detail=where)
