"""The demo as its user meets it: a process that prints addresses, shows drifts, and leaves nothing behind."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from daemon.demo.drifts import DRIFTS
from daemon.demo.watching import open_findings
from tests.fakes.program import json_lines

FIRST = DRIFTS[0]
CEILING = 90.0


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + CEILING
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)
    return found


class Demo:
    def __init__(self, taken: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "daemon", "demo", "--port", str(taken), "--interval", "16"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def printed(self, pattern: str) -> str:
        """Return the first line that is wholly of the pattern, once it is there."""

        def found() -> str | None:
            assert self.process.poll() is None, "\n".join(self.lines)
            return next((line for line in list(self.lines) if re.fullmatch(pattern, line)), None)

        line: str = wait_for(found, f"a line {pattern}")
        return line

    @property
    def port(self) -> int:
        return int(self.printed(r"http://127\.0\.0\.1:\d+/metrics").split(":")[2].partition("/")[0])

    @property
    def folder(self) -> Path:
        return Path(self.printed(r"/.*/findings\.jsonl")).parent

    def page(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        found = answer.status, answer.read().decode()
        connection.close()
        return found

    def open_buckets(self) -> int:
        return open_findings(self.page("/metrics")[1]).of("storage.public_access")

    def documents(self) -> list[dict[str, Any]]:
        """Return what the file sink holds, detections too."""
        return json_lines(self.folder / "findings.jsonl")

    def shipped(self, kind: str, fact: str = "") -> dict[str, Any] | None:
        """Return the first document of this kind of drift (of this fact) of the first bucket that drifts."""
        for document in self.documents():
            drift = document["cspmd"].get("drift", {})
            drifted = drift.get("kind"), document["rule"]["id"]
            of_it = drifted == (kind, FIRST.detector) and document["resource"]["name"] in FIRST.resources
            if of_it and (not fact or fact in drift["facts"]):
                return document
        return None

    def findings(self, status: str) -> list[dict[str, Any]]:
        """Return what ``cspmd findings`` says of the first bucket that drifts."""
        command = [sys.executable, "-m", "daemon", "findings", "--config", self.folder / "cspmd.yaml"]
        answer = subprocess.run(
            [*command, "--format", "jsonl", "--status", status], capture_output=True, text=True, check=True
        )
        found = [json.loads(line) for line in answer.stdout.splitlines()]
        return [
            finding
            for finding in found
            if finding["judgement"]["detector"] == FIRST.detector
            and finding["judgement"]["resource"]["name"] in FIRST.resources
        ]


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = Demo(port)
        try:
            assert running.port != port
            yield running
        finally:
            running.process.terminate()
            running.process.wait(60)


def test_prints_every_address_alone_and_plain(demo: Demo) -> None:
    for path in ("metrics", "healthz", "readyz"):
        demo.printed(rf"http://127\.0\.0\.1:{demo.port}/{path}")
    demo.printed(r"http://127\.0\.0\.1:\d+")
    assert not [line for line in demo.lines if "\x1b" in line]


def test_lives_and_becomes_ready(demo: Demo) -> None:
    assert demo.page("/healthz")[0] == 200
    wait_for(lambda: demo.page("/readyz")[0] == 200, "readiness")


def test_a_drift_is_found_everywhere_and_resolves(demo: Demo) -> None:
    before = wait_for(demo.open_buckets, "open buckets in /metrics")
    opened = wait_for(lambda: demo.shipped("regressed"), "the regression in the file sink")
    (finding,) = demo.findings("open")
    assert finding["drift"] == "regressed"
    assert demo.open_buckets() == before + 1
    assert opened["cspmd"]["severity"] == "critical"
    assert opened["cspmd"]["drift"]["before"] != opened["cspmd"]["drift"]["after"]

    named = wait_for(lambda: demo.findings("open")[0].get("actor"), "who did it")
    assert (named["user_name"], named["ip"]) == (FIRST.opener.user, FIRST.opener.ip)
    detected = {document["rule"]["name"] for document in demo.documents() if "drift" not in document["cspmd"]}
    assert "A bucket was opened to everyone" in detected

    assert FIRST.visit is not None
    used = wait_for(lambda: demo.shipped("updated", "use"), "the stranger's read in the file sink")
    assert FIRST.visit.stranger.ip in json.dumps(used["cspmd"]["circumstances"]["use"])

    resolved = wait_for(lambda: demo.shipped("resolved"), "the resolution in the file sink")
    assert demo.open_buckets() == before
    assert demo.findings("open") == []
    (finding,) = demo.findings("resolved")
    assert finding["drift"] == "resolved"
    assert resolved["cspmd"]["finding"]["id"] == opened["cspmd"]["finding"]["id"]


def test_the_drift_is_told_in_the_order_it_happened(demo: Demo) -> None:
    demo.printed(r".*RESOLVED critical storage\.public_access.*")
    narrated = "\n".join(demo.lines)
    places = [
        narrated.index(text) for text in (FIRST.opening, "REGRESSED critical", FIRST.closing, "RESOLVED critical")
    ]
    assert places == sorted(places)


def test_a_switch_of_the_whole_account_names_who_turned_it(demo: Demo) -> None:
    second = DRIFTS[1]

    def named() -> set[str]:
        return {
            document["resource"]["name"]
            for document in demo.documents()
            if document["rule"]["id"] == second.detector and document.get("user", {}).get("name") == second.opener.user
        }

    wait_for(lambda: set(second.resources) <= named(), "who opened every bucket of the account")


def test_sigterm_ends_every_child_and_leaves_nothing(demo: Demo) -> None:
    folder = demo.folder
    children = psutil.Process(demo.process.pid).children(recursive=True)
    assert len(children) == 2
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(60) == 0
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
    assert not folder.exists()
