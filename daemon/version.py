"""Which build this is."""

from __future__ import annotations

from functools import cache


@cache
def version() -> str:
    """Return the installed distribution's version, ``unknown`` where it runs without being installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("cspmd")
    except PackageNotFoundError:
        return "unknown"
