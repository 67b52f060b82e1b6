"""Reloading: a changed file is loaded anew, and a bad one leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from daemon.configuration.loading import attempt
from daemon.configuration.model import Configuration
from daemon.configuration.problems import Problem


class Reload(msgspec.Struct, frozen=True, kw_only=True):
    """How one reload went.

    ``configuration`` is the one that holds now: the new one, or where ``problems`` were found the
    one from before. ``sections`` are the top-level keys of the file whose content is another now.
    """

    at: datetime
    configuration: Configuration
    problems: tuple[Problem, ...] = ()
    sections: tuple[str, ...] = ()

    @property
    def successful(self) -> bool:
        """Whether the file could be used."""
        return not self.problems


def changed_sections(before: Configuration, after: Configuration) -> tuple[str, ...]:
    """Return the top-level keys whose content differs, in the order of the contract."""
    return tuple(
        field.alias or name
        for name, field in Configuration.model_fields.items()
        if getattr(before, name) != getattr(after, name)
    )


class Reloader:
    """Holds the configuration of a process and replaces it when its files change.

    The files are the configuration itself, every ``${file:}`` it refers to, the certificates, the
    register and everything in the rule directories; they are compared by content. Not for use from
    several threads at once.
    """

    def __init__(
        self,
        path: Path,
        environ: Mapping[str, str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Load the file; raise ConfigurationError where it cannot be used."""
        self._path = path
        self._environ = environ
        self._clock = clock
        first = attempt(path, environ, now=clock())
        self._configuration = first.result()
        self._sources = first.sources

    @property
    def configuration(self) -> Configuration:
        """The newest configuration that was fit to be used."""
        return self._configuration

    def changed(self) -> bool:
        """Whether any of the files differs from what the last attempt to load found there."""
        return self._sources.changed()

    def poll(self) -> Reload | None:
        """Load anew if something changed; None where nothing did.

        A bad file is reported once and not again until it, or a file it refers to, changes.
        """
        return self.reload() if self.changed() else None

    def reload(self) -> Reload:
        """Load anew, changed or not."""
        now = self._clock()
        latest = attempt(self._path, self._environ, now=now)
        self._sources = latest.sources
        if latest.configuration is None:
            return Reload(at=now, configuration=self._configuration, problems=latest.problems)
        sections = changed_sections(self._configuration, latest.configuration)
        self._configuration = latest.configuration
        return Reload(at=now, configuration=self._configuration, sections=sections)
