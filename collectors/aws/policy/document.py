"""Policy documents: odd but legal forms in, one shape out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec


class MalformedPolicyError(ValueError):
    """A policy document (or ACL) that makes no sense; the message names what is odd, never a secret."""


class Effect(StrEnum):
    """What a statement does."""

    ALLOW = "Allow"
    DENY = "Deny"


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement."""

    raw: Any


class UnreadableStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that makes no sense: its place in the document (from 0), what is odd, and the statement itself."""

    index: int
    problem: str
    raw: Any
    effect: Effect | None = None


class PolicyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed policy: its statements in order, and those that made no sense."""

    version: str = ""
    statements: tuple[Statement, ...] = ()
    unreadable: tuple[UnreadableStatement, ...] = ()


def parse_policy(source: str | bytes | Mapping[str, Any]) -> PolicyDocument:
    """Parse JSON text or a decoded document.

    Raises MalformedPolicyError where the document as a whole makes no sense (no JSON object, no Statement).
    """
    raise NotImplementedError
