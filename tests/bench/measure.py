"""What running a program once costs, as the operating system counts it.

Kept free of heavy imports: on Linux a child's peak memory is never reported below its parent's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Cost(NamedTuple):
    """Wall clock, CPU (user and system) in seconds, peak resident memory in bytes, and how it ended."""

    started: float
    wall: float
    cpu: float
    peak: int
    code: int


def run(command: Sequence[str | Path], *, environment: Mapping[str, str], out: Path, log: Path) -> Cost:
    """Run a command to its end, stdout to ``out`` and stderr to ``log``."""
    with out.open("wb") as stdout, log.open("wb") as stderr:
        started, clock = time.time(), time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - clock
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(
        started=started,
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        peak=usage.ru_maxrss * _MAXRSS_UNIT,
        code=process.returncode,
    )
