from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.demo.account import KEY
from daemon.demo.children import Children
from daemon.demo.estate import ESTATE, build, size
from daemon.demo.isolation import isolate
from daemon.demo.stage import HOST, configuration, free_port


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_free_port_is_taken_as_wished() -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    assert free_port(port) == port


def test_a_taken_port_yields_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        other = free_port(port)
    assert other not in (0, port)


def test_nothing_of_the_users_reaches_the_demo() -> None:
    environ = {
        "AWS_PROFILE": "prod",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_S3": "https://s3.example",
        "AWS_ACCESS_KEY_ID": "real",
        "BOTO_CONFIG": "/home/somebody/.boto",
        "CSPMD_CONFIG": "/etc/cspmd/cspmd.yaml",
        "PATH": "/bin",
    }
    isolate(environ)
    assert environ["AWS_ACCESS_KEY_ID"] == KEY
    assert environ["AWS_CONFIG_FILE"] == environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert environ["PATH"] == "/bin"
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "BOTO_CONFIG", "CSPMD_CONFIG"}.isdisjoint(
        environ
    )


def test_the_configuration_aims_at_the_fake_alone(tmp_path: Path) -> None:
    made = configuration(tmp_path, "http://127.0.0.1:5", 9464, datetime(2026, 1, 1, tzinfo=UTC))
    assert [target["endpoint_url"] for target in made["targets"]] == ["http://127.0.0.1:5"]
    assert made["exceptions"][0]["expires"] == datetime(2026, 6, 30, tzinfo=UTC).date()


def test_the_estate_stands_in_the_fake_aws(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        cloud = children.start("cloud", "cloud")
        wait_until(lambda: cloud.out.read_text().endswith("\n"))
        accounts = build(cloud.out.read_text().strip())
        names = {
            number: {bucket["Name"] for bucket in account.client("s3", "eu-central-1").list_buckets()["Buckets"]}
            for number, account in accounts.items()
        }
        assert names == {number: {bucket.name for bucket in buckets} for number, buckets in ESTATE.items()}
    assert size() == sum(map(len, names.values()))
    assert not cloud.running


def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent_code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from daemon.demo.children import Children\n"
        "with Children(Path(sys.argv[1])) as children:\n"
        "    print(children.start('cloud', 'cloud').process.pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", parent_code, tmp_path], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    wait_until((tmp_path / "cloud.out").read_text)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not alive(child) or is_zombie(child))


def is_zombie(pid: int) -> bool:
    """Whether it has ended and nobody has asked for its exit code yet: some containers have no init that does."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return not alive(pid)


def test_a_child_that_fails_leaves_its_last_words(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("cspmd", "cspmd", "no-such-command")
        wait_until(lambda: not child.running)
        assert "no-such-command" in child.last_words()
        assert child.process.returncode == 2


@pytest.mark.parametrize("text", [bucket.name for buckets in ESTATE.values() for bucket in buckets])
def test_every_name_is_one_that_s3_takes(text: str) -> None:
    assert 3 <= len(text) <= 63
    assert text.replace("-", "").isalnum()
    assert text.islower()
