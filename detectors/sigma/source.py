"""Log sources: which rules apply to a record, and where in it a rule's field stands.

Sigma rules are written for many shapes of one log: as the cloud writes it, as a SIEM's agent wraps
it, as a table's columns. The alias layer names the raw record's places for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

import msgspec


class Record(Protocol):
    """One log record as the matcher reads it."""

    def tree(self, head: str) -> object:
        """Return the decoded value of a top-level field, None where it is absent.

        The empty name asks for the whole record as a mapping.
        """

    def whole(self) -> str:
        """Return the whole record as compact JSON, for keyword searches."""


class LogSource(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of log is matched.

    ``matches`` lists the (product, service) pairs of rules that apply; an empty service matches any
    of the product. ``direct`` maps a dotted path that holds one text or nothing to the attribute
    expression on the typed record. ``keys`` are direct paths that most rules bind, and by which
    compiled code is indexed. ``aliases`` maps a rule's field in lower case to raw paths, tried all;
    ``prefixes`` are wrappers a field may stand under that the raw record does not have.
    """

    name: str
    matches: frozenset[tuple[str, str]]
    direct: Mapping[str, str] = msgspec.field(default_factory=dict)
    keys: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    prefixes: tuple[str, ...] = ()

    def accepts(self, product: str, service: str) -> bool:
        """Whether a rule written for this product and service applies to this log."""
        return (product, service) in self.matches or (product, "") in self.matches

    def paths(self, field: str) -> tuple[str, ...]:
        """Return the raw record's dotted paths for a rule's field, at least one."""
        return _paths(self.name, self.prefixes, tuple(self.aliases.items()), field)


@lru_cache(maxsize=16_384)
def _paths(
    _name: str, prefixes: tuple[str, ...], aliases: tuple[tuple[str, tuple[str, ...]], ...], field: str
) -> tuple[str, ...]:
    lowered = field.lower()
    for prefix in prefixes:
        if lowered.startswith(prefix):
            field, lowered = field[len(prefix) :], lowered[len(prefix) :]
            break
    table = dict(aliases)
    if lowered in table:
        return table[lowered]
    head, dot, rest = lowered.partition(".")
    if dot and head in table:
        return tuple(f"{path}.{field[len(head) + 1 :]}" for path in table[head]) if rest else (field,)
    return (field,)
