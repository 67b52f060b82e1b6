"""What no single value can say: that names are unique, that detectors exist, that files are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from daemon.configuration.document import Document
from daemon.configuration.parameters import ParameterError, convert, parameter_names
from daemon.configuration.problems import Problem
from daemon.configuration.sources import Sources
from daemon.configuration.values import DETECTOR_UID
from daemon.configuration.wording import closest, problem_at

if TYPE_CHECKING:
    from detectors.model import Detector

EVENT_DETECTORS = "event."
"""Detectors over log events are named after Sigma rules, which are no part of the catalogue."""

PROMISED = (
    "storage.public_access",
    "storage.latent_public_access",
    "storage.encryption_at_rest",
    "storage.encryption_in_transit",
    "storage.access_logging",
    "storage.versioning",
    "identity.mfa_missing",
    "identity.root_mfa",
    "identity.root_access_key",
    "identity.stale_access_key",
    "identity.least_privilege",
    "identity.privilege_escalation",
    "residency.out_of_region",
    "residency.copy_out_of_region",
    "network.open_port",
    "data.public_snapshot",
    "data.public_database",
    "data.encryption_at_rest",
    "keys.rotation",
    "logging.audit_trail",
    "coverage.unread_scope",
)
"""Uids that are fixed for good. A file may name them before this version judges by them, so that one
file serves a fleet of several versions; that is a warning."""

_FILES = (
    (("http", "tls", "cert"), False),
    (("http", "tls", "key"), False),
    (("sinks", "elasticsearch", "ca_certs"), False),
    (("register",), False),
    (("rules", None), True),
)


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks came to: problems, warnings, and the typed parameters by detector uid."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    parameters: Mapping[str, msgspec.Struct]


def check(document: Document, directory: Path, sources: Sources) -> Checked:
    """Check the whole document, whether or not it fits the model, so that everything is said at once."""
    checks = _Checks(document)
    checks.target_names()
    checks.data_classes()
    checks.detectors()
    checks.files(directory, sources)
    return Checked(problems=tuple(checks.problems), warnings=tuple(checks.warnings), parameters=dict(checks.parameters))


class _Checks:
    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.parameters: dict[str, msgspec.Struct] = {}

    def target_names(self) -> None:
        first: dict[str, int | None] = {}
        for location, name in self._document.select("targets", None, "name"):
            if not isinstance(name, str):
                continue
            if name in first:
                expected = f"expected a name of its own; the target in line {first[name]} has this one"
                self.problems.append(problem_at(self._document, location, expected))
            else:
                first[name] = self._document.line_of(location)

    def data_classes(self) -> None:
        first: dict[str, str] = {}
        for location, _ in self._document.select("policy", "residency", "classes", None):
            name = str(location[-1])
            other = first.setdefault(name.casefold(), name)
            if other != name:
                expected = f"expected another name than {other}: letter case does not tell data classes apart"
                self.problems.append(problem_at(self._document, location, expected, value=""))

    def detectors(self) -> None:
        named = [*self._document.select("detectors", "disable", None)]
        # The location of these ends with the uid itself, which is a key there.
        keyed = [
            (location, location[-1])
            for pattern in (("detectors", "severity", None), ("policy", "parameters", None))
            for location, _ in self._document.select(*pattern)
        ]
        globs = [*self._document.select("exceptions", None, "detector")]
        if not (named or keyed or globs):
            return
        # Importing every detector is dear, and most files name none.
        from detectors.catalogue import catalogue

        known = catalogue()
        for location, uid in (*named, *keyed):
            # A uid of the wrong shape is the model's to refuse.
            if isinstance(uid, str) and re.fullmatch(DETECTOR_UID, uid) and uid not in known:
                self._unknown(location, uid, known)
        for location, pattern in globs:
            if isinstance(pattern, str):
                self._glob(location, pattern, known)
        for location, values in self._document.select("policy", "parameters", None):
            detector = known.get(str(location[-1]))
            if detector is not None and isinstance(values, dict):
                self._parameters(location, values, detector)

    def _unknown(self, location: tuple[str | int, ...], uid: str, known: Mapping[str, object]) -> None:
        # Where the uid is a key, it is in the path already.
        value = "" if location[-1] == uid else None
        if uid.startswith(EVENT_DETECTORS):
            return
        if uid in PROMISED:
            expected = "no detector of this version has this uid: nothing here has an effect"
            self.warnings.append(problem_at(self._document, location, expected, value=value))
            return
        expected = f"unknown detector: {closest(uid, known)}"
        self.problems.append(problem_at(self._document, location, expected, value=value))

    def _glob(self, location: tuple[str | int, ...], pattern: str, known: Mapping[str, object]) -> None:
        if pattern.startswith(EVENT_DETECTORS) or any(fnmatchcase(uid, pattern) for uid in known):
            return
        if any(fnmatchcase(uid, pattern) for uid in PROMISED):
            expected = "no detector of this version fits: this exception matches nothing"
            self.warnings.append(problem_at(self._document, location, expected))
            return
        expected = f"no detector fits: {closest(pattern, known)}"
        self.problems.append(problem_at(self._document, location, expected))

    def _parameters(self, location: tuple[str | int, ...], values: Mapping[str, object], detector: Detector) -> None:
        if detector.parameters is None:
            if values:
                expected = "expected nothing: this detector takes no parameters"
                self.problems.append(problem_at(self._document, location, expected, value=""))
            return
        names = parameter_names(detector.parameters)
        for name in values:
            if name not in names:
                expected = f"unknown parameter: {closest(name, names)}"
                self.problems.append(problem_at(self._document, (*location, name), expected, value=""))
        try:
            self.parameters[detector.uid] = convert(values, detector.parameters)
        except ParameterError as error:
            for inside, expected in error.wrong:
                place = (*location, *inside)
                if place not in self._document.unexpanded:
                    self.problems.append(problem_at(self._document, place, expected))

    def files(self, directory: Path, sources: Sources) -> None:
        for location, is_directory, name in self._named_files():
            path = Path(directory, name).absolute()
            sources.note(path)
            if is_directory and not path.is_dir():
                expected = "expected a directory that exists"
                self.problems.append(problem_at(self._document, location, expected))
            elif not is_directory and not path.is_file():
                expected = "expected a file that exists"
                self.problems.append(problem_at(self._document, location, expected))

    def _named_files(self) -> Iterator[tuple[tuple[str | int, ...], bool, str]]:
        for pattern, is_directory in _FILES:
            for location, name in self._document.select(*pattern):
                if (
                    isinstance(name, str)
                    and name.strip()
                    and "\0" not in name
                    and location not in self._document.unexpanded
                ):
                    yield location, is_directory, name
