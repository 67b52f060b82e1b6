"""Where the state lies when nobody says: the system's directory, else the user's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

SYSTEM_DIRECTORY = Path("/var/lib/cspmd")


def default_url(environ: Mapping[str, str], system_directory: Path = SYSTEM_DIRECTORY) -> str:
    """Return the URL of the state where the configuration names none.

    The system directory if it exists and this process may write there; else ``cspmd`` under
    ``$XDG_STATE_HOME`` (only an absolute path counts, as the XDG Base Directory specification
    says), by default ``~/.local/state``. Nothing is created here.
    """
    if system_directory.is_dir() and os.access(system_directory, os.W_OK | os.X_OK):
        return f"sqlite:///{system_directory / 'state.db'}"
    named = Path(environ.get("XDG_STATE_HOME", ""))
    home = named if named.is_absolute() else Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    return f"sqlite:///{home / 'cspmd' / 'state.db'}"
