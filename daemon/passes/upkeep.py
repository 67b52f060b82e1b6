"""What is done to the state without reading a cloud: judging anew, retiring scopes, repeating posture."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import msgspec

from collectors.model import Scope
from daemon.model import Dataset, Transition
from daemon.passes.batch import Setting, writing
from daemon.passes.identity import next_posture
from daemon.passes.judging import Judging
from daemon.passes.publisher import Publisher
from daemon.state import State, judgements, outbox, resources, scopes
from detectors.model import Judgement

POSTURE_BACKLOG = timedelta(hours=1)
"""How long posture documents may have waited before no more of the same are queued."""

_JUDGEMENT = msgspec.json.Decoder(Judgement)


def settle(
    state: State, publisher: Publisher, judging: Judging, now: datetime, *, all_others: bool
) -> Iterator[tuple[Transition, ...]]:
    """Judge stored resources anew, a page at a time; yield what is told of each once it is committed.

    Those whose time has come by ``now``; with ``all_others`` also those judged another way.
    """
    fingerprint = judging.fingerprint if all_others else None
    with state.read() as connection:
        known = scopes.load_all(connection)
        wanted = resources.unsettled_scopes(connection, fingerprint=fingerprint, due=now)
    for scope_id in wanted:
        after = ""
        while True:
            with state.read() as connection:
                uids = resources.unsettled(connection, scope_id, fingerprint=fingerprint, due=now, after=after)
            if not uids:
                break
            after = uids[-1]
            with writing(state, publisher, Setting(scope=known[scope_id].scope, now=now)) as batch:
                batch.reexamine(uids, judging)
            yield batch.transitions


def retire(
    state: State, publisher: Publisher, active: Collection[Scope], now: datetime
) -> Iterator[tuple[Transition, ...]]:
    """End every scope that is not active; yield what is told of each once it is committed."""
    keys = {scope.key for scope in active}
    with state.read() as connection:
        retired = {row: one.scope for row, one in scopes.load_all(connection).items() if one.scope.key not in keys}
    for row, scope in retired.items():
        successor = next((one for one in sorted(active) if _same_place(one, scope)), None)
        with writing(state, publisher, Setting(scope=scope, now=now)) as batch:
            batch.end_scope(row, successor)
        state.forget(scope.key)
        yield batch.transitions


def repeat_posture(state: State, publisher: Publisher, now: datetime, limit: int) -> int:
    """Queue the posture documents whose time has come; return how many judgements had one."""
    sinks = publisher.posture_sinks
    if not sinks:
        return 0
    with state.read() as connection:
        due = judgements.posture_due(connection, now, limit)
        waiting = outbox.waiting_since(connection, Dataset.MISCONFIGURATION, sinks) if due else None
    if not due or (waiting is not None and now - waiting > POSTURE_BACKLOG):
        return 0
    documents = [document for _, body in due for document in publisher.posture(_JUDGEMENT.decode(body), now)]
    again = [((uid, detector), next_posture(detector, uid, now)) for (uid, detector), _ in due]
    with state.write() as connection:
        judgements.postpone_posture(connection, again)
        outbox.put(connection, documents, now)
    return len(due)


def _same_place(one: Scope, other: Scope) -> bool:
    return (one.provider, one.account, one.region, one.collector) == (
        other.provider,
        other.account,
        other.region,
        other.collector,
    )
