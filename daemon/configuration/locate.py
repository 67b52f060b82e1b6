"""Where the configuration file is looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from daemon.configuration.problems import ConfigurationError, Problem

VARIABLE = "CSPMD_CONFIG"
PLACES = (Path("cspmd.yaml"), Path("/etc/cspmd/cspmd.yaml"))


class ConfigurationMissingError(ConfigurationError):
    """Raised when no file is named and none lies in any of the places looked at."""


def find(named: Path | None, environ: Mapping[str, str], places: Sequence[Path] = PLACES) -> Path:
    """Return the configuration file to load.

    That is the one ``named`` (``--config``), else the one in ``$CSPMD_CONFIG``, whether or not it
    exists; else the first that exists of ``./cspmd.yaml`` and ``/etc/cspmd/cspmd.yaml``. Raises
    ConfigurationMissingError naming every place looked at.
    """
    if named is not None:
        return named
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    for place in places:
        if place.exists():
            return place
    looked = ", ".join(str(place) if place.is_absolute() else f"./{place} ({place.absolute()})" for place in places)
    expected = f"no configuration file: looked at --config, ${VARIABLE} (both not set), {looked}"
    raise ConfigurationMissingError([Problem(file="cspmd.yaml", path="", value="", expected=expected)], places)
