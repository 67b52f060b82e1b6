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

    ``detectors`` are the uids that count (empty: all that judge). Something unread counts where a
    judgement that counts could not be made because of it, or was made without it: UNKNOWN, a FAIL
    that another source proved, a PASS by a switch that silences the unread source. An excepted
    judgement does not count. A listing that is not whole counts unless an exception for
    ``coverage.unread_scope`` covers the scope.
    """

    def __init__(self, judging: Judging, detectors: Collection[str]) -> None:
        self._counting = frozenset(detectors) or frozenset(one.uid for one in judging.detectors)
        self._all = not detectors
        self._judging = judging
        self._unread_facts: dict[str, frozenset[str]] = {}
        self._depended: dict[type[Resource], dict[str, frozenset[str]]] = {}
        self._kinds: dict[str, type[Resource]] = {}
        self._excepted_scopes: set[str] = set()
        self._missing = False

    def read(self, resource: Resource) -> None:
        """Take note of a resource as it was read, before its judgements come."""
        unread = frozenset(name for name, fact in resource.facts() if isinstance(fact, Unread))
        if not unread:
            return
        kind = type(resource)
        depended = self._depending(kind)
        self._unread_facts[resource.uid] = unread
        self._kinds[resource.uid] = kind
        if self._all and unread - frozenset().union(*depended.values()):
            self._missing = True

    def judged(self, judgement: Judgement, rule: ExceptionRule | None) -> None:
        """Take note of a judgement and of the exception that covers it."""
        if judgement.detector == COVERAGE:
            if rule is not None:
                self._excepted_scopes.add(judgement.resource.uid)
            return
        if rule is not None or judgement.detector not in self._counting:
            return
        if judgement.verdict is Verdict.UNKNOWN or judgement.unread:
            self._missing = True
            return
        unread = self._unread_facts.get(judgement.resource.uid)
        if unread is not None:
            facts = self._depending(self._kinds[judgement.resource.uid]).get(judgement.detector, frozenset())
            self._missing = self._missing or bool(facts & unread)

    def incomplete(self, snapshots: Iterable[Snapshot]) -> bool:
        """Return whether something that counts could not be read."""
        return self._missing or any(
            not snapshot.complete and f"cspmd:{snapshot.scope.key}" not in self._excepted_scopes
            for snapshot in snapshots
        )

    def _depending(self, kind: type[Resource]) -> dict[str, frozenset[str]]:
        found = self._depended.get(kind)
        if found is None:
            found = {one.uid: frozenset(one.facts_of(kind)) for one in self._judging.for_kind(kind)}
            self._depended[kind] = found
        return found
