"""Accepted risks: which violations are excepted, by whom, why, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from fnmatch import translate
from typing import TYPE_CHECKING

import msgspec

from collectors.model import content_hash, encode
from detectors.model import Judgement

if TYPE_CHECKING:
    from daemon.state import State


class ExceptionRule(msgspec.Struct, frozen=True, kw_only=True):
    """One accepted risk.

    ``detector`` and ``resource`` are globs (``*``, ``?``, ``[...]``) over the detector's and the
    resource's uid; letter case counts and ``*`` spans every separator. It holds until ``expires``
    (an aware time); from then on what it matched is a finding again.
    """

    detector: str
    resource: str
    reason: str
    owner: str
    expires: datetime

    @property
    def summary(self) -> str:
        """Who accepted it, why and until when, on one line."""
        return f"{self.reason} ({self.owner}, until {self.expires:%Y-%m-%d})"


class ExceptionMatches(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule matches in the stored state: (resource uid, detector) of findings not resolved.

    ``expired`` rules except nothing; what they match is listed all the same.
    """

    rule: ExceptionRule
    expired: bool
    findings: tuple[tuple[str, str], ...]


class Exceptions:
    """All accepted risks of a configuration, in its order."""

    def __init__(self, rules: Iterable[ExceptionRule] = ()) -> None:
        self.rules = tuple(rules)
        self._patterns = [(rule, _pattern(rule.detector), _pattern(rule.resource)) for rule in self.rules]
        self._of_detector: dict[str, list[tuple[int, re.Pattern[str]]]] = {}

    @property
    def fingerprint(self) -> str:
        """A digest that is equal for equal rules: where it differs, all must be matched anew."""
        return content_hash(encode(self.rules))

    def match(self, judgement: Judgement, now: datetime) -> ExceptionRule | None:
        """Return the rule that excepts this judgement at ``now``, None where none does.

        Where several do it is the one that holds longest, the first of these in the file's order.
        """
        matching = (self.rules[index] for index in self._matching(judgement.resource.uid, judgement.detector))
        holding = [rule for rule in matching if rule.expires > now]
        return max(holding, key=lambda rule: rule.expires, default=None)

    def next_change(self, now: datetime) -> datetime | None:
        """Return when the next rule expires, None where none will."""
        return min((rule.expires for rule in self.rules if rule.expires > now), default=None)

    def matches(self, state: State, now: datetime) -> list[ExceptionMatches]:
        """Return what each rule matches in the stored state, in the rules' order."""
        matched: dict[int, list[tuple[str, str]]] = {index: [] for index in range(len(self.rules))}
        for uid, detector in state.active_keys():
            for index in self._matching(uid, detector):
                matched[index].append((uid, detector))
        return [
            ExceptionMatches(rule=rule, expired=rule.expires <= now, findings=tuple(matched[index]))
            for index, rule in enumerate(self.rules)
        ]

    def _matching(self, uid: str, detector: str) -> Iterator[int]:
        """Yield the places of the rules whose globs cover this."""
        candidates = self._of_detector.get(detector)
        if candidates is None:
            candidates = [
                (index, by_resource)
                for index, (_, by_detector, by_resource) in enumerate(self._patterns)
                if by_detector.fullmatch(detector)
            ]
            self._of_detector[detector] = candidates
        for index, by_resource in candidates:
            if by_resource.fullmatch(uid):
                yield index


def _pattern(glob: str) -> re.Pattern[str]:
    # fnmatch itself folds letter case on some systems; its translation never does.
    return re.compile(translate(glob))
