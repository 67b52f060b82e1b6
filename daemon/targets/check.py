"""What a look at one thing that the daemon depends on came to."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Health(StrEnum):
    """How it stands. ``lesser`` costs detail and no verdict; ``untried`` could not be tried here."""

    OK = "ok"
    MISSING = "missing"
    LESSER = "lesser"
    UNTRIED = "untried"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was tried.

    ``area`` is what it belongs to (``target prod, account 1``), ``what`` the thing itself (a
    permission, ``credentials``, a sink), ``why`` what it is needed for, ``problem`` what failed and
    ``remedy`` how to mend it; ``grant`` is the permission that would.
    """

    area: str
    what: str
    health: Health
    why: str = ""
    problem: str = ""
    remedy: str = ""
    grant: str = ""
