"""``cspmd permissions``: the least-privilege read-only policy, generated from the collectors."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.exits import refuse
from daemon.cli.options import ConfigOption, configuration_if_any
from daemon.cli.output import emit


class Cloud(StrEnum):
    """Whose policy is wanted."""

    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"


class Format(StrEnum):
    """How the policy is printed."""

    JSON = "json"
    TERRAFORM = "terraform"


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""

    @app.command("permissions")
    def permissions(
        cloud: Annotated[Cloud, typer.Argument(help="Whose policy.")],
        output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.JSON,
        config: ConfigOption = None,
    ) -> None:
        """Print the policy that cspmd needs to read a cloud: read-only, and nothing that it does not use."""
        _permissions(cloud, output, config)


def _permissions(cloud: Cloud, output: Format, config: Path | None) -> None:
    if cloud is not Cloud.AWS:
        refuse(f"this build of cspmd reads AWS only: there is nothing to grant on {cloud.value} yet")
    from daemon.targets import aws
    from detectors.asking import Asked, asked

    settings = configuration_if_any(config)
    targets = [] if settings is None else [target for target in settings.targets if target.provider == "aws"]
    demand = Asked() if settings is None else asked(settings.enabled_detectors(), settings.policy())
    emit(aws.policy(terraform=output is Format.TERRAFORM, targets=targets, asked=demand))
