"""``cspmd detectors``: the catalogue, generated from the detectors themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.cli.exits import refuse
from daemon.cli.options import ConfigOption, configuration_if_any
from daemon.cli.output import emit, emit_all, show

if TYPE_CHECKING:
    from daemon.configuration import Configuration
    from detectors.model import Detector


class Format(StrEnum):
    """How the catalogue is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""

    @app.command("detectors")
    def detectors(
        uid: Annotated[str | None, typer.Argument(metavar="[UID]", help="One detector, in full.")] = None,
        output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
        config: ConfigOption = None,
    ) -> None:
        """List what is judged; with a UID, all there is to know of one detector."""
        _detectors(uid, output, config)


def _detectors(uid: str | None, output: Format, config: Path | None) -> None:
    from detectors.catalogue import catalogue
    from detectors.description import as_markdown

    known = catalogue()
    if uid is not None and uid not in known:
        refuse(f"no detector {uid!r}; `cspmd detectors` lists them")
    settings = configuration_if_any(config)
    wanted = [detector for name, detector in known.items() if uid in {None, name}]
    match output:
        case Format.JSON:
            import msgspec

            described = [_described(detector, settings) for detector in wanted]
            emit(msgspec.json.format(msgspec.json.encode(described if uid is None else described[0]), indent=2))
        case Format.MARKDOWN:
            emit(as_markdown(wanted).rstrip())
        case Format.TABLE:
            if uid is None:
                _table([_described(detector, settings) for detector in wanted])
            else:
                emit_all(_page(_described(wanted[0], settings)))


def _described(detector: Detector, settings: Configuration | None) -> dict[str, Any]:
    """Return what the catalogue says of a detector, under this configuration if there is one."""
    from detectors.description import describe

    described = describe(detector)
    described["enabled"] = settings is None or detector.uid not in settings.detectors.disable
    if settings is not None:
        described["severity"] = settings.severities.get(detector.uid, detector.severity).value
    return described


def _table(described: Sequence[dict[str, Any]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from daemon.cli.wording import STYLES
    from detectors.model import Severity

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("detector", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("judges", no_wrap=True)
    table.add_column("what it finds")
    table.add_column("controls")
    for one in described:
        severity = Text(one["severity"], style=STYLES[Severity(one["severity"])])
        if not one["enabled"]:
            severity = Text("disabled", style="dim")
        table.add_row(
            one["uid"],
            severity,
            one["kind"],
            one["title"],
            ", ".join(control["uid"] for control in one["controls"]),
        )
    show(table, "Controls are those of ISO/IEC 27001:2022, Annex A. `cspmd detectors UID` shows one in full.")


def _page(one: dict[str, Any]) -> Iterator[str]:
    """Yield one detector in full, for a person."""
    yield f"{one['uid']}: {one['title']}" + ("" if one["enabled"] else " (disabled by the configuration)")
    yield f"severity {one['severity']}, judges every {one['kind']}"
    yield ""
    yield one["description"]
    yield f"Risk: {one['risk']}"
    yield ""
    for control in one["controls"]:
        yield f"{control['label']}  {control['title']}"
    for parameter in one["parameters"]:
        yield ""
        yield f"Parameter {parameter['name']}: {parameter['type']}; default {parameter['default']}"
    for provider, words in one["remediation"].items():
        yield ""
        yield f"{provider}: {words['text']}"
        for kind in ("cli", "terraform"):
            if words[kind]:
                yield ""
                yield from (f"    {line}" for line in words[kind].splitlines())
    if one["references"]:
        yield ""
        yield from one["references"]
