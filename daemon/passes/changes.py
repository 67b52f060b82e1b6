"""Before and after: which facts that matter to a verdict changed, across reads that failed in between."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from collectors.model import encode
from daemon.model import FactChange
from daemon.passes.kinds import Facts

_TAG = "fact"
_UNREAD_MARK = b'"fact":"unread"'


def changes(names: Iterable[str], before: Facts, memory: Facts, after: Facts) -> tuple[FactChange, ...]:
    """Return the facts of these names that differ.

    ``memory`` holds facts as they were at the last decided verdict where ``before``, the last read,
    no longer has them. A fact that is now unread did not change: a failed read says nothing. A fact
    that had no value before and has none now is left out too.
    """
    found = []
    for name in names:
        old, new = _remembered(name, before, memory), after.get(name)
        if old == new or _unread(new) or not (_known(old) or _known(new)):
            continue
        found.append(FactChange(fact=name, before=_plain(old), after=_plain(new)))
    return tuple(found)


def remember(names: Iterable[str], before: Facts, memory: Facts, after: Facts, *, undecided: bool) -> Facts:
    """Return what must be remembered beside the resource as it is now stored.

    Always: known facts that are now unread. Where a decided verdict has become ``undecided``: every
    fact that is no longer as it was when the verdict was last decided.
    """
    kept = {}
    for name in names:
        old, new = _remembered(name, before, memory), after.get(name)
        if old is None or _unread(old) or old == new:
            continue
        if undecided or _unread(new):
            kept[name] = old
    return kept


def holds_unread(fact: Any) -> bool:  # noqa: ANN401 - a fact in its encoding
    """Whether this fact, or anything inside its value, could not be read."""
    return _UNREAD_MARK in encode(fact)


def encode_memory(memory: Facts) -> str | None:
    """Return the memory as it is stored, None where there is none."""
    return encode(memory).decode() if memory else None


def decode_memory(text: str | None) -> Facts:
    """Return a stored memory."""
    if text is None:
        return {}
    memory: Facts = msgspec.json.decode(text)
    return memory


def _remembered(name: str, before: Facts, memory: Facts) -> Any:  # noqa: ANN401 - a fact in its encoding
    return memory[name] if name in memory else before.get(name)


def _known(fact: Any) -> bool:  # noqa: ANN401 - a fact in its encoding
    return fact is not None and fact[_TAG] == "known"


def _unread(fact: Any) -> bool:  # noqa: ANN401 - a fact in its encoding
    return fact is not None and fact[_TAG] == "unread"


def _plain(fact: Any) -> Any:  # noqa: ANN401 - a fact in its encoding
    """Return a known fact's value; a fact without one shows itself, so that nothing looks like an absence."""
    return fact["value"] if _known(fact) else fact
