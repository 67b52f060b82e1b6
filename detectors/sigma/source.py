"""Log sources: which rules apply to a record, and where in it a rule's field stands.

Sigma rules are written for many shapes of one log: as the cloud writes it, as a SIEM's agent wraps
it, as a table's columns. The alias layer names the raw record's places for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import msgspec

AnyRecord: TypeAlias = Any
"""A log source's own record type, which rules know no more of than its attributes."""


class Record(Protocol):
    """One log record as the matcher reads it."""

    def tree(self, head: str) -> object:
        """Return the decoded value of a top-level field, None where it is absent."""

    def whole(self) -> str:
        """Return the whole record as compact JSON, for keyword searches."""


class LogSource(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of log is matched.

    ``matches`` lists the (product, service) pairs of rules that apply. ``direct`` maps a dotted path
    that holds one text or nothing to the attribute expression on the typed record. ``keys`` are
    direct paths that most rules bind, and by which compiled code is indexed.

    A rule's field is found in this order. A prefix of ``wrappers`` (lower case, with its dot) is taken
    off: some rules are written for an envelope that the raw record does not have. ``aliases`` maps a
    field in lower case to raw paths, tried all; a key that ends in ``.*`` maps the head of every field
    below it. What no alias names goes through ``unnamed``, which returns its paths; without one it
    stands where it says. A path may begin with a name of ``derived``: a function of the record whose
    value (texts, objects, lists of them, or None) is read as if the record had it there.

    ``undecoded`` maps the first segment of a path, derived or not, to the attribute that holds as JSON not
    yet decoded (:class:`msgspec.Raw`, empty where absent) whatever is read there: what is not in that text
    need not be looked for in its values.
    """

    name: str
    matches: frozenset[tuple[str, str]]
    direct: Mapping[str, str] = msgspec.field(default_factory=dict)
    keys: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    unnamed: Callable[[str], tuple[str, ...]] | None = None
    derived: Mapping[str, Callable[[AnyRecord], object]] = msgspec.field(default_factory=dict)
    undecoded: Mapping[str, str] = msgspec.field(default_factory=dict)

    def accepts(self, product: str, service: str) -> bool:
        """Whether a rule written for this product and service applies; without a service, to all of a product."""
        if not service:
            return any(product == known for known, _ in self.matches)
        return (product, service) in self.matches

    def paths(self, field: str) -> tuple[str, ...]:
        """Return the raw record's dotted paths for a rule's field, at least one."""
        lowered = field.lower()
        for wrapper in self.wrappers:
            if lowered.startswith(wrapper):
                field, lowered = field[len(wrapper) :], lowered[len(wrapper) :]
                break
        exact = self.aliases.get(lowered)
        if exact is not None:
            return exact
        end = len(lowered)
        while (end := lowered.rfind(".", 0, end)) > 0:
            heads = self.aliases.get(f"{lowered[:end]}.*")
            if heads is not None:
                return tuple(f"{head}{field[end:]}" for head in heads)
        return (field,) if self.unnamed is None else self.unnamed(field)

    def read(self, record: Record, head: str) -> object:
        """Return what stands at the first segment of a path, derived or in the record itself."""
        derive = self.derived.get(head)
        return record.tree(head) if derive is None else derive(record)
