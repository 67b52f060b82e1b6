"""What the person at the terminal reads: who did what to the cloud, and what cspmd made of it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from daemon.demo.changes import change_lines
from daemon.demo.watching import DETECTED, SEVERITIES, OpenFindings, Sighting

if TYPE_CHECKING:
    from rich.console import Console

MARGIN = 20
"""Columns for the time and the name of who speaks."""
NARROWEST = 60

_COLOURS = {
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "low": "cyan",
    "regressed": "bold red",
    "opened": "red",
    "updated": "yellow",
    "resolved": "bold green",
}


class Narrator:
    """Writes to stdout: coloured and fitted on a terminal; elsewhere plain, one thing a line, flushed."""

    def __init__(self) -> None:
        from rich.console import Console

        terminal = sys.stdout.isatty()
        self._console: Console = Console(
            file=sys.stdout,
            highlight=False,
            soft_wrap=not terminal,
            force_terminal=terminal,
            no_color=None if terminal else True,
            emoji=False,
            markup=False,
        )
        self._width = max(self._console.width, NARROWEST) if terminal else None

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line as it is, however long."""
        self._console.print(text, style=style or None, soft_wrap=True)
        sys.stdout.flush()

    def heading(self, text: str) -> None:
        """Write what stands above an address."""
        self.line(text, "dim")

    def address(self, label: str, value: str) -> None:
        """Write an address, path or command alone on its line, uncoloured, under what it is."""
        self.heading(label)
        self.line(value)

    def command(self, label: str, *words: str) -> None:
        """Write a command as it can be pasted into a shell."""
        self.address(label, shlex.join(words))

    def say(self, who: str, text: str, style: str = "") -> None:
        """Write what somebody did, with the time."""
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        self._block(f"{now}  {who:<8}  ", text, style)

    def detail(self, text: str, style: str = "dim") -> None:
        """Write a line that belongs to the one before."""
        self._block(" " * MARGIN, text, style)

    def _block(self, lead: str, text: str, style: str) -> None:
        from rich.text import Text

        if self._width is None:
            self.line(f"{lead}{text}")
            return
        wrapped = Text(text, style=style).wrap(self._console, self._width - MARGIN)
        for number, part in enumerate(wrapped):
            part.rstrip()
            self._console.print(Text.assemble((lead if number == 0 else " " * MARGIN, "dim"), part))

    def summary(self, buckets: int, accounts: int, seconds: float, found: OpenFindings) -> None:
        """Write what the first look showed, worst first."""
        severities = ", ".join(f"{count} {severity}" for severity, count in found.by_severity().items())
        accepted = f"; {found.excepted} accepted by an exception" if found.excepted else ""
        self.say(
            "cspmd",
            f"looked at {buckets} buckets in {accounts} accounts after {seconds:.0f} s: {severities}{accepted}.",
        )
        order = sorted(found.by_detector.items(), key=lambda item: (SEVERITIES.index(item[0][1]), item[0][0]))
        for (detector, severity), count in order:
            self.detail(f"{count:>4}  {severity:<8}  {detector}", _COLOURS[severity])

    def sighting(self, seen: Sighting, after: float) -> None:
        """Write one transition in full, found so many seconds after it was made."""
        what = f"{seen.kind.upper()} {seen.severity} {seen.detector}, found after {after:.1f} s"
        self.say("cspmd", what, _COLOURS[seen.kind])
        self.detail(seen.message, "")
        for line in change_lines(seen.drift):
            self.detail(line)

    def also(self, others: Iterable[Sighting]) -> None:
        """Write what else was seen, one line each: detections, who did it where a log tells later, and other drifts."""
        for seen in others:
            if seen.kind == DETECTED:
                self.detail(f"detected {seen.severity}: {seen.message}", _COLOURS[seen.severity])
            elif seen.kind == "updated":
                self.detail(f"updated {seen.severity} {seen.detector}: {seen.message}")
            else:
                self.detail(f"also {seen.kind} {seen.severity} {seen.detector}: {seen.resource}")

    def used(self, seen: Sighting, after: float) -> None:
        """Write that a finding tells of strangers, so many seconds after they came."""
        self.say(
            "cspmd", f"{seen.kind.upper()} {seen.severity} {seen.detector}, after {after:.1f} s", _COLOURS[seen.kind]
        )
        self.detail(seen.message, "")

    def gauge(self, detector: str, before: int, now: int) -> None:
        """Write how the metric that alerts are made of has moved."""
        self.detail(f'cspmd_findings{{detector="{detector}",status="fail"}}: {before} -> {now}')
