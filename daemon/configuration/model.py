"""The whole of ``cspmd.yaml``, and what the rest of the daemon asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from pydantic import Field, PrivateAttr

from daemon.configuration.problems import Problem
from daemon.configuration.section import Section
from daemon.configuration.sections import (
    DetectorSettings,
    ExceptionSettings,
    HttpSettings,
    LogSettings,
    PolicySettings,
    Schedule,
    SinkSettings,
    StateSettings,
)
from daemon.configuration.targets import AnyTarget, AwsTarget, AzureTarget, GcpTarget
from daemon.configuration.values import FilePath, FormatVersion
from daemon.exceptions import ExceptionRule, Exceptions
from detectors.model import Policy, Residency, Severity

if TYPE_CHECKING:
    from detectors.model import Detector


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What came with a configuration and is no part of its model.

    ``parameters`` are typed, by detector uid; ``references`` is the text as written by path where
    that is ``${…}``; ``homes`` are the environment variables the default state lies under.
    """

    file: Path = Path("cspmd.yaml")
    parameters: Mapping[str, msgspec.Struct] = msgspec.field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
    secrets: frozenset[str] = frozenset()
    references: Mapping[str, str] = msgspec.field(default_factory=dict)
    homes: Mapping[str, str] = msgspec.field(default_factory=dict)


class Configuration(Section):
    """The configuration of cspmd (cspmd.yaml). Only version and targets are required."""

    version: FormatVersion
    """The version of the file's format: 1."""
    targets: tuple[AnyTarget, ...] = Field(min_length=1)
    """What is watched."""
    state: StateSettings = StateSettings()
    """Where cspmd keeps what it knows."""
    http: HttpSettings = HttpSettings()
    """The web server for /metrics, /healthz and /readyz."""
    log: LogSettings = LogSettings()
    """What cspmd says about itself."""
    schedule: Schedule = Schedule()
    """How often things are looked at."""
    detectors: DetectorSettings = DetectorSettings()
    """Which detectors judge, and how bad their findings are."""
    policy_settings: PolicySettings = Field(default=PolicySettings(), alias="policy")
    """What your organisation requires."""
    exception_settings: tuple[ExceptionSettings, ...] = Field(default=(), alias="exceptions")
    """Accepted risks. Each needs a reason, an owner and an expiry; once expired it is a finding again."""
    register_file: FilePath | None = Field(default=None, alias="register")
    """The cloud service register (ISO/IEC 27001:2022 A.5.23)."""
    rules: tuple[FilePath, ...] = ()
    """Directories with Sigma rules of your own."""
    sinks: SinkSettings = SinkSettings()
    """Where findings are shipped to."""

    _origin: Origin = PrivateAttr(default=Origin())

    def complete(self, origin: Origin) -> None:
        """Take in what the model alone cannot know. For the loader, once, before anyone else looks."""
        self._origin = origin

    @property
    def file(self) -> Path:
        """The file this was read from, as it was named."""
        return self._origin.file

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is allowed and probably not meant, such as an exception that has expired."""
        return self._origin.warnings

    @property
    def state_url(self) -> str:
        """The database URL of the state, with the default filled in. May hold a password: never log it."""
        if self.state.url is not None:
            return self.state.url.get_secret_value()
        from daemon.state.location import default_url

        return default_url(self._origin.homes)

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret value the file holds or refers to, for whoever keeps them out of the log."""
        return self._origin.secrets

    def shown(self, path: str, value: object) -> str:
        """Return a value as it may be shown: one that came from ``${…}`` as that.

        ``path`` is its place in the file, such as ``sinks.elasticsearch.hosts[0]``.
        """
        return self._origin.references.get(path, str(value))

    def schedule_of(self, target: AwsTarget | AzureTarget | GcpTarget) -> Schedule:
        """Return the schedule of one target: its own where it sets one, else the general."""
        own = target.schedule
        return Schedule(
            config=own.config or self.schedule.config,
            reconcile=own.reconcile or self.schedule.reconcile,
            logs=own.logs or self.schedule.logs,
        )

    def policy(self) -> Policy:
        """Return the policy as detectors see it, parameters typed."""
        residency = self.policy_settings.residency
        return Policy(
            residency=Residency(
                default=None if residency.default is None else residency.default.allow,
                classes={name: rule.allow for name, rule in residency.classes.items()},
            ),
            class_tag=residency.class_tag,
            parameters=self._origin.parameters,
        )

    @property
    def exceptions(self) -> Exceptions:
        """The accepted risks, ready to be matched."""
        return Exceptions(
            ExceptionRule(
                detector=one.detector,
                resource=one.resource,
                reason=one.reason,
                owner=one.owner,
                expires=one.expires,
            )
            for one in self.exception_settings
        )

    @property
    def severities(self) -> Mapping[str, Severity]:
        """Severities that differ from the detectors' own, by detector uid."""
        return self.detectors.severity

    def enabled_detectors(self) -> tuple[Detector, ...]:
        """Return the detectors of the catalogue that are to judge, in the order of their uids."""
        from detectors.catalogue import catalogue

        return tuple(detector for uid, detector in catalogue().items() if uid not in self.detectors.disable)
