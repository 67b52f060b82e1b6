"""API operations as data: one entry says how it is called, what it needs and what its errors mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from collectors.api import Permission

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_DECLARED: dict[str, set[str]] = {}


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of one AWS service.

    ``service`` is the SDK's client name, ``name`` the API's own name of the operation, ``action``
    the IAM action it needs (empty where any caller may use it) and ``why`` what it is read for.
    ``absent`` are the error codes that say "not configured", which is an answer; ``gone`` those that
    say that the resource itself does not exist. ``optional`` reads only add detail: without them
    no verdict changes.
    """

    service: str
    name: str
    action: str
    why: str
    absent: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    optional: bool = False
    mended_by: str = ""

    def __post_init__(self) -> None:
        """Declare the operation: :func:`declared` tells of it from now on."""
        _DECLARED.setdefault(self.service, set()).add(self.name)

    @property
    def uid(self) -> str:
        """The operation as facts name it: ``service:Operation``."""
        return f"{self.service}:{self.name}"

    @property
    def method(self) -> str:
        """The SDK client's method."""
        return _WORD.sub("_", self.name).lower()


def declared(service: str) -> frozenset[str]:
    """Return the names of a service's operations that this program has a use for: those made as data so far."""
    return frozenset(_DECLARED.get(service, ()))


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One operation to try: where, and with which parameters; ``untried`` says why it cannot be tried."""

    operation: Operation
    region: str
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    untried: str = ""


def permissions(operations: Iterable[Operation]) -> tuple[Permission, ...]:
    """Return what the operations need, sorted by action; operations that anyone may call need nothing."""
    needed = {
        Permission(action=operation.action, operation=operation.uid, why=operation.why)
        for operation in operations
        if operation.action
    }
    return tuple(sorted(needed))


GET_CALLER_IDENTITY = Operation(service="sts", name="GetCallerIdentity", action="", why="whose credentials these are")
ASSUME_ROLE = Operation(
    service="sts", name="AssumeRole", action="sts:AssumeRole", why="reads the account through its own role"
)
