"""Where the program starts: ``cspmd`` and ``python -m daemon``."""

from __future__ import annotations

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

    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
