"""Everything the demo stands on: the folder, the fake AWS with its estate, and the daemon on it."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import yaml

from daemon.demo.account import ROLE, Account
from daemon.demo.children import Child, Children
from daemon.demo.drifts import INES
from daemon.demo.estate import CLAIM, ESTATE, LOGS, PRODUCTION, REGIONS, TRAIL, build
from daemon.demo.trail import Access, Person, Trail
from detectors.catalogue import catalogue

HOST = "127.0.0.1"
_SHOWN = ("storage.", "residency.", "logging.", "coverage.")
POLL = "10s"
LOGS_POLL = "2s"
_OWN = Access(
    bucket="helvia-claims-photos",
    key=CLAIM,
    ip="203.0.113.80",
    agent="aws-sdk-java/2.32.5",
    requester=f"arn:aws:iam::{PRODUCTION}:user/claims-app",
)
"""What the access log tells before anything happens: the company's own application at work."""
STARTING = 60.0
"""Seconds that a child gets to come up on a slow machine."""


class StageError(Exception):
    """The demo cannot go on; the message says what happened and shows the child's last words."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A running demo: where everything is, and the hands that make the drifts."""

    folder: Path
    configuration: Path
    findings: Path
    cloud: str
    port: int
    accounts: Mapping[str, Account]
    trail: Trail
    children: tuple[Child, ...]

    def url(self, path: str) -> str:
        """Return the address of one of the daemon's pages."""
        return f"http://{HOST}:{self.port}{path}"

    def get(self, path: str) -> tuple[int, str]:
        """Fetch one of the daemon's pages: its status (0 while nobody listens) and its text."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def act(self, person: Person, deed: Callable[[Mapping[str, Account]], None]) -> None:
        """Let somebody do something, and the trail tell of it."""
        deed(self.accounts)
        for number, account in self.accounts.items():
            self.trail.deliver(number, account.changes(), person)

    def check(self) -> None:
        """Raise StageError when a child has ended by itself."""
        for child in self.children:
            _check(child)


def _check(child: Child) -> None:
    if not child.running:
        message = f"{child.name} ended by itself (exit code {child.process.returncode}):\n{child.last_words()}"
        raise StageError(message)


def _wait(stop: Event, child: Child, condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds; False where ``stop`` was set meanwhile."""
    deadline = time.monotonic() + STARTING
    while not condition():
        _check(child)
        if time.monotonic() > deadline:
            message = f"{child.name} did not come up within {STARTING:.0f} s:\n{child.last_words()}"
            raise StageError(message)
        if stop.wait(0.05):
            return False
    return True


def free_port(wanted: int) -> int:
    """Return the wanted port if nobody has it, else one that is free."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    message = "no free port on the loopback address"
    raise StageError(message)


def configuration(folder: Path, cloud: str, port: int, now: datetime) -> dict[str, Any]:
    """Return the ``cspmd.yaml`` of the demo: an ordinary one, but for the endpoint and the short times."""
    return {
        "version": 1,
        "state": {"url": f"sqlite:///{folder / 'state.db'}"},
        "http": {"listen": f"{HOST}:{port}"},
        "log": {"level": "info", "format": "json"},
        "targets": [
            {
                "name": "helvia",
                "provider": "aws",
                "accounts": list(ESTATE),
                "role_name": ROLE,
                "regions": list(REGIONS),
                "endpoint_url": cloud,
                "logs": [
                    {"source": "aws.cloudtrail", "bucket": TRAIL},
                    {"source": "aws.s3access", "bucket": LOGS, "prefix": ""},
                ],
            }
        ],
        "schedule": {"config": POLL, "logs": LOGS_POLL},
        # The company is told by its buckets and its trail; of the rest it has nothing.
        "detectors": {"disable": [uid for uid in catalogue() if not uid.startswith(_SHOWN)]},
        "policy": {
            "residency": {
                "default": {"allow": ["aws:eu-*", "aws:us-east-1"]},
                "classes": {
                    "personal": {"allow": ["aws:eu-central-1"]},
                    "confidential": {"allow": ["aws:eu-*"]},
                },
            }
        },
        "exceptions": [
            {
                "detector": "storage.public_access",
                "resource": "arn:aws:s3:::helvia-status-page",
                "reason": "The status page is meant to be read by everyone.",
                "owner": "web@helvia.example",
                "expires": (now + timedelta(days=180)).date(),
            }
        ],
        "sinks": {"file": {"path": str(folder / "findings.jsonl")}},
    }


def set_up(folder: Path, children: Children, port: int, stop: Event) -> Stage | None:
    """Start the fake AWS, build the estate, start the daemon, and wait until it listens.

    Returns None where ``stop`` was set meanwhile; raises StageError where a child does not come up.
    """
    server = children.start("cloud", "cloud")
    if not _wait(stop, server, lambda: server.out.read_text().endswith("\n")):
        return None
    cloud = server.out.read_text().strip()
    accounts = build(cloud)
    trail = Trail(cloud, accounts[PRODUCTION], TRAIL)
    for account in accounts:
        trail.begin(account, INES)
    trail.tell(_OWN, LOGS, f"{_OWN.bucket}/")
    path = folder / "cspmd.yaml"
    port = free_port(port)
    path.write_text(yaml.safe_dump(configuration(folder, cloud, port, datetime.now(UTC)), sort_keys=False))
    daemon = children.start("cspmd", "cspmd", "run", "--config", str(path))
    stage = Stage(
        folder=folder,
        configuration=path,
        findings=folder / "findings.jsonl",
        cloud=cloud,
        port=port,
        accounts=accounts,
        trail=trail,
        children=(server, daemon),
    )
    return stage if _wait(stop, daemon, lambda: stage.get("/healthz")[0] == http.client.OK) else None


def wait_until_ready(stage: Stage, stop: Event) -> bool:
    """Wait until every unit of work was tried once; False where ``stop`` was set meanwhile."""
    return _wait(stop, stage.children[-1], lambda: stage.get("/readyz")[0] == http.client.OK)
