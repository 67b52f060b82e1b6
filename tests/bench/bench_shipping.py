"""How fast documents are made and shipped, and what that costs this process.

``python -m tests.bench.bench_shipping [--documents N]``. Elasticsearch is stood in for by a small
server in another process that answers bulk requests without looking at the documents, so that the
client and not the server is measured; the outbox is a real SQLite state on disk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from daemon.documents.publisher import Audience, EcsPublisher
from daemon.model import Document
from daemon.shipping.shipper import Shipper
from daemon.shipping.sinks.access import Access
from daemon.shipping.sinks.base import Sink
from daemon.shipping.sinks.elasticsearch import ElasticsearchSink
from daemon.shipping.sinks.file import FileSink
from daemon.state import State
from detectors.catalogue import catalogue
from detectors.model import Verdict
from tests.fakes.documents import AT, full_judgement, full_transition
from tests.fakes.queued import queue

_HEAD = "HTTP/1.1 200 OK\r\nX-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\nContent-Length: "


async def _serve(connection: Connection) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            lowered = head.lower()
            _, _, rest = lowered.partition(b"content-length: ")
            body = await reader.readexactly(int(rest.partition(b"\r\n")[0])) if rest else b""
            answer: object = {}
            if b"/_bulk" in head.partition(b"\r\n")[0]:
                answer = {
                    "items": [{"create": {**json.loads(line)["create"], "status": 201}} for line in _actions(body)]
                }
            text = json.dumps(answer).encode()
            writer.write(f"{_HEAD}{len(text)}\r\n\r\n".encode() + text)
            await writer.drain()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**20)
    connection.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _actions(body: bytes) -> list[bytes]:
    return [line for line in body.split(b"\n") if line.startswith(b'{"create":')]


def _server(connection: Connection) -> None:
    asyncio.run(_serve(connection))


def _documents(count: int, sink: str) -> list[Document]:
    """Make documents as an estate gives them: one transition to nine posture documents, most of them PASS."""
    publisher = EcsPublisher([Audience(sink=sink, posture=True)], version="1", catalogue=catalogue())
    made: list[Document] = []
    judgements = [full_judgement(verdict) for verdict in (Verdict.FAIL, *[Verdict.PASS] * 8)]
    plain = [msgspec.structs.replace(one, evidence=(), unread=()) for one in judgements[1:]]
    for number in range(count // 10):
        resource = msgspec.structs.replace(judgements[0].resource, uid=f"arn:aws:s3:::bucket-{number}")
        transition = msgspec.structs.replace(full_transition(), uid=f"t-{number}")
        made += publisher.transition(transition, "f")
        for rank, judgement in enumerate((judgements[0], *plain)):
            of = msgspec.structs.replace(judgement, resource=resource, detector=f"storage.rule_{rank}")
            made += publisher.posture(of, AT)
    return made


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measured(name: str, documents: int, work: Callable[[], object]) -> None:
    before, wall, cpu = _peak(), time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{name:<26} {documents / wall:>10,.0f} docs/s {cpu / documents * 1e6:>8.0f} µs CPU/doc"
        f" {_peak():>7.0f} MB peak ({_peak() - before:+.0f})"
    )


def _ship(directory: Path, documents: list[Document], sink: Sink) -> None:
    state = State.open(f"sqlite:///{directory / sink.name}.db")
    _measured(f"queue for {sink.name}", len(documents), lambda: [queue(state, part) for part in _parts(documents)])
    count = len(documents)
    documents.clear()
    shipper = Shipper(state.outbox, [sink])
    _measured(f"ship to {sink.name}", count, shipper.drain_once)
    assert state.outbox.stats() == []
    shipper.close()
    state.close()


def _parts(documents: list[Document]) -> list[list[Document]]:
    return [documents[start : start + 1000] for start in range(0, len(documents), 1000)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure making and shipping documents.")
    parser.add_argument("--documents", type=int, default=20_000)
    count = parser.parse_args().documents
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_server, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    documents: list[Document] = []
    _measured("make documents", count, lambda: documents.extend(_documents(count, "elasticsearch")))
    size = sum(len(document.body) for document in documents) / len(documents)
    print(f"{'mean size of a document':<26} {size:>10,.0f} bytes")
    with tempfile.TemporaryDirectory() as folder:
        _ship(Path(folder), documents, ElasticsearchSink(Access(hosts=(f"http://127.0.0.1:{port}",))))
        _ship(Path(folder), _documents(count, "file"), FileSink(Path(folder) / "findings.jsonl"))
    server.terminate()
    server.join()


if __name__ == "__main__":
    main()
