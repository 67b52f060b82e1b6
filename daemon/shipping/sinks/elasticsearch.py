"""Documents to Elasticsearch data streams, each exactly once as far as the cluster can tell.

Ids are unique within one backing index only, so what may have been stored already (an unanswered
request, an earlier process) is looked up across the whole data stream before it is sent again: a
rollover in between then makes no duplicate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from daemon.model import Dataset
from daemon.shipping.sinks.access import Access, ClusterError
from daemon.shipping.sinks.answers import NOT_FOUND, OVERLOADED, TOO_LARGE, in_doubt, outcomes
from daemon.shipping.sinks.base import Delivered, Outcome, Problem, Rejected, Retry
from daemon.state import OutboxItem

if TYPE_CHECKING:
    from daemon.shipping.sinks.cluster import Cluster

LARGEST_BODY = 5 * 1024 * 1024
"""Bytes of one bulk request: Elastic's advice, far below the server's own limit of 100 MB."""

_ACTION_BYTES = 64
_FRESH = timedelta(seconds=60)
"""Longer ago than this, another process may have sent a document and died."""

_STILL_THERE = frozenset({401, 403, TOO_LARGE, OVERLOADED})
"""Answers of a cluster that has not changed: its templates need no second look."""


def data_stream(dataset: Dataset, namespace: str) -> str:
    """Return the data stream of a dataset."""
    return f"logs-cspmd.{dataset.value}-{namespace}"


class _Address(msgspec.Struct):
    type: str
    dataset: str
    namespace: str


class _Addressed(msgspec.Struct):
    """A document, as far as it says where it belongs."""

    data_stream: _Address


_addressed = msgspec.json.Decoder(_Addressed)


def stream_of(item: OutboxItem) -> str:
    """Return the data stream that a document names itself.

    It was queued for that one, whatever namespace is configured by now: the first document fixes
    ``data_stream.namespace`` of a stream (a constant_keyword), and any other is refused from then on.
    """
    address = _addressed.decode(item.body).data_stream
    return f"{address.type}-{address.dataset}-{address.namespace}"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ElasticsearchSink:
    """Ships each document to the data stream it names. The client is imported at first use.

    ``namespace`` is that of the streams that roll over when the templates change.
    ``largest_body`` bounds one request (bytes); ``clock`` gives aware UTC times, as the outbox's.
    """

    def __init__(
        self,
        access: Access,
        *,
        namespace: str = "default",
        name: str = "elasticsearch",
        largest_body: int = LARGEST_BODY,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._access = access
        self._namespace = namespace
        self._name = name
        self._largest_body = largest_body
        self._clock = clock
        self._started = clock()
        self._cluster: Cluster | None = None
        self._ready = False
        self._doubtful: set[str] = set()

    @property
    def name(self) -> str:
        """The sink's name."""
        return self._name

    @property
    def streams(self) -> tuple[str, ...]:
        """The data streams that documents are queued for now."""
        return tuple(data_stream(dataset, self._namespace) for dataset in Dataset)

    def prepare(self) -> Retry | None:
        """Install the templates, once and again whenever the cluster was out of reach in between."""
        if self._ready:
            return None
        from daemon.shipping.sinks.installation import install

        try:
            install(self._connected(), self.streams)
        except ClusterError as error:
            return Retry(reason=str(error), after=error.after)
        self._ready = True
        return None

    def send(self, batch: Sequence[OutboxItem]) -> Sequence[Outcome]:
        """Send documents, stream by stream, in requests of bounded size."""
        refusal = self.prepare()
        if refusal is not None:
            return [refusal] * len(batch)
        found: dict[int, Outcome] = {}
        streams: defaultdict[str, list[OutboxItem]] = defaultdict(list)
        for item in batch:
            streams[stream_of(item)].append(item)
        for stream, items in streams.items():
            found.update(self._send_stream(stream, items))
        return [found[item.id] for item in batch]

    def diagnose(self) -> Sequence[Problem]:
        """Reach the cluster, and say which privileges are missing and what each is for."""
        from daemon.shipping.sinks.privileges import missing

        return missing(self._connected(), self._access.shown)

    def close(self) -> None:
        """Close all connections."""
        if self._cluster is not None:
            self._cluster.close()
        self._cluster = None
        self._ready = False

    def _connected(self) -> Cluster:
        if self._cluster is None:
            from daemon.shipping.sinks.cluster import Cluster

            self._cluster = Cluster(self._access)
        return self._cluster

    def _send_stream(self, stream: str, items: Sequence[OutboxItem]) -> dict[int, Outcome]:
        found: dict[int, Outcome] = {}
        try:
            self._look_up(stream, items, found)
            for chunk in self._chunks([item for item in items if item.id not in found]):
                self._send_chunk(stream, chunk, found)
        except ClusterError as error:
            if error.status not in _STILL_THERE:
                self._ready = False
            refusal = Retry(reason=str(error), after=error.after)
            found.update((item.id, refusal) for item in items if item.id not in found)
        return found

    def _look_up(self, stream: str, items: Sequence[OutboxItem], found: dict[int, Outcome]) -> None:
        """Find those that may have been stored already and were."""
        doubtful = {item.uid: item for item in items if self._is_doubtful(item)}
        if not doubtful:
            return
        for uid in self._connected().present(stream, list(doubtful)):
            found[doubtful[uid].id] = Delivered(already=True)
        self._doubtful.difference_update(doubtful)

    def _is_doubtful(self, item: OutboxItem) -> bool:
        """Whether an earlier sending of this document, by us or by another process, may have got through."""
        return (
            item.uid in self._doubtful
            or item.attempts > 0
            or item.queued_at < self._started
            or self._clock() - item.queued_at > _FRESH
        )

    def _send_chunk(self, stream: str, chunk: Sequence[OutboxItem], found: dict[int, Outcome]) -> None:
        """Send one request; one that the server calls too large is sent in halves."""
        try:
            answers = self._connected().create(stream, [(item.uid, item.body) for item in chunk])
        except ClusterError as error:
            if error.in_doubt:
                self._doubtful.update(item.uid for item in chunk)
            if error.status != TOO_LARGE:
                raise
            self._send_halves(stream, chunk, found)
            return
        for item, answer, outcome in zip(chunk, answers, outcomes(answers), strict=True):
            found[item.id] = outcome
            if in_doubt(answer):
                self._doubtful.add(item.uid)
            if answer.status == NOT_FOUND:
                self._ready = False

    def _send_halves(self, stream: str, chunk: Sequence[OutboxItem], found: dict[int, Outcome]) -> None:
        if len(chunk) == 1:
            size = len(chunk[0].body)
            found[chunk[0].id] = Rejected(
                reason=f"the document has {size} bytes, more than Elasticsearch takes at once"
            )
            return
        middle = len(chunk) // 2
        self._send_chunk(stream, chunk[:middle], found)
        self._send_chunk(stream, chunk[middle:], found)

    def _chunks(self, items: Sequence[OutboxItem]) -> Iterator[list[OutboxItem]]:
        """Yield the items in runs that fit one request; an item too large for any goes alone."""
        chunk: list[OutboxItem] = []
        size = 0
        for item in items:
            weight = len(item.body) + len(item.uid) + _ACTION_BYTES
            if chunk and size + weight > self._largest_body:
                yield chunk
                chunk, size = [], 0
            chunk.append(item)
            size += weight
        if chunk:
            yield chunk
