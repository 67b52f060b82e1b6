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


class Part(StrEnum):
    """Which policy is printed."""

    READ = "read"
    OWN = "own"
    TRUST = "trust"


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""

    @app.command("permissions")
    def permissions(  # noqa: PLR0913, PLR0917 - the command's own options
        cloud: Annotated[Cloud, typer.Argument(help="Whose policy.")],
        output: Annotated[
            Format, typer.Option("--format", help="How to print it; terraform prints every policy that there is.")
        ] = Format.JSON,
        part: Annotated[
            Part,
            typer.Option(
                "--for",
                help="What to print: what reading needs, what the identity that cspmd runs as needs itself "
                "(assuming the role, finding accounts), or whom the role trusts.",
            ),
        ] = Part.READ,
        principal: Annotated[
            str, typer.Option("--principal", metavar="ARN", help="Whom the role trusts: what cspmd runs as.")
        ] = "",
        target: Annotated[
            list[str] | None, typer.Option("--target", metavar="NAME", help="For these targets alone.")
        ] = None,
        config: ConfigOption = None,
    ) -> None:
        """Print the policy that cspmd needs to read a cloud: read-only, and nothing that it does not use."""
        if cloud is not Cloud.AWS:
            refuse(f"this build of cspmd reads AWS only: there is nothing to grant on {cloud.value} yet")
        if (part is Part.TRUST) is not bool(principal):
            refuse("--for trust and --principal ARN go together: the ARN of the role or user that cspmd runs as")
        if part is not Part.READ and output is Format.TERRAFORM:
            refuse("--format terraform prints every policy that there is; take --for away")
        _permissions(output, part, principal, target or [], config)


def _permissions(output: Format, part: Part, principal: str, names: list[str], config: Path | None) -> None:
    from daemon.targets import TargetError, aws_permissions
    from detectors.asking import Asked, asked

    settings = configuration_if_any(config)
    targets = [] if settings is None else [target for target in settings.targets if target.provider == "aws"]
    unknown = sorted(set(names) - {target.name for target in targets})
    if unknown:
        refuse(f"no AWS target {', '.join(unknown)}; there is {', '.join(one.name for one in targets) or 'none'}")
    targets = [target for target in targets if not names or target.name in names]
    demand = Asked() if settings is None else asked(settings.enabled_detectors(), settings.policy())
    try:
        if part is Part.TRUST:
            emit(aws_permissions.trust_policy(targets, principal))
        elif part is Part.OWN:
            emit(aws_permissions.own_policy(targets))
        elif output is Format.TERRAFORM:
            emit(aws_permissions.terraform(targets, demand))
        else:
            emit(aws_permissions.reading_policy(targets, demand))
    except TargetError as error:
        refuse(str(error))
