"""One pass over one scope: batches as they come, absences at the end, and only if the listing was whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec

from collectors.model import Known, Reading, ReadScope, Resource, Scope, Snapshot, Unread, encode
from daemon.exceptions import ExceptionRule
from daemon.model import Cause, Transition
from daemon.passes.batch import Examined, Fresh, Setting, scope_uid, writing
from daemon.passes.judging import Judging
from daemon.passes.publisher import Publisher
from daemon.state import ScopeStatus, State, judgements, resources, scopes
from daemon.state.resources import Head
from detectors.model import Judgement, Verdict

HEARTBEAT = timedelta(minutes=10)
"""How old a scope's stored success may become while nothing else of it is written."""

MOST_UNREAD = 100
"""Distinct failures that a snapshot names."""

OnJudgement: TypeAlias = Callable[[Judgement, ExceptionRule | None], None]

_JUDGEMENT = msgspec.json.Decoder(Judgement)


class ScopePass:
    """One read of a scope on its way into the state.

    ``told`` collects the transitions of each transaction once it is committed. ``overtaken`` holds
    uids that were refreshed one by one while this pass ran: what it read of them may be older.
    ``elsewhere`` holds uids that it found and that belong to another scope, to which they are left.
    """

    def __init__(  # noqa: PLR0913 - where it goes, what it reads, and by what it is judged
        self,
        state: State,
        publisher: Publisher,
        scope: Scope,
        judging: Judging,
        *,
        started: datetime,
        on_judgement: OnJudgement | None = None,
        prompted: bool = False,
    ) -> None:
        self._state = state
        self._publisher = publisher
        self._scope = scope
        self._judging = judging
        self._started = started
        self._on_judgement = on_judgement
        self._prompted = prompted
        self._seen: set[str] = set()
        self._known = 0
        self._asked = 0
        self._failed: set[Unread] = set()
        self._partly: set[Unread] = set()
        self._wrote = False
        self._before = state.scope(scope.key)
        self.overtaken: set[str] = set()
        self.elsewhere: set[str] = set()

    def failed(self, unread: Unread) -> None:
        """Take note that a part of the listing could not be read."""
        self._failed.add(unread)

    def take(self, found: Sequence[Resource], now: datetime) -> tuple[Transition, ...]:
        """Bring resources into the state; return what is told of them once it is committed."""
        for resource in found:
            known, asked = resource.coverage()
            self._known += known
            self._asked += asked
            if len(self._partly) < MOST_UNREAD:
                self._partly.update(resource.unread())
        self._seen.update(resource.uid for resource in found)
        # The last one counts where a listing names a resource twice.
        unique = {resource.uid: Fresh.of(resource) for resource in found}
        return self._bring_in(list(unique.values()), now)

    def close(self, now: datetime) -> tuple[Snapshot, tuple[Transition, ...]]:
        """End the pass: what is gone, how the scope was read; return both once it is committed."""
        complete = not self._failed
        snapshot = Snapshot(
            scope=self._scope,
            complete=complete,
            resources=len(self._seen),
            known=self._known,
            asked=self._asked,
            unread=(*_ordered(self._failed), *_ordered(self._partly - self._failed))[:MOST_UNREAD],
        )
        before = self._before
        status = ScopeStatus(
            scope=self._scope,
            last_read=now,
            last_success=now if complete else before.last_success if before is not None else None,
            last_began=self._started if complete else before.last_began if before is not None else None,
            complete=complete,
            resources=snapshot.resources,
            known=snapshot.known,
            asked=snapshot.asked,
        )
        told = self._bring_in([Fresh.of(_read_scope(snapshot))], now)
        gone = self._gone(now) if complete else []
        if gone or self._must_write(status):
            with writing(self._state, self._publisher, self._setting(now)) as batch:
                batch.end([uid for uid in gone if uid not in self.overtaken], Cause.RESOURCE_GONE)
                batch.close_scope(status)
            told += batch.transitions
        self._state.beat(status)
        return snapshot, told

    def _bring_in(self, fresh: list[Fresh], now: datetime) -> tuple[Transition, ...]:
        with self._state.read() as connection:
            heads = resources.heads(connection, [one.resource.uid for one in fresh])
            found = scopes.find(connection, self._scope.key)
        scope_id = None if found is None else found[0]
        mine = [one for one in fresh if self._is_mine(one.resource.uid, heads, scope_id, now)]
        changed = [one for one in mine if not self._settled(one, heads.get(one.resource.uid), now)]
        if not changed:
            self._show(mine, {}, now)
            return ()
        with writing(self._state, self._publisher, self._setting(now)) as batch:
            # Once more, now that nobody else writes: a refresh may just have come between.
            batch.examine([one for one in changed if one.resource.uid not in self.overtaken], self._judging)
        self._wrote = True
        self._show(mine, batch.examined, now)
        return batch.transitions

    def _setting(self, now: datetime) -> Setting:
        return Setting(scope=self._scope, now=now, prompted=self._prompted)

    def _is_mine(self, uid: str, heads: dict[str, Head], scope_id: int | None, now: datetime) -> bool:
        """Whether this pass may say what the resource is."""
        if uid in self.overtaken:
            return False
        head = heads.get(uid)
        if head is None:
            return True
        if head.scope_id != scope_id:
            self.elsewhere.add(uid)
            return False
        return not self._started < head.changed_at <= now

    def _settled(self, fresh: Fresh, head: Head | None, now: datetime) -> bool:
        return head is not None and fresh.settled(head, self._judging, now)

    def _show(self, mine: list[Fresh], made: dict[str, list[Examined]], now: datetime) -> None:
        """Hand every judgement of these resources on: those just made, and those that still hold."""
        if self._on_judgement is None:
            return
        with self._state.read() as connection:
            held = judgements.bodies(connection, [one.resource.uid for one in mine if one.resource.uid not in made])
        for one in mine:
            uid = one.resource.uid
            if uid in made:
                for judgement, rule in made[uid]:
                    self._on_judgement(judgement, rule)
                continue
            for body in held.get(uid, ()):
                judgement = _JUDGEMENT.decode(body)
                passed = judgement.verdict is Verdict.PASS
                self._on_judgement(judgement, None if passed else self._judging.exceptions.match(judgement, now))

    def _gone(self, now: datetime) -> list[str]:
        """Return the uids that are stored of this scope and were not in its whole listing."""
        with self._state.read() as connection:
            found = scopes.find(connection, self._scope.key)
            if found is None:
                return []
            itself = scope_uid(self._scope)
            missing = [
                uid
                for uid in resources.owned(connection, found[0])
                if uid not in self._seen and uid not in self.overtaken and uid != itself
            ]
            heads = resources.heads(connection, missing)
        return [uid for uid in missing if uid in heads and not self._started < heads[uid].changed_at <= now]

    def _must_write(self, status: ScopeStatus) -> bool:
        """Whether the scope's row must say anew how it was read."""
        if self._wrote:
            return True
        with self._state.read() as connection:
            found = scopes.find(connection, self._scope.key)
        if found is None or not status.same_result(found[1]):
            return True
        stored, new = found[1].last_success, status.last_success
        if stored is None or new is None:
            return stored is not new
        return new - stored > HEARTBEAT


def _read_scope(snapshot: Snapshot) -> ReadScope:
    scope = snapshot.scope
    return ReadScope(
        uid=scope_uid(scope),
        name=scope.key,
        provider=scope.provider,
        account=scope.account,
        region=scope.region,
        collector=Known(scope.collector),
        reading=Known(Reading(complete=snapshot.complete, unread=snapshot.unread)),
    )


def _ordered(unread: set[Unread]) -> Iterator[Unread]:
    """Yield failures in an order of their own: a listing's order must not look like a change."""
    yield from sorted(unread, key=encode)
