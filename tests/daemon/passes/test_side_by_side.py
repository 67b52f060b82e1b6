"""Many passes at once, in one process and in several: each says what it would have said alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from sqlalchemy import make_url

from collectors.model import Bucket
from daemon.state import State
from tests.fakes.databases import new_database
from tests.fakes.posture import OFF, SCOPE, VERSIONED, World, bucket

ACCOUNTS = [f"{number:012}" for number in range(4)]


def estate(account: str, turn: int) -> list[Bucket]:
    found = []
    for number in range(30):
        violates = (number + turn) % 3 == 0
        one = bucket(f"{account}-{number}", **({"versioning": OFF} if violates else {}))
        found.append(msgspec.structs.replace(one, account=account))
    return found


def run_together(work: list[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(one) for one in work]:
            future.result()


def test_scopes_are_read_side_by_side_while_all_is_counted_and_shipped(state: State) -> None:
    world = World(state, batch=12)
    shipped: list[str] = []

    def read(account: str) -> None:
        scope = msgspec.structs.replace(SCOPE, account=account)
        for turn in range(4):
            world.runner.run(scope, iter(estate(account, turn)), world.judging)

    def watch() -> None:
        for _ in range(30):
            state.finding_counts()
            state.judgement_counts()
            state.scopes()
            items = state.outbox.claim("test", 20, world.clock.now)
            shipped.extend(item.uid for item in items)
            state.outbox.delivered(items)

    run_together([*(lambda account=account: read(account) for account in ACCOUNTS), watch, watch])
    shipped.extend(item.uid for item in world.queued())
    assert Counter(shipped) == Counter(one.uid for one in world.told)
    assert max(Counter(shipped).values()) == 1
    # Each turn ten more buckets violate and the ten before are mended.
    assert len(world.told) == len(ACCOUNTS) * (10 + 3 * 20)
    assert world.counts("fail") == {VERSIONED.uid: len(ACCOUNTS) * 10}


@pytest.mark.postgres
def test_two_machines_that_read_the_same_scope_say_it_once(postgres_url: str, postgres_template: str) -> None:
    url = new_database(postgres_url, str(make_url(postgres_template).database))
    worlds = [World(State.open(url), batch=12) for _ in range(3)]
    for turn in range(4):
        found = estate(ACCOUNTS[0], turn)
        run_together([lambda world=world, found=found: world.read(*found) for world in worlds])
        for world in worlds:
            world.clock.forward(minutes=5)
    told = [one.uid for world in worlds for one in world.told]
    assert len(told) == len(set(told)) == 10 + 3 * 20
    assert len(worlds[0].queued()) == len(told)
    for world in worlds:
        world.state.close()
