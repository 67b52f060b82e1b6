"""Passes: what collectors stream, on its way through judging and drift into state and outbox."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeAlias

import structlog

from collectors.model import Actor, Resource, Scope, Snapshot, Unread
from daemon.model import Cause, FindPath, Transition
from daemon.passes import upkeep
from daemon.passes.attribution import attribute, nameless
from daemon.passes.batch import Fresh, Setting, writing
from daemon.passes.judging import Judging
from daemon.passes.publisher import Publisher
from daemon.passes.scope_pass import OnJudgement, ScopePass
from daemon.state import State, resources, scopes
from daemon.state.touches import Touch

log = structlog.get_logger(__name__)

Clock: TypeAlias = Callable[[], datetime]
Observe: TypeAlias = Callable[[Transition], None]

Fold: TypeAlias = Callable[[Scope, Sequence[Resource]], Sequence[Resource]]


def as_read(_scope: Scope, found: Sequence[Resource]) -> Sequence[Resource]:
    """Return resources as they were read: nothing else is known of them."""
    return found


BATCH = 200
"""Resources written in one transaction."""

BATCH_SECONDS = 5.0
"""How long what was read waits for its batch to fill: drift is found no later for a slow cloud."""


class PassRunner:
    """Runs passes over scopes, and whatever else makes judgements anew. Safe for use by many threads.

    ``clock`` returns the present, aware and in UTC. ``observe`` is told of each transition once it
    is committed, in order. ``publisher`` may be set anew at any time, as at a reload. ``batch`` is how
    many resources one transaction writes. ``fold`` puts into resources what is known of them from elsewhere
    than their collector, before they are judged.
    """

    def __init__(  # noqa: PLR0913 - where it goes, who is told, and what is known beside what is read
        self,
        state: State,
        publisher: Publisher,
        clock: Clock,
        observe: Observe | None = None,
        *,
        batch: int = BATCH,
        fold: Fold = as_read,
    ) -> None:
        self.publisher = publisher
        self._batch = batch
        self._fold = fold
        self._state = state
        self._clock = clock
        self._observe = observe
        self._running: dict[str, list[ScopePass]] = {}
        self._told_elsewhere: set[str] = set()
        self._guard = threading.Lock()

    def run(
        self,
        scope: Scope,
        stream: Iterable[Resource | Unread],
        judging: Judging,
        on_judgement: OnJudgement | None = None,
        *,
        prompted: bool = False,
    ) -> Snapshot:
        """Bring one read of a scope into the state and return how it ended.

        Resources are judged and written in batches as they come; what is missing is taken for gone
        in the last transaction, and only where the stream held no Unread of its own. A pass where
        nothing changed writes nothing. ``on_judgement`` is handed every judgement of the scope, also
        those that still hold, with the exception that covers it. ``prompted`` says that an event of a log led
        to this read. What the stream raises goes to the caller; what was brought in before that stays, and
        nothing counts as gone.
        """
        one = ScopePass(
            self._state,
            self.publisher,
            scope,
            judging,
            started=self._clock(),
            on_judgement=on_judgement,
            prompted=prompted,
        )
        with self._known_to_refresh(scope, one):
            for batch in _batches(stream, one, self._batch):
                self._tell(one.take(self._fold(scope, batch), self._clock()))
            snapshot, told = one.close(self._clock())
        self._tell_elsewhere(scope, one.elsewhere)
        self._tell(told)
        return snapshot

    def refresh(  # noqa: PLR0913 - what was read, where, and on whose account
        self,
        scope: Scope,
        uid: str,
        found: Resource | Unread | None,
        judging: Judging,
        *,
        path: FindPath = FindPath.EVENT,
        actor: Actor | None = None,
    ) -> tuple[Transition, ...]:
        """Bring one resource that was read by itself into the state; return what is told of it.

        None says that the cloud denies its existence: it is gone. An Unread says nothing, and
        changes nothing.
        """
        if isinstance(found, Unread):
            return ()
        now = self._clock()
        with self._guard:
            for one in self._running.get(scope.key, ()):
                one.overtaken.add(uid)
        with self._state.read() as connection:
            head = resources.heads(connection, [uid]).get(uid)
            known = scopes.find(connection, scope.key)
        if head is not None and (known is None or head.scope_id != known[0]):
            return ()
        fresh = None if found is None else Fresh.of(self._fold(scope, [found])[0])
        if head is None if fresh is None else head is not None and fresh.settled(head, judging, now):
            return ()
        with writing(self._state, self.publisher, Setting(scope=scope, now=now, path=path, actor=actor)) as batch:
            if fresh is None:
                batch.end([uid], Cause.RESOURCE_GONE)
            else:
                batch.examine([fresh], judging)
        return self._tell(batch.transitions)

    def judge_due(self, now: datetime, judging: Judging) -> tuple[Transition, ...]:
        """Judge what time alone has made due by ``now``, from what is stored; no cloud is read."""
        return self._tell_each(upkeep.settle(self._state, self.publisher, judging, now, all_others=False))

    def next_due(self) -> datetime | None:
        """Return when :meth:`judge_due` will next have something to do, None where never."""
        with self._state.read() as connection:
            return resources.next_due(connection)

    def rejudge(self, judging: Judging) -> tuple[Transition, ...]:
        """Judge from what is stored all that was judged with another policy, detectors or exceptions."""
        return self._tell_each(upkeep.settle(self._state, self.publisher, judging, self._clock(), all_others=True))

    def retire(self, active: Collection[Scope]) -> tuple[Transition, ...]:
        """End what lies in scopes that are watched no more: all but the active ones.

        Only for a list of scopes that is known to be whole: an account that could not be discovered
        is no account that was removed. Where another target now reads the same account with the
        same collector, it takes over what the old one knew: renaming a target closes nothing.
        """
        return self._tell_each(upkeep.retire(self._state, self.publisher, active, self._clock()))

    def posture_due(self, now: datetime, limit: int = 1000) -> int:
        """Queue up to ``limit`` posture documents whose time has come; return how many judgements had one.

        None while documents of this sort have waited long: a sink that takes none is not served the
        same again.
        """
        return upkeep.repeat_posture(self._state, self.publisher, now, limit)

    def attribute(self, transition_uid: str, actor: Actor) -> Transition | None:
        """Say who caused a transition that was found before the log told; return what is told of it.

        Done once: None where the actor is known already, or where the finding has moved on.
        """
        with self._state.write() as connection:
            told = attribute(connection, self.publisher, transition_uid, actor, self._clock())
        self._tell(() if told is None else (told,))
        return told

    def attribute_from_logs(self, found: Sequence[Touch]) -> tuple[Transition, ...]:
        """Name who caused what was found before these events were told; return what is told of it."""
        with self._state.read() as connection:
            named = nameless(connection, found)
        told = (self.attribute(uid, actor) for uid, actor in named)
        return tuple(one for one in told if one is not None)

    @contextmanager
    def _known_to_refresh(self, scope: Scope, one: ScopePass) -> Iterator[None]:
        """Let refreshes of this scope know of a running pass, so that it does not write older news over them."""
        with self._guard:
            self._running.setdefault(scope.key, []).append(one)
        try:
            yield
        finally:
            with self._guard:
                self._running[scope.key].remove(one)

    def _tell_elsewhere(self, scope: Scope, uids: Collection[str]) -> None:
        """Log once, until it ends, that a scope holds resources that are another scope's."""
        with self._guard:
            known = scope.key in self._told_elsewhere
            (self._told_elsewhere.add if uids else self._told_elsewhere.discard)(scope.key)
        if uids and not known:
            log.warning(
                "resources belong to another scope and are left to it; do two targets read one account?",
                scope=scope.key,
                resources=len(uids),
                one_of_them=min(uids),
            )

    def _tell(self, told: tuple[Transition, ...]) -> tuple[Transition, ...]:
        if self._observe is not None:
            for transition in told:
                self._observe(transition)
        return told

    def _tell_each(self, pages: Iterable[tuple[Transition, ...]]) -> tuple[Transition, ...]:
        return tuple(transition for page in pages for transition in self._tell(page))


def _batches(stream: Iterable[Resource | Unread], one: ScopePass, size: int) -> Iterator[list[Resource]]:
    """Yield what is read in batches; what could not be listed is noted on the way."""
    batch: list[Resource] = []
    since = time.monotonic()
    for item in stream:
        if isinstance(item, Unread):
            one.failed(item)
            continue
        batch.append(item)
        if len(batch) >= size or time.monotonic() - since > BATCH_SECONDS:
            yield batch
            batch = []
            since = time.monotonic()
    if batch:
        yield batch
