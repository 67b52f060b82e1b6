"""What is allowed and probably not meant: warnings about a configuration that is otherwise fine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from daemon.configuration.document import Document
from daemon.configuration.model import Configuration
from daemon.configuration.problems import Location, Problem
from daemon.configuration.targets import AwsTarget
from daemon.configuration.values import Listen
from daemon.configuration.wording import problem_at

_UID_OR_PATTERN = frozenset(":/*?[")
"""A uid of any cloud has one of the first two in it, a pattern one of the others."""


def cautions(configuration: Configuration, document: Document, now: datetime) -> Iterator[Problem]:
    """Yield the warnings about a valid configuration; ``now`` is an aware time."""
    for location, words in (
        *_targets(configuration),
        *_read_twice(configuration),
        *_exceptions(configuration, now),
        *_residency(configuration),
        *_clear_text(configuration),
        *_schedules(configuration),
    ):
        yield problem_at(document, location, words)


def _targets(configuration: Configuration) -> Iterator[tuple[Location, str]]:
    for index, target in enumerate(configuration.targets):
        if not isinstance(target, AwsTarget) or target.role_name is not None:
            continue
        if target.organization or len(target.accounts) > 1:
            yield (
                ("targets", index),
                "several accounts and no role_name: one set of credentials reads one account, the others stay unread",
            )


def _read_twice(configuration: Configuration) -> Iterator[tuple[Location, str]]:
    first: dict[str, str] = {}
    for index, target in enumerate(configuration.targets):
        if not isinstance(target, AwsTarget):
            continue
        for position, account in enumerate(target.accounts):
            other = first.setdefault(account, target.name)
            if other != target.name:
                words = (
                    f"the target {other} reads this account too: what both find belongs to whichever finds it first, "
                    "and reading it twice costs twice the calls"
                )
                yield ("targets", index, "accounts", position), words


def _exceptions(configuration: Configuration, now: datetime) -> Iterator[tuple[Location, str]]:
    for index, exception in enumerate(configuration.exception_settings):
        if exception.expires <= now:
            yield ("exceptions", index, "expires"), "this exception has expired: what it matches is a finding again"
        if not _UID_OR_PATTERN.intersection(exception.resource):
            words = (
                "a name alone matches no resource: write its uid as findings show it, such as "
                "arn:aws:s3:::NAME, or a pattern such as *:NAME"
            )
            yield ("exceptions", index, "resource"), words


def _residency(configuration: Configuration) -> Iterator[tuple[Location, str]]:
    residency = configuration.policy_settings.residency
    rules: list[tuple[Location, tuple[str, ...]]] = []
    if residency.default is not None:
        rules.append((("default",), residency.default.allow))
    rules.extend((("classes", name), rule.allow) for name, rule in residency.classes.items())
    if not rules:
        return
    # The tables of places are read only where a rule speaks of places.
    from detectors.places import as_of, matching

    for where, allow in rules:
        for index, pattern in enumerate(allow):
            if not any(matching(pattern)):
                known = as_of(pattern.partition(":")[0])
                words = f"no region known on {known} fits this pattern: it allows only a place of exactly this name"
                yield ("policy", "residency", *where, "allow", index), words


def _clear_text(configuration: Configuration) -> Iterator[tuple[Location, str]]:
    http = configuration.http
    if http.basic_auth is not None and http.tls is None and not http.listen.loopback:
        yield ("http", "basic_auth"), "without tls the password crosses the network in the clear"
    elasticsearch = configuration.sinks.elasticsearch
    if elasticsearch is None or (elasticsearch.api_key is None and elasticsearch.password is None):
        return
    for index, host in enumerate(elasticsearch.hosts):
        parts = urlsplit(host)
        if parts.scheme == "http" and not Listen(parts.hostname or "", 0).loopback:
            words = "over http the credentials cross the network in the clear"
            yield ("sinks", "elasticsearch", "hosts", index), words


def _schedules(configuration: Configuration) -> Iterator[tuple[Location, str]]:
    words = "everything is read anew more often than it is polled: config has no effect"
    if configuration.schedule.reconcile < configuration.schedule.config:
        yield ("schedule", "reconcile"), words
    for index, target in enumerate(configuration.targets):
        own = configuration.schedule_of(target)
        if own != configuration.schedule and own.reconcile < own.config:
            yield ("targets", index, "schedule"), words
