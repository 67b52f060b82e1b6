"""From a file to a configuration, or to everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr, ValidationError

from daemon.configuration.cautions import cautions
from daemon.configuration.document import parse
from daemon.configuration.expansion import Expander
from daemon.configuration.model import Configuration, Origin
from daemon.configuration.problems import ConfigurationError, Problem, dotted
from daemon.configuration.section import Section
from daemon.configuration.semantics import check
from daemon.configuration.sources import Sources, UnreadableError, decode
from daemon.configuration.wording import problem_at, problems_of


class Attempt:
    """One attempt to load a file: the configuration or the problems, and the files it looked at."""

    def __init__(
        self, *, sources: Sources, configuration: Configuration | None = None, problems: tuple[Problem, ...] = ()
    ) -> None:
        self.sources = sources
        self.configuration = configuration
        self.problems = problems

    def result(self) -> Configuration:
        """Return the configuration; raise ConfigurationError with all problems where there is none."""
        if self.configuration is None:
            raise ConfigurationError(self.problems, self.sources.files)
        return self.configuration


def load(path: Path, environ: Mapping[str, str] = os.environ, *, now: datetime | None = None) -> Configuration:
    """Return the configuration in a file.

    ``environ`` is where ``${NAME}`` is looked up; ``now`` (default: the current time) decides
    whether an exception has expired, which is a warning. Raises ConfigurationError with every
    problem at once.
    """
    return attempt(path, environ, now=now).result()


def attempt(path: Path, environ: Mapping[str, str], *, now: datetime | None = None) -> Attempt:
    """Load a file as :func:`load` does, and tell which files that depended on; never raises for its content."""
    sources = Sources()
    try:
        text = decode(sources.read(path))
    except UnreadableError as error:
        expected = f"expected a configuration file in YAML, but it {error}"
        return Attempt(sources=sources, problems=(Problem(file=str(path), path="", value="", expected=expected),))
    return _interpret(text, path, environ, sources, now or datetime.now(UTC))


def _interpret(text: str, path: Path, environ: Mapping[str, str], sources: Sources, now: datetime) -> Attempt:
    directory = path.parent.absolute()
    expander = Expander(environ, directory, sources)
    document = parse(text, str(path), expander)
    if not isinstance(document.data, dict):
        return Attempt(sources=sources, problems=tuple(document.problems))
    checked = check(document, directory, sources)
    unexpanded = (problem_at(document, place, expected) for place, expected in document.unexpanded.items())
    problems = [*document.problems, *unexpanded, *checked.problems]
    configuration: Configuration | None = None
    try:
        configuration = Configuration.model_validate(document.data, context={"directory": directory})
    except ValidationError as error:
        problems.extend(problems_of(error, document))
    if configuration is None or problems:
        return Attempt(sources=sources, problems=_in_order(problems))
    configuration.complete(
        Origin(
            file=path,
            parameters=checked.parameters,
            warnings=_in_order([*checked.warnings, *cautions(configuration, document, now)]),
            secrets=frozenset({*_secrets(configuration), *expander.contents} - {""}),
            references={
                dotted(place): entry.written or "" for place, entry in document.entries.items() if entry.expanded
            },
            homes={name: environ[name] for name in ("HOME", "XDG_STATE_HOME") if name in environ},
        )
    )
    return Attempt(sources=sources, configuration=configuration)


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return each problem once, in the order of the file."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.line or 0, problem.path)))


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield from _secret_part(value.get_secret_value())
    elif isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, tuple):
        for member in value:
            yield from _secrets(member)


def _secret_part(text: str) -> Iterator[str]:
    """Yield what is secret in a secret: of a database URL the password, as written and decoded."""
    if "://" not in text:
        yield text
        return
    try:
        password = urlsplit(text).password
    except ValueError:
        password = text
    if password:
        yield password
        yield unquote(password)
