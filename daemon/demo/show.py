"""The demo from curtain to curtain: set up, first look, then drift after drift until somebody ends it."""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
import time
from pathlib import Path
from threading import Event

import msgspec

from daemon.demo.children import Children
from daemon.demo.drifts import DRIFTS, Drift, Visit
from daemon.demo.estate import ESTATE, size, wanted
from daemon.demo.narrator import Narrator
from daemon.demo.stage import POLL, Stage, set_up, wait_until_ready
from daemon.demo.watching import FindingsFile, Sighting, open_findings

FIRST_PAUSE = 5.0
"""Seconds to read the first look's result before something happens."""
LOOK = 0.25
"""Seconds between two looks at the findings file."""
BEFORE_VISIT = 3.0
"""Seconds that a bucket stands open before somebody from outside comes."""
USED = "use"
"""The fact that says whether anyone used what is open."""
PATIENCE = 60.0
"""Seconds after which a drift that was not found is called missed."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How the show runs: the port wished for, seconds from one drift to the next, and whether one is enough."""

    port: int
    interval: float
    once: bool


def show(pace: Pace, stop: Event) -> bool:
    """Run the demo until ``stop`` is set (or, with ``once``, until one drift has come and gone).

    Returns False where the daemon missed a drift; raises StageError where a child fails.
    """
    narrator = Narrator()
    started = time.monotonic()
    narrator.line(
        f"Helvia, an insurer, keeps {size()} buckets in {len(ESTATE)} AWS accounts. cspmd watches them.", "bold"
    )
    narrator.line(
        "All of it runs on this machine: the AWS is a fake, and nothing reaches a real account. Ctrl-C ends it."
    )
    narrator.line()
    folder = Path(tempfile.mkdtemp(prefix="cspmd-demo-"))
    try:
        with Children(folder) as children:
            stage = set_up(folder, children, pace.port, stop)
            if stage is None:
                return True
            _introduce(narrator, stage)
            if not wait_until_ready(stage, stop):
                return True
            found = open_findings(stage.get("/metrics")[1])
            narrator.summary(size(), len(ESTATE), time.monotonic() - started, found)
            caught = _play(narrator, stage, pace, stop)
            narrator.line()
            narrator.say("demo", "ends; what it wrote is removed.")
            return caught
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _introduce(narrator: Narrator, stage: Stage) -> None:
    program = shutil.which("cspmd") or str(Path(sys.executable).with_name("cspmd"))
    narrator.address("Metrics, as Prometheus scrapes them:", stage.url("/metrics"))
    narrator.address("Whether the daemon lives:", stage.url("/healthz"))
    narrator.address("Whether it has looked at everything once:", stage.url("/readyz"))
    narrator.address("The fake AWS (any credentials will do):", stage.cloud)
    narrator.address("Every transition, one ECS document a line:", str(stage.findings))
    narrator.address("The daemon's log:", str(stage.children[-1].log))
    narrator.command(
        "To ask what is open, in another terminal:", program, "findings", "--config", str(stage.configuration)
    )
    narrator.line()


class _Audience:
    """Looks at what the daemon shows while the drifts happen, and tells it."""

    def __init__(self, narrator: Narrator, stage: Stage, stop: Event) -> None:
        self._narrator = narrator
        self._stage = stage
        self._stop = stop
        self._file = FindingsFile(stage.findings)
        self._file.skip()

    def pause(self, seconds: float) -> bool:
        """Let time pass, telling whatever is seen meanwhile; False when the show is to end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._stage.check()
            self._narrator.also(self._file.news())
            if self._stop.wait(min(LOOK, max(end - time.monotonic(), 0.0))):
                return False
        return True

    def expect(self, drift: Drift, *, violated: bool, before: int) -> bool | None:
        """Wait until all of a drift's resources were seen to change; None when the show is to end first."""
        began = time.monotonic()
        missing = set(drift.resources)
        while missing and time.monotonic() - began < PATIENCE:
            self._stage.check()
            if self._stop.wait(LOOK):
                return None
            news = list(self._file.news())
            expected = [seen for seen in news if _shows(seen, drift, violated=violated) and seen.resource in missing]
            if expected and len(missing) == len(drift.resources):
                self._narrator.sighting(expected[0], time.monotonic() - began)
                self._narrator.also(seen for seen in news if seen is not expected[0])
            else:
                self._narrator.also(news)
            missing -= {seen.resource for seen in expected}
        if not missing:
            self._narrator.gauge(
                drift.detector, before, open_findings(self._stage.get("/metrics")[1]).of(drift.detector)
            )
        else:
            self._narrator.say("demo", f"not found within {PATIENCE:.0f} s: {', '.join(sorted(missing))}", "bold red")
        return not missing

    def expect_use(self, visit: Visit, detector: str) -> bool | None:
        """Wait until a finding tells that a stranger came; None when the show is to end first."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            self._stage.check()
            if self._stop.wait(LOOK):
                return None
            for seen in self._file.news():
                if (seen.kind, seen.detector, seen.resource) == (
                    "updated",
                    detector,
                    visit.bucket,
                ) and USED in seen.facts:
                    self._narrator.used(seen, time.monotonic() - began)
                    return True
                self._narrator.also([seen])
        self._narrator.say("demo", f"not told within {PATIENCE:.0f} s: who read {visit.bucket}", "bold red")
        return False


def _shows(seen: Sighting, drift: Drift, *, violated: bool) -> bool:
    return seen.detector == drift.detector and (seen.kind != "resolved") == violated


def _play(narrator: Narrator, stage: Stage, pace: Pace, stop: Event) -> bool:
    """Let drifts come and go; False where one was missed."""
    narrator.line()
    narrator.line(
        f"Every {pace.interval:g} s something goes wrong, and later is mended. cspmd polls every {POLL}.", "dim"
    )
    audience = _Audience(narrator, stage, stop)
    caught = True
    pause = FIRST_PAUSE
    for drift in itertools.islice(itertools.cycle(DRIFTS), 1 if pace.once else None):
        if not audience.pause(pause):
            break
        for text, person, act, violated in (
            (drift.opening, drift.opener, drift.open, True),
            (drift.closing, drift.closer, drift.close, False),
        ):
            before = open_findings(stage.get("/metrics")[1]).of(drift.detector)
            narrator.line()
            narrator.say("Helvia", text, "bold")
            stage.act(person, act)
            outcome = audience.expect(drift, violated=violated, before=before)
            if outcome is None:
                return caught
            caught = caught and outcome
            if violated and drift.visit is not None:
                told = _visit(narrator, stage, audience, drift.visit, drift.detector)
                if told is None:
                    return caught
                caught = caught and told
            if violated and not audience.pause(pace.interval / 2):
                return caught
        pause = pace.interval / 2
    return caught


def _visit(narrator: Narrator, stage: Stage, audience: _Audience, visit: Visit, detector: str) -> bool | None:
    """Let somebody from outside in; return whether it was told, None when the show is to end first."""
    if not audience.pause(BEFORE_VISIT):
        return None
    narrator.line()
    narrator.say("Internet", visit.telling, "bold")
    bucket = wanted(visit.bucket)
    stage.trail.read(visit.stranger, visit.bucket, visit.key, log=bucket.logs_to, prefix=f"{bucket.name}/")
    return audience.expect_use(visit, detector)
