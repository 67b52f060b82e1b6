"""Globs of the policy language: ``*`` any run of characters, ``?`` any one, ``${...}`` a policy variable.

Knows nothing of S3: identity policies match their actions and resources by the same means. Sources: IAM User Guide,
policy elements Action, Resource and policy variables.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile

RUN = "any run"
ONE = "any one"
VARIABLE = "variable"
"""Tokens that stand for more than themselves; every other token is a single character."""

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_WILDCARDS = {"*": RUN, "?": ONE}


class Glob:
    """One pattern. Build it with :func:`glob`, which keeps one object for equal patterns."""

    __slots__ = ("_hash", "_regex", "has_variable", "head", "literal", "text", "tokens", "universal")

    def __init__(self, text: str, tokens: tuple[str, ...]) -> None:
        self.text = text
        self.tokens = tokens
        self.has_variable = VARIABLE in tokens
        self.literal = not (self.has_variable or RUN in tokens or ONE in tokens)
        self.universal = tokens == (RUN,)
        self.head = "".join(takewhile(_is_character, tokens))
        self._hash = hash(tokens)
        self._regex: re.Pattern[str] | None = None

    def __eq__(self, other: object) -> bool:
        """Patterns are equal when they match alike token by token, however they were spelled."""
        return self is other or (isinstance(other, Glob) and self.tokens == other.tokens)

    def __hash__(self) -> int:
        """Hash by tokens, as equality compares."""
        return self._hash

    def __repr__(self) -> str:
        """Show the pattern as a policy spells it."""
        return f"Glob({self.text!r})"

    def matches(self, value: str) -> bool:
        """Whether the pattern matches the value whatever the request: a policy variable never surely does."""
        if self.has_variable:
            return False
        if self.literal:
            return value == self.head
        if len(self.head) == len(self.tokens) - 1 and self.tokens[-1] is RUN:
            return value.startswith(self.head)
        if self._regex is None:
            self._regex = _compiled(self.tokens)
        return self._regex.fullmatch(value) is not None

    def may_match(self, value: str) -> bool:
        """Whether the pattern matches the value for some value of its policy variables."""
        return self.widest().matches(value)

    def widest(self) -> Glob:
        """Return the pattern with every policy variable read as ``*``."""
        if not self.has_variable:
            return self
        tokens = tuple(RUN if token is VARIABLE else token for token in self.tokens)
        return Glob(self.text, _canonical(tokens))

    def covers(self, other: Glob) -> bool:
        """Whether everything that ``other`` may match is surely matched by this pattern."""
        if self.has_variable:
            return False
        if self.universal:
            return True
        return _covers(self, other.widest())

    def intersects(self, other: Glob) -> bool:
        """Whether some value may be matched by both."""
        if self.universal or other.universal:
            return True
        return _intersects(self.widest(), other.widest())

    def after(self, prefix: str) -> tuple[Glob, ...]:
        """Return the patterns of what may follow ``prefix`` in a value that this pattern matches.

        ``arn:aws:s3:::b/a*`` after ``arn:aws:s3:::b/`` gives ``a*``; nothing where no match begins so.
        """
        if self.head.startswith(prefix):
            return (from_tokens(self.tokens[len(prefix) :]),)
        if not prefix.startswith(self.head):
            return ()
        positions = _closure(self.tokens, {len(self.head)})
        for character in prefix[len(self.head) :]:
            positions = _closure(self.tokens, _step(self.tokens, positions, character))
        tails = [from_tokens(self.tokens[position:]) for position in sorted(positions)]
        kept: list[Glob] = []
        for tail in tails:
            if not any(other == tail or other.covers(tail) for other in kept):
                kept.append(tail)
        return tuple(kept)


def _compiled(tokens: tuple[str, ...]) -> re.Pattern[str]:
    """Compile to an expression that never tries a ``*`` twice: the first place where the next run of text fits will do.

    Without the atomic groups, a policy with many stars could keep the match busy for ever.
    """
    texts = [""]
    for token in tokens:
        if token is RUN:
            texts.append("")
        else:
            texts[-1] += "." if token is ONE else re.escape(token)
    if len(texts) == 1:
        return re.compile(texts[0], re.DOTALL)
    first, *middle, last = texts
    return re.compile(first + "".join(f"(?>.*?{text})" for text in middle) + ".*" + last, re.DOTALL)


def _is_character(token: str) -> bool:
    return len(token) == 1


_OPEN_ENDED = (RUN, VARIABLE)


@lru_cache(maxsize=8192)
def glob(text: str, *, fold: bool = False, variables: bool = True) -> Glob:
    """Return the pattern for a policy's text.

    ``fold`` makes it lower case (actions are matched without regard to case). ``variables`` is False for documents
    of version 2008-10-17, where the escapes ``${*}``, ``${?}`` and ``${$}`` mean nothing special; what looks like a
    variable is taken for one there too, so that it is never taken for a fixed value.
    """
    source = text.lower() if fold else text
    tokens: list[str] = []
    position = 0
    for found in _VARIABLE.finditer(source):
        tokens += (_WILDCARDS.get(character, character) for character in source[position : found.start()])
        name = found.group(1)
        if name not in ("*", "?", "$"):
            tokens.append(VARIABLE)
        elif variables:
            tokens.append(name)
        else:
            tokens += (_WILDCARDS.get(character, character) for character in found.group(0))
        position = found.end()
    tokens += (_WILDCARDS.get(character, character) for character in source[position:])
    return Glob(source, _canonical(tuple(tokens)))


@lru_cache(maxsize=8192)
def literal(text: str) -> Glob:
    """Return the pattern that matches exactly this text."""
    return Glob(text, tuple(text))


def is_fixed(text: str) -> bool:
    """Whether a condition value is fixed in AWS's sense (S3BPA): no wildcard and no policy variable."""
    return not ("*" in text or "?" in text or "${" in text)


def _canonical(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Give equal patterns equal tokens: in each run of wildcards, the single ones first, then one ``*``."""
    if RUN not in tokens:
        return tokens
    result: list[str] = []
    pending = False
    for token in tokens:
        if token is RUN:
            pending = True
        elif token is ONE:
            result.append(token)
        else:
            if pending:
                result.append(RUN)
                pending = False
            result.append(token)
    if pending:
        result.append(RUN)
    return tuple(result)


def from_tokens(tokens: tuple[str, ...]) -> Glob:
    """Return the pattern that these tokens make."""
    spelled = {RUN: "*", ONE: "?", VARIABLE: "${}"}
    return Glob("".join(spelled.get(token, token) for token in tokens), _canonical(tokens))


def _closure(tokens: tuple[str, ...], positions: set[int]) -> set[int]:
    """Add the positions that are reached by letting open-ended tokens match nothing."""
    reached = set(positions)
    for position in positions:
        following = position
        while following < len(tokens) and tokens[following] in _OPEN_ENDED:
            following += 1
            reached.add(following)
    return reached


def _step(tokens: tuple[str, ...], positions: set[int], symbol: str) -> set[int]:
    """Return the positions after one symbol: a character, ONE (any one of them) or RUN (any run of them)."""
    after: set[int] = set()
    for position in positions:
        if position == len(tokens):
            continue
        token = tokens[position]
        if token in _OPEN_ENDED:
            after.add(position)
        elif symbol is not RUN and (token is ONE or token == symbol):
            after.add(position + 1)
    return after


@lru_cache(maxsize=65536)
def _covers(wide: Glob, narrow: Glob) -> bool:
    if narrow.literal:
        return wide.matches("".join(narrow.tokens))
    positions = _closure(wide.tokens, {0})
    for token in narrow.tokens:
        positions = _closure(wide.tokens, _step(wide.tokens, positions, token))
        if not positions:
            return False
    return len(wide.tokens) in positions


@lru_cache(maxsize=65536)
def _intersects(left: Glob, right: Glob) -> bool:
    if right.literal:
        return left.matches("".join(right.tokens))
    if left.literal:
        return right.matches("".join(left.tokens))
    seen: set[tuple[int, int]] = set()
    todo = [(0, 0)]
    while todo:
        pair = todo.pop()
        if pair in seen:
            continue
        seen.add(pair)
        if pair == (len(left.tokens), len(right.tokens)):
            return True
        todo += _moves(left.tokens, right.tokens, *pair)
    return False


def _moves(left: tuple[str, ...], right: tuple[str, ...], i: int, j: int) -> list[tuple[int, int]]:
    """Return the pairs of positions that both patterns can go on to together."""
    first = left[i] if i < len(left) else None
    second = right[j] if j < len(right) else None
    moves: list[tuple[int, int]] = []
    if first is RUN:
        moves.append((i + 1, j))
        if second is not None and second is not RUN:
            moves.append((i, j + 1))
    if second is RUN:
        moves.append((i, j + 1))
        if first is not None and first is not RUN:
            moves.append((i + 1, j))
    if first is None or second is None or RUN in (first, second):
        return moves
    if ONE in (first, second) or first == second:
        moves.append((i + 1, j + 1))
    return moves
