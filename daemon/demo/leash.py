"""A child that never outlives whoever started it: ``python -m daemon.demo.leash cloud|cspmd …``.

The parent holds the other end of stdin. When that closes, because the parent let go or was killed,
the child ends itself. It works the same on Linux and macOS and needs no parent that still runs.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

PATIENCE = 25.0
"""Seconds that a child gets to end in good order once the leash is cut."""

STDIN = 0


def _watch() -> None:
    while os.read(STDIN, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Watch the leash and become what the first argument names."""
    threading.Thread(target=_watch, name="leash", daemon=True).start()
    if sys.argv[1] == "cloud":
        from daemon.demo.cloud import serve

        serve()
        return
    from daemon.__main__ import main as cspmd

    sys.argv = sys.argv[1:]
    cspmd()


if __name__ == "__main__":
    main()
