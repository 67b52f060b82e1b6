"""kill -9 at many points: afterwards no transition is lost, and none is stored twice."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.fakes.aws_estate import BLOCK, NO_BLOCK
from tests.fakes.aws_moto import Moto
from tests.fakes.aws_replay import replay
from tests.fakes.elasticsearch_server import ElasticsearchServer
from tests.fakes.program import Program, wait_for

PUBLIC = "storage.public_access"
BUCKETS = 250
"""Two transactions of a pass, so that there is something between them."""

FINDINGS = "logs-cspmd.findings-default"


@pytest.fixture
def siem() -> Iterator[ElasticsearchServer]:
    with ElasticsearchServer() as server:
        yield server


def _killed_scan(program: Program, seconds: float) -> bool:
    """Start a scan and kill it after so many seconds; False where it had ended by then."""
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon", "scan", "--config", str(program.configuration), "--format", "jsonl"],
        env=program.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def _transitions(program: Program) -> list[tuple[str, str, str, str]]:
    """Return (uid, kind, detector, resource) of the whole history in the state."""
    with sqlite3.connect(program.folder / "state.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return list(connection.execute("SELECT uid, kind, detector, resource_uid FROM transitions"))


def _check(program: Program, siem: ElasticsearchServer) -> None:
    """Hold what was delivered against the history: each transition is there, once."""
    history = _transitions(program)
    delivered = Counter(siem.ids(FINDINGS))
    assert set(delivered.values()) == {1}
    assert delivered.keys() == {uid for uid, *_ in history}
    assert siem.violations == []


def test_a_scan_killed_at_any_point_loses_and_doubles_nothing(program: Program, siem: ElasticsearchServer) -> None:
    with replay(buckets=BUCKETS, delay=0, regions_listed=True) as cloud, ElasticsearchServer() as undisturbed:
        program.endpoint = cloud.url
        program.configure(sinks={"elasticsearch": {"hosts": [undisturbed.url]}})
        begun = time.monotonic()
        assert not _killed_scan(program, 120)
        whole = time.monotonic() - begun
        reference = {(kind, detector, resource) for _, kind, detector, resource in _transitions(program)}
        _check(program, undisturbed)

        (program.folder / "state.db").unlink()
        program.configure(sinks={"elasticsearch": {"hosts": [siem.url]}})
        randomness = random.Random(20261122)
        killed = sum(_killed_scan(program, whole * randomness.uniform(0.25, 1.0)) for _ in range(6))
        assert killed > 0
        assert not _killed_scan(program, 120)
    assert {(kind, detector, resource) for _, kind, detector, resource in _transitions(program)} == reference
    _check(program, siem)


def test_a_daemon_killed_again_and_again_tells_each_drift_once(
    program: Program, moto: Moto, siem: ElasticsearchServer
) -> None:
    program.configure(sinks={"elasticsearch": {"hosts": [siem.url]}})
    s3 = moto.client("s3")
    randomness = random.Random(20261122)
    told: list[str] = []
    with program.running() as daemon:
        daemon.wait_until_ready()
    for turn in range(6):
        opened = turn % 2 == 0
        s3.put_public_access_block(Bucket="latent", PublicAccessBlockConfiguration=NO_BLOCK if opened else BLOCK)
        told.append("regressed" if opened else "resolved")
        with program.running() as daemon:
            if randomness.random() < 0.5:
                daemon.wait_until_ready()
            time.sleep(randomness.uniform(0, 0.3))
            daemon.kill()
    with program.running() as daemon:
        daemon.wait_until_ready()
        wait_for(lambda: set(siem.ids(FINDINGS)) == {uid for uid, *_ in _transitions(program)}, "all deliveries")
        assert daemon.stop() == 0
    _check(program, siem)
    kinds = [one["cspmd"]["drift"]["kind"] for one in _about(siem, "latent")]
    # A drift that was undone while nobody looked was never seen; what was seen alternates.
    assert kinds[:1] in ([], ["regressed"])
    assert all(one != other for one, other in pairwise(kinds))
    assert len(kinds) <= len(told)
    assert kinds[-1:] in ([], ["resolved"])


def _about(siem: ElasticsearchServer, bucket: str) -> list[dict[str, Any]]:
    """Return what was told of a bucket's public access, in the order it happened."""
    found = [source for _, _, source in siem.documents(FINDINGS)]
    about = [one for one in found if one["resource"]["name"] == bucket and one["rule"]["id"] == PUBLIC]
    return sorted(about, key=lambda one: one["@timestamp"])
