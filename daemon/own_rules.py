"""Where the Sigma rules that come with the program are."""

from __future__ import annotations

from pathlib import Path


def own_rules() -> Path:
    """Return the directory of the rules that ship with the program.

    They are edited in ``config/rules`` of a checkout and travel inside the installed package.
    """
    packaged = Path(__file__).with_name("rules")
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "config" / "rules"
