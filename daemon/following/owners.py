"""Whose a resource is that a log names without its owner: as it was last read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from daemon.state import State, resources


def owners(state: State) -> Callable[[str], str]:
    """Return what tells the account of a resource by its uid, empty where no read has found it yet.

    It asks the state once for each: for one delivery, not for good.
    """

    @cache
    def account(uid: str) -> str:
        if not uid:
            return ""
        with state.read() as connection:
            return resources.account_of(connection, uid)

    return account
