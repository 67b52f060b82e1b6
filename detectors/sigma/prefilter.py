"""Seeing in JSON that is not decoded yet that a comparison cannot hold: decoding costs more than all else.

A text that a value must contain stands in the JSON just so, unless the JSON writes it in another way: with an
escape, or as a character beyond ASCII that lower case makes an ASCII one. Such JSON is never ruled out. Texts
that could be part of a number, or of how an object is written as compact JSON, are not looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from detectors.sigma.expression import TEXT_OPS, And, Expression, Op, Or, Test

_STRUCTURAL = re.compile(r'[\x00-\x1f\x7f-\U0010ffff{}\[\],"\\]|\A:')
_IN_NO_NUMBER = re.compile(r"[a-df-z]")
_MAYBE = (":[", ": ", ":\t", ":\n", ":\r", " ", "\t", "\n", "\r")
_WORDS = frozenset({"true", "false", "null"})
_KEY = re.compile(r"[A-Za-z0-9_:/.@ -]+")


class _Anything:
    """Stands for a text that anything may be in."""

    def __contains__(self, needle: object) -> bool:
        return True


ANYTHING: Final = _Anything()


def searchable(raw: msgspec.Raw) -> str | _Anything:
    """Return undecoded JSON in lower case, or what contains everything where the JSON may hide something."""
    content = bytes(raw)
    if content.isascii():
        text = content.decode()
        if "\\" not in text:
            return text.lower()
    return ANYTHING


def needed_text(operand: str) -> str | None:
    """Return what JSON must contain for one of its values to contain the operand; None where that is not certain."""
    lowered = operand.lower()
    if _STRUCTURAL.search(lowered) or not _IN_NO_NUMBER.search(lowered):
        return None
    return lowered


def may_hold(json: str | _Anything, key: str, texts: frozenset[str]) -> bool:
    """Whether behind a key in searchable JSON one of some texts may stand; they must be such as :func:`whole_texts`.

    A list behind the key may hold any, and so may what is written with spaces.
    """
    if not isinstance(json, str):
        return True
    for behind in json.split(key)[1:]:
        if behind.startswith(':"'):
            if behind[2 : behind.find('"', 2)] in texts:
                return True
        elif behind.startswith(_MAYBE):
            return True
    return False


def whole_texts(operands: Iterable[str]) -> bool:
    """Whether JSON must have each operand as a whole text for one of its values to be that operand."""
    return all(needed_text(operand) is not None and operand not in _WORDS for operand in operands)


def needed_key(path: str) -> str | None:
    """Return what JSON must contain for anything to stand at a path in it: how its last key ends.

    None for a path without segments and for keys that JSON may write in more than one way.
    """
    _, _, below = path.partition(".")
    key = below.rpartition(".")[2]
    return f'{key.lower()}"' if _KEY.fullmatch(key) else None


def needed_keys(expression: Expression, undecoded: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return (attribute, key) pairs all of which undecoded JSON must have for a condition to hold."""
    if isinstance(expression, Test):
        attribute = undecoded.get(expression.field.partition(".")[0])
        key = needed_key(expression.field)
        if attribute is None or key is None or expression.op is Op.NULL:
            return frozenset()
        return frozenset({(attribute, key)})
    if isinstance(expression, And):
        return frozenset().union(*(needed_keys(arg, undecoded) for arg in expression.args))
    if isinstance(expression, Or):
        first, *rest = (needed_keys(arg, undecoded) for arg in expression.args)
        return first.intersection(*rest)
    return frozenset()


def needed_in(test: Test) -> str | None:
    """Return a text without which a comparison of undecoded JSON cannot hold, None where there is none."""
    if test.op in TEXT_OPS:
        found = needed_text(test.operand)
        if found is not None:
            return found
    return None if test.op is Op.NULL else needed_key(test.field)
