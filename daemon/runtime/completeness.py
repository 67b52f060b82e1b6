"""Whether a scan saw everything that counts: what decides between exit codes 0 and 3."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from collectors.model import Resource, Snapshot, Unread
from daemon.exceptions import ExceptionRule
from daemon.passes import Judging
from detectors.model import Judgement, Verdict

COVERAGE = "coverage.unread_scope"


class Completeness:
    """Gathers what could not be read, as a scan goes on.

    ``detectors`` are the uids that count (empty: all that judge). A fact that could not be read
    counts, unless exceptions cover every judgement that depends on it; with ``detectors`` it counts
    where one of these depends on it. So does whatever else could not be read for a judgement. What
    the cloud answered without saying does not: no grant and no retry would make it known. A listing
    that is not whole counts unless an exception for ``coverage.unread_scope`` covers the scope.
    """

    def __init__(self, judging: Judging, detectors: Collection[str]) -> None:
        self._judging = judging
        self._all = not detectors
        self._counting = frozenset(detectors)
        self._unread: dict[str, tuple[type[Resource], frozenset[str]]] = {}
        self._unexcused: dict[str, set[str]] = {}
        self._excepted_scopes: set[str] = set()
        self._missing = False

    def read(self, resource: Resource) -> None:
        """Take note of a resource as it was read, before its judgements come."""
        unread = frozenset(name for name, fact in resource.facts() if isinstance(fact, Unread) and fact.failed)
        if unread:
            self._unread[resource.uid] = (type(resource), unread)
            self._unexcused[resource.uid] = set(unread)

    def judged(self, judgement: Judgement, rule: ExceptionRule | None) -> None:
        """Take note of a judgement and of the exception that covers it."""
        if judgement.detector == COVERAGE:
            if rule is not None:
                self._excepted_scopes.add(judgement.resource.uid)
            elif judgement.verdict is Verdict.FAIL and COVERAGE in self._counting:
                self._missing = True
            return
        if not self._all and judgement.detector not in self._counting:
            return
        missing = self._missing_to(judgement)
        if rule is not None:
            self._unexcused.get(judgement.resource.uid, set()).difference_update(missing)
        elif missing or any(unread.failed for unread in judgement.unread):
            self._missing = True

    def incomplete(self, snapshots: Iterable[Snapshot]) -> bool:
        """Return whether something that counts could not be read."""
        if self._missing or (self._all and any(self._unexcused.values())):
            return True
        return any(
            not snapshot.complete and f"cspmd:{snapshot.scope.key}" not in self._excepted_scopes
            for snapshot in snapshots
        )

    def _missing_to(self, judgement: Judgement) -> frozenset[str]:
        """Return the unread facts of its resource that a judgement depends on."""
        if judgement.resource.uid not in self._unread:
            return frozenset()
        kind, unread = self._unread[judgement.resource.uid]
        rules = self._judging.rules_for(kind)
        return unread.intersection(*(rule.facts for rule in rules if rule.detector.uid == judgement.detector))
