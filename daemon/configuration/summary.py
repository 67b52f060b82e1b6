"""What a configuration comes to, for a person to look over. No secret, and ``${…}`` as ``${…}``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from daemon.configuration.duration import format_duration
from daemon.configuration.model import Configuration
from daemon.configuration.problems import dotted
from daemon.configuration.targets import AwsTarget, AzureTarget, GcpTarget

_SQLITE = "sqlite:///"


def state_file(configuration: Configuration) -> Path | None:
    """Return the file of an SQLite state, None where the state lies in a database server."""
    url = configuration.state_url
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def summary(configuration: Configuration) -> Iterator[str]:
    """Yield the lines of the summary."""
    yield "targets:"
    for index, target in enumerate(configuration.targets):
        yield from _target(configuration, index, target)
    yield f"state: {_state(configuration)}, history kept {format_duration(configuration.state.retention)}"
    yield f"http: {_http(configuration)}"
    yield f"detectors: {_detectors(configuration)}"
    yield f"residency: {_residency(configuration)}"
    yield f"sinks: {_sinks(configuration)}"
    if configuration.rules:
        yield f"rules: {_listed(configuration, 'rules', [str(one) for one in configuration.rules])}"
    if configuration.register_file is not None:
        yield f"register: {configuration.shown('register', configuration.register_file)}"


def _listed(configuration: Configuration, path: str, values: list[str]) -> str:
    return ", ".join(configuration.shown(f"{path}[{index}]", value) for index, value in enumerate(values))


def _target(configuration: Configuration, index: int, target: AwsTarget | AzureTarget | GcpTarget) -> Iterator[str]:
    path = f"targets[{index}]"
    reads = _reads(configuration, path, target)
    logs = f"; logs {', '.join(source.source for source in target.logs)}" if target.logs else "; no logs"
    yield f"  {configuration.shown(f'{path}.name', target.name)}: {target.provider}, {reads}{logs}"
    schedule = configuration.schedule_of(target)
    every = [("polled", schedule.config), ("read anew", schedule.reconcile)]
    if target.logs:
        every.append(("logs", schedule.logs))
    yield f"    {', '.join(f'{what} every {format_duration(duration)}' for what, duration in every)}"


def _reads(configuration: Configuration, path: str, target: AwsTarget | AzureTarget | GcpTarget) -> str:
    if isinstance(target, AwsTarget):
        role = f" as role {configuration.shown(f'{path}.role_name', target.role_name)}" if target.role_name else ""
        return (
            f"{_which(configuration, f'{path}.accounts', 'account', target.accounts)}{role}, "
            f"{_which(configuration, f'{path}.regions', 'region', target.regions)}"
        )
    if isinstance(target, AzureTarget):
        tenant = configuration.shown(f"{path}.tenant_id", target.tenant_id)
        return (
            f"tenant {tenant}, {_which(configuration, f'{path}.subscriptions', 'subscription', target.subscriptions)}"
        )
    if target.organization is not None:
        return f"organization {configuration.shown(f'{path}.organization', target.organization)}"
    return _which(configuration, f"{path}.projects", "project", target.projects)


def _which(configuration: Configuration, path: str, noun: str, values: str | tuple[str, ...]) -> str:
    """Return ``account 1``, ``regions a, b`` or ``all regions``; no value at all is a whole organization."""
    if isinstance(values, str):
        return f"{values} {noun}s"
    if not values:
        return "the whole organization"
    return f"{noun if len(values) == 1 else f'{noun}s'} {_listed(configuration, path, list(values))}"


def _state(configuration: Configuration) -> str:
    file = state_file(configuration)
    if file is None:
        return configuration.shown("state.url", "PostgreSQL")
    default = "" if configuration.state.url is not None else " (by default)"
    return f"{configuration.shown('state.url', file)}{default}"


def _http(configuration: Configuration) -> str:
    http = configuration.http
    parts = [configuration.shown("http.listen", http.listen)]
    parts.append("no TLS" if http.tls is None else "TLS")
    parts.append("no password" if http.basic_auth is None else "password")
    return ", ".join(parts)


def _detectors(configuration: Configuration) -> str:
    parts = [f"{len(configuration.enabled_detectors())} on"]
    disabled = configuration.detectors.disable
    if disabled:
        parts.append(f"off: {_listed(configuration, 'detectors.disable', list(disabled))}")
    parts.extend(f"{uid} is {severity.value}" for uid, severity in configuration.severities.items())
    return "; ".join(parts)


def _residency(configuration: Configuration) -> str:
    residency = configuration.policy_settings.residency
    base = ("policy", "residency")
    rules: list[str] = []
    if residency.default is not None:
        path = dotted((*base, "default", "allow"))
        rules.append(f"default {_listed(configuration, path, list(residency.default.allow))}")
    for name, rule in residency.classes.items():
        path = dotted((*base, "classes", name, "allow"))
        rules.append(f"{name} {_listed(configuration, path, list(rule.allow))}")
    return "; ".join(rules) or "not configured, nothing is judged"


def _sinks(configuration: Configuration) -> str:
    parts: list[str] = []
    elasticsearch = configuration.sinks.elasticsearch
    if elasticsearch is not None:
        hosts = _listed(configuration, "sinks.elasticsearch.hosts", list(elasticsearch.hosts))
        credential = (
            "API key" if elasticsearch.api_key else "user and password" if elasticsearch.username else "no login"
        )
        parts.append(f"elasticsearch {hosts} ({credential}), namespace {elasticsearch.namespace}")
    file = configuration.sinks.file
    if file is not None:
        posture = " with posture" if file.posture else ""
        parts.append(f"file {configuration.shown('sinks.file.path', file.path)}{posture}")
    return "; ".join(parts) or "none, findings are kept in the state"


def exception_line(configuration: Configuration, index: int) -> str:
    """Return one exception on a line: what it excepts, why, who answers for it, until when."""
    one = configuration.exception_settings[index]
    detector, resource, reason, owner = (
        configuration.shown(f"exceptions[{index}].{key}", getattr(one, key))
        for key in ("detector", "resource", "reason", "owner")
    )
    return f"{detector} on {resource}: {reason} ({owner}, until {one.expires:%Y-%m-%d %H:%M} UTC)"
