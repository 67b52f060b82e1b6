"""Which ECS categories and types an operation has.

Source of the rules: ECS 9.4, allowed values of ``event.category`` and the event types expected of each.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache


class Act(Enum):
    """What an operation does to what it is about."""

    READ = "read"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


_TYPES = {Act.READ: "access", Act.CREATE: "creation", Act.CHANGE: "change", Act.DELETE: "deletion"}

CONFIGURATION = ("configuration",)
NETWORK = ("network", "configuration")
HOST = ("host", "configuration")
DATABASE = ("database", "configuration")
FILE = ("file",)
IAM = ("iam",)
AUTHENTICATION = ("authentication",)


def types(categories: tuple[str, ...], act: Act) -> list[str]:
    """Return ``event.type`` for an act; identity management knows no access, only information."""
    if act is Act.READ and categories == IAM:
        return ["info"]
    return [_TYPES[act]]


_VERBS = {
    **dict.fromkeys(
        (
            *("get", "list", "describe", "head", "lookup", "search", "select", "query", "scan", "read", "view"),
            *("check", "test", "validate", "count", "download", "fetch", "watch", "aggregated", "export"),
        ),
        Act.READ,
    ),
    **dict.fromkeys(
        (
            *("create", "insert", "run", "import", "register", "allocate", "copy", "restore", "generate"),
            *("issue", "request", "upload", "invite", "provision", "clone", "new"),
        ),
        Act.CREATE,
    ),
    **dict.fromkeys(
        ("delete", "terminate", "deregister", "destroy", "purge", "release", "drop", "hard", "cancel"), Act.DELETE
    ),
}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=8192)
def act_of(name: str) -> Act:
    """Return what an operation does by the verb its name begins with (``DescribeInstances``); a change where unknown.

    ``BatchGetItem`` and its like begin with the second word.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if len(words) > 1 and words[0] in {"batch", "bulk", "admin"}:
        words = words[1:]
    return _VERBS.get(words[0], Act.CHANGE) if words else Act.CHANGE
