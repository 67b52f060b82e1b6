"""The whole program as its user runs it: a process of its own, a configuration file, and what it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import yaml
from prometheus_client.parser import text_string_to_metric_families

from daemon.model import Finding, FindingStatus
from detectors.catalogue import catalogue
from detectors.model import Judgement
from tests.fakes.aws_moto import ACCOUNT

T = TypeVar("T")

HARMLESS = {
    "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
    "AWS_SECRET_ACCESS_KEY": "neverinalogorapage",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}
"""Variables with which no call of an AWS SDK reaches a real account."""

CEILING = 60.0
"""Seconds after which a condition that did not come true fails the test."""


def json_lines(path: Path) -> list[dict[str, Any]]:
    """Return what a program has written to a file so far; a line that it is still writing waits."""
    if not path.exists():
        return []
    written, _, _ = path.read_text().rpartition("\n")
    return [json.loads(line) for line in written.splitlines()]


def wait_for(condition: Callable[[], T], what: str, *, seconds: float = CEILING) -> T:
    """Return what the condition gives as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
    return found


class Daemon:
    """A running ``cspmd run``."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        assert process.stdout is not None
        self.process = process
        self.log = log
        line = process.stdout.readline().strip()
        assert line.endswith("/metrics"), f"ended with {process.wait()}: {log.read_text()}"
        self.url = line.removesuffix("/metrics")

    def get(self, path: str) -> tuple[int, str]:
        """Return a page's status and body."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=20) as answer:  # noqa: S310 - the loopback address the daemon printed
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self, name: str, **labels: str) -> list[float]:
        """Return the values of the samples that carry these labels."""
        return [
            sample.value
            for family in text_string_to_metric_families(self.get("/metrics")[1])
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def wait_until_ready(self) -> None:
        """Wait until every unit was tried once."""
        wait_for(lambda: self._alive() and self.get("/readyz")[0] == 200, "readiness")

    def wait_for_metric(self, expected: float, name: str, **labels: str) -> None:
        """Wait until the samples that carry these labels add up to a number."""
        wait_for(lambda: self._alive() and sum(self.metrics(name, **labels)) == expected, f"{name} {labels}")

    def events(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines of one event."""
        return [line for line in json_lines(self.log) if line["event"] == event]

    def wait_for_event(self, event: str) -> dict[str, Any]:
        """Wait for a log line, and return the newest of them."""
        return wait_for(lambda: self._alive() and self.events(event), f"log line {event!r}")[-1]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def stop(self) -> int:
        """End it in order and return its exit code."""
        self.process.terminate()
        return self.process.wait(30)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(30)

    def _alive(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return True


OF_STORAGE = ("storage.", "residency.", "coverage.")


class Program:
    """The program in a folder of its own, aimed at a fake AWS."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = folder
        self.endpoint = endpoint
        self.configuration = folder / "cspmd.yaml"
        self.findings_file = folder / "findings.jsonl"

    def settings(self, **sections: Any) -> dict[str, Any]:
        """Return a configuration that reads one account's storage, with these top-level sections replaced.

        What judges other families is off, and so they are not read: they have tests of their own. ``judged``
        names others to be on by the beginnings of their uids.
        """
        chosen = sections.pop("detectors", {})
        judged = sections.pop("judged", OF_STORAGE)
        off = [*chosen.get("disable", ()), *(uid for uid in catalogue() if not uid.startswith(judged))]
        return {
            "detectors": {**chosen, "disable": off},
            "version": 1,
            "state": {"url": f"sqlite:///{self.folder / 'state.db'}"},
            "http": {"listen": "127.0.0.1:0"},
            "targets": [self.target()],
            "schedule": {"config": "1s"},
            "sinks": {"file": {"path": str(self.findings_file)}},
            **sections,
        }

    def target(self, name: str = "estate", **settings: Any) -> dict[str, Any]:
        """Return one target."""
        return {
            "name": name,
            "provider": "aws",
            "accounts": [ACCOUNT],
            "regions": ["us-east-1"],
            "endpoint_url": self.endpoint,
            **settings,
        }

    def configure(self, **sections: Any) -> None:
        """Write the configuration, at once as an editor does that replaces a file."""
        new = self.configuration.with_suffix(".new")
        new.write_text(yaml.safe_dump(self.settings(**sections)))
        new.replace(self.configuration)

    def environment(self) -> dict[str, str]:
        """Return an environment in which no call can reach a real account."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CSPMD_"))}
        return {**kept, **HARMLESS}

    def cspmd(self, command: str, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "daemon", command, "--config", str(self.configuration), *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def scan(self, *arguments: str) -> tuple[int, dict[tuple[str, str], dict[str, Any]]]:
        """Scan; return the exit code and every judgement by detector and resource name."""
        done = self.cspmd("scan", "--format", "jsonl", "--show", "all", *arguments)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        judgements = {(line["detector"], line["resource"]["name"]): line for line in lines}
        told = {(line["detector"], line["resource"]["uid"]) for line in lines}
        assert len(told) == len(lines), "a judgement was printed twice"
        assert "neverinalogorapage" not in done.stderr + done.stdout
        return done.returncode, judgements

    def scan_here(self) -> tuple[bool, dict[tuple[str, str], str]]:
        """Scan in this process, which is quicker; return whether all was read, and verdicts by detector and name.

        For tests whose own environment reaches nothing real.
        """
        from daemon.cli.progress import Silence
        from daemon.configuration import load
        from daemon.runtime.scan import Scan

        found: dict[tuple[str, str], str] = {}

        def judged(judgement: Judgement, _rule: object) -> None:
            found[judgement.detector, judgement.resource.name] = judgement.verdict.value

        scan = Scan(load(self.configuration, {}), (), ())
        try:
            scan.run(judged, Silence(), ended_by=KeyError)
            assert scan.totals.crashes == []
            return not scan.completeness.incomplete(scan.totals.snapshots), found
        finally:
            scan.close()

    def open_findings(self) -> dict[tuple[str, str], Finding]:
        """Return the findings that stand open in the state, by detector and resource name."""
        from daemon.state import State

        state = State.open(f"sqlite:///{self.folder / 'state.db'}", create=False)
        try:
            return {
                (one.judgement.detector, one.judgement.resource.name): one for one in state.findings(FindingStatus.OPEN)
            }
        finally:
            state.close()

    def documents(self) -> list[dict[str, Any]]:
        """Return what the file sink wrote."""
        return json_lines(self.findings_file)

    @contextmanager
    def running(self, name: str = "run") -> Iterator[Daemon]:
        """Start the daemon; it is killed with the block if it still runs."""
        log = self.folder / f"{name}.log"
        with log.open("w") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "daemon", "run", "--config", str(self.configuration)],
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        try:
            yield Daemon(process, log)
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
            assert "neverinalogorapage" not in log.read_text()
