"""The sections of the file that are about cspmd itself: state, web, schedule, policy, sinks."""

from __future__ import annotations

from pydantic import ConfigDict, Field, model_validator

from daemon.configuration.section import Section
from daemon.configuration.values import (
    Address,
    DetectorGlob,
    DetectorUid,
    Duration,
    Expiry,
    FilePath,
    Flag,
    Listen,
    LogFormat,
    LogLevel,
    Namespace,
    Place,
    Retention,
    Secret,
    StateUrl,
    Text,
    Url,
    check_duration,
    refuse,
)
from detectors.model import Severity


class StateSettings(Section):
    """Where cspmd keeps what it knows."""

    url: StateUrl | None = None
    """sqlite:////absolute/path.db, or postgresql+psycopg://user:password@host/database. Default: state.db in
    /var/lib/cspmd if that is writable, else in the XDG state home."""
    retention: Retention = check_duration("400d")
    """How long resolved findings and their history are kept."""


class TlsSettings(Section):
    """Serve HTTPS instead of HTTP."""

    cert: FilePath
    """The file with the certificate chain (PEM)."""
    key: FilePath
    """The file with the private key (PEM)."""


class BasicAuthSettings(Section):
    """Ask for a user name and a password (HTTP Basic) on every page but /healthz and /readyz."""

    username: Text
    """The user name."""
    password: Secret
    """The password."""


class HttpSettings(Section):
    """The web server for /metrics, /healthz and /readyz."""

    listen: Address = Listen("127.0.0.1", 9464)
    """The address and port to listen on; port 0 takes any free port."""
    tls: TlsSettings | None = None
    """Serve HTTPS."""
    basic_auth: BasicAuthSettings | None = None
    """Ask for a user name and a password."""


class LogSettings(Section):
    """What cspmd says about itself, on stderr."""

    level: LogLevel = "info"
    """The least important kind of message to write."""
    format: LogFormat | None = None
    """json, or console for a person to read. Default: console on a terminal, else json."""


class Schedule(Section):
    """How often things are looked at. Any target may override any of it."""

    config: Duration = check_duration("5m")
    """How often the configuration of the resources is polled."""
    reconcile: Duration = check_duration("24h")
    """How often everything is read anew, to prove that the faster ways missed nothing."""
    logs: Duration = check_duration("1m")
    """How often the audit and access logs are read."""


class DetectorSettings(Section):
    """Which detectors judge, and how bad their findings are."""

    disable: tuple[DetectorUid, ...] = ()
    """The uids of detectors that are not to judge."""
    severity: dict[DetectorUid, Severity] = Field(default={})
    """Another severity than the detector's own, by uid: low, medium, high or critical."""


class AllowedPlaces(Section):
    """Where data may lie."""

    allow: tuple[Place, ...] = Field(min_length=1)
    """The places allowed, as provider:region; * and ? stand for any letters."""


class ResidencySettings(Section):
    """Where data may lie. Nothing is judged where no rule is set."""

    default: AllowedPlaces | None = None
    """The rule for data of every class that has none of its own."""
    classes: dict[Text, AllowedPlaces] = Field(default={})
    """Rules by data class, each in place of the default."""
    class_tag: Text = "data-class"
    """The tag or label that carries a resource's data class."""


class PolicySettings(Section):
    """What your organisation requires."""

    residency: ResidencySettings = ResidencySettings()
    """Where data may lie."""
    parameters: dict[DetectorUid, dict[str, object]] = Field(default={})
    """Parameters of detectors, by uid; cspmd detectors UID lists what a detector takes."""


class ExceptionSettings(Section):
    """One accepted risk: findings it matches are excepted until it expires."""

    detector: DetectorGlob
    """The detector's uid, or a pattern such as storage.*."""
    resource: Text
    """The resource's uid, or a pattern such as arn:aws:s3:::www-*."""
    reason: Text
    """Why the risk is accepted."""
    owner: Text
    """Who answers for it."""
    expires: Expiry
    """The last day it holds (UTC), or the moment it ends; then the finding is back."""


class ElasticsearchSettings(Section):
    """Ship findings and posture to Elasticsearch."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {"username": ["password"], "password": ["username"]},
            "not": {"required": ["api_key", "username"]},
        }
    )

    hosts: tuple[Url, ...] = Field(min_length=1)
    """The nodes' URLs."""
    api_key: Secret | None = None
    """The API key, encoded. Either this or username and password."""
    username: Text | None = None
    """The user name."""
    password: Secret | None = None
    """The user's password."""
    ca_certs: FilePath | None = None
    """The file with the certificates of the authorities that are trusted (PEM)."""
    namespace: Namespace = "default"
    """The namespace of the data streams: logs-cspmd.findings-NAMESPACE."""

    @model_validator(mode="after")
    def _one_credential(self) -> ElasticsearchSettings:
        if (self.username is None) != (self.password is None):
            refuse("username: and password: together")
        if self.api_key is not None and self.username is not None:
            refuse("either api_key: or username: and password:, and not both")
        return self


class FileSettings(Section):
    """Ship findings to a file, one JSON document a line."""

    path: FilePath
    """The file to append to."""
    posture: Flag = False
    """Write the posture documents too (one for each detector and resource), not transitions alone."""


class SinkSettings(Section):
    """Where findings are shipped to."""

    elasticsearch: ElasticsearchSettings | None = None
    """Elasticsearch."""
    file: FileSettings | None = None
    """A file."""
