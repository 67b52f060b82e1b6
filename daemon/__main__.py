"""Where the program starts: ``cspmd`` and ``python -m daemon``."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and leave with the exit code that the commands promise.

    Asked for nothing but its version the program answers at once, without loading the command line.
    """
    if sys.argv[1:] == ["--version"]:
        from daemon.version import version

        print(f"cspmd {version()}")  # noqa: T201 - this is the answer
        sys.exit(0)
    from daemon.cli.app import run_command_line

    _leave(run_command_line(sys.argv[1:]))


def _leave(code: int) -> NoReturn:
    """End the process here and now; everything that must be kept has been written and closed.

    The interpreter's own way out would take the SDKs' models apart object by object, which costs a
    second of CPU, and would wait for threads whose call to a cloud or a sink does not return.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = code or 141  # as a shell reports death by SIGPIPE
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
