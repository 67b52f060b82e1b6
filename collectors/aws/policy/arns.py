"""What an ARN, or a pattern of ARNs, pins down."""

from __future__ import annotations

import re

from collectors.aws.policy.patterns import Glob, from_tokens

_COLONS = 5
_ACCOUNT = 4
_ACCOUNT_ID = re.compile(r"\d{12}")
_ORGANIZATION_ID = re.compile(r"o-[a-z0-9]+")


def account_of(arn: str) -> str:
    """Return the account segment of an ARN; empty where the text is no ARN or its ARN holds none."""
    segments = arn.split(":", _COLONS)
    return segments[_ACCOUNT] if len(segments) > _COLONS and segments[0] == "arn" else ""


def is_account_id(text: str) -> bool:
    """Whether the text is an account id: 12 digits."""
    return _ACCOUNT_ID.fullmatch(text) is not None


def segments_match(pattern: Glob, arn: str) -> bool | None:
    """Match as the ARN operators do: each of the six segments by itself. None where a variable decides."""
    wanted = _split(pattern)
    given = arn.split(":", _COLONS)
    if len(wanted) != len(given):
        return False
    results = {_segment(part, value) for part, value in zip(wanted, given, strict=True)}
    if False in results:
        return False
    return None if None in results else True


def pinned_account(pattern: Glob, *, by_segment: bool, colons_in_name: bool) -> str:
    """Return the one account whose ARNs the pattern can match, empty where it could be another's.

    ``by_segment``: the operator compares segment by segment (ArnLike). Where it does not (StringLike), a wildcard
    before the account may run over colons; ``colons_in_name`` says whether the resource's own name may hold some (an
    IAM path may), so that ``arn:aws:iam::*:role/:111122223333:x`` could be anybody's.
    """
    segments = _split(pattern)
    if len(segments) <= _ACCOUNT:
        return ""
    account = segments[_ACCOUNT]
    ahead = segments[:_ACCOUNT]
    if not by_segment and not all(segment.literal for segment in ahead):
        # With exactly five colons in the pattern and none in the name, each colon has one place to be.
        exact = pattern.tokens.count(":") == _COLONS and not colons_in_name
        if not exact or not account.literal:
            return ""
    text = account.text
    if account.literal and len(segments) > _COLONS:
        return text
    starts = _ACCOUNT_ID.match(text)
    return starts.group() if starts and not by_segment and account.tokens[:12] == tuple(starts.group()) else ""


def organization_of(path: Glob) -> str:
    """Return the organization id that a pattern of organization paths begins with, empty where it is open."""
    head = _ORGANIZATION_ID.match(path.text)
    if head is None or path.tokens[: head.end()] != tuple(head.group()):
        return ""
    return head.group() if path.tokens[head.end() : head.end() + 1] == ("/",) or path.literal else ""


def _segment(pattern: Glob, value: str) -> bool | None:
    if pattern.matches(value):
        return True
    return None if pattern.may_match(value) else False


def _split(pattern: Glob) -> list[Glob]:
    pieces: list[list[str]] = [[]]
    for symbol in pattern.tokens:
        if symbol == ":" and len(pieces) <= _COLONS:
            pieces.append([])
        else:
            pieces[-1].append(symbol)
    return [from_tokens(tuple(piece)) for piece in pieces]
