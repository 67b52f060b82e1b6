"""Options that several commands share, and loading the configuration as each of them does it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from daemon.cli.exits import refuse

if TYPE_CHECKING:
    from daemon.configuration import Configuration

ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="PATH",
        help="The configuration file. Default: $CSPMD_CONFIG, ./cspmd.yaml, /etc/cspmd/cspmd.yaml.",
        show_default=False,
    ),
]


def configuration(path: Path | None) -> Configuration:
    """Load the configuration, or end the command as a configuration error that names every problem."""
    from daemon.configuration import ConfigurationError, find, load

    try:
        return load(find(path, os.environ), os.environ)
    except ConfigurationError as error:
        refuse(str(error))


def configuration_if_any(path: Path | None) -> Configuration | None:
    """Load the configuration if one is named or found; None where none is named and none lies anywhere."""
    from daemon.configuration import ConfigurationMissingError, find

    try:
        find(path, os.environ)
    except ConfigurationMissingError:
        return None
    return configuration(path)
