from __future__ import annotations

import threading

import pytest

from collectors.aws.memo import Memo


def test_a_value_is_made_once_however_many_ask() -> None:
    memo: Memo[str, int] = Memo()
    made: list[int] = []
    ready = threading.Barrier(8)
    got: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    def ask() -> None:
        ready.wait(20)
        got.append(memo.get("key", make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert got == [1] * 8


def test_what_could_not_be_made_is_made_by_who_asks_next() -> None:
    memo: Memo[str, int] = Memo()

    def fail() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        memo.get("key", fail)
    assert memo.get("key", lambda: 5) == 5
    assert memo.get("other", lambda: 6) == 6
