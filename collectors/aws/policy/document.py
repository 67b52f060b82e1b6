"""Policy documents: odd but legal forms in, one shape out.

Every element may be a single value where the grammar allows a list, condition values may be JSON booleans and numbers,
element, operator and condition key names may come in any letter case. What makes no sense costs its statement, and the
document only where nothing of it can be told. Source: IAM User Guide, grammar of the JSON policy language. The shape
is the same for identity, trust and resource policies: which elements a statement must have is its evaluator's matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NoReturn

import msgspec

from collectors.aws.policy.operators import Condition, parse_conditions
from collectors.aws.policy.patterns import glob
from collectors.aws.policy.problems import MalformedPolicyError
from collectors.aws.policy.selection import Selection


class Effect(StrEnum):
    """What a statement does."""

    ALLOW = "Allow"
    DENY = "Deny"


class PrincipalKind(StrEnum):
    """The kinds of principal; the values are the grammar's."""

    AWS = "AWS"
    SERVICE = "Service"
    FEDERATED = "Federated"
    CANONICAL_USER = "CanonicalUser"


class Principal(msgspec.Struct, frozen=True):
    """One member of a Principal or NotPrincipal element, as written."""

    kind: PrincipalKind
    value: str


class Principals(msgspec.Struct, frozen=True):
    """A Principal element, or (``inverted``) a NotPrincipal element: everyone who is not a member."""

    members: tuple[Principal, ...]
    inverted: bool = False

    @property
    def has_everyone(self) -> bool:
        """Whether ``*`` or ``{"AWS": "*"}``, which mean the same, is among the members."""
        return any(member.kind is PrincipalKind.AWS and member.value == "*" for member in self.members)


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement. An element that is not there is None; ``raw`` is the statement as it was written.

    Actions are folded to lower case, resources are not: their patterns compare as they are.
    """

    effect: Effect
    raw: Any
    index: int = 0
    sid: str = ""
    principals: Principals | None = None
    actions: Selection | None = None
    resources: Selection | None = None
    conditions: tuple[Condition, ...] = ()


class UnreadableStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that makes no sense: its place in the document (from 0), what is odd, and the statement itself.

    ``effect`` is None where not even that can be told.
    """

    index: int
    problem: str
    raw: Any
    effect: Effect | None = None


class PolicyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed policy: its statements in order, and those that made no sense."""

    version: str = ""
    statements: tuple[Statement, ...] = ()
    unreadable: tuple[UnreadableStatement, ...] = ()


_ELEMENTS = {
    name.lower(): name
    for name in (
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    )
}
_KINDS = {kind.value.lower(): kind for kind in PrincipalKind}
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_SAFE_DIGITS = 18
_LEGACY = "2008-10-17"
"""The version that a document without Version has."""


def parse_policy(source: str | bytes | Mapping[str, Any], *, now: datetime | None = None) -> PolicyDocument:
    """Parse JSON text or a decoded document, to be judged at ``now`` (with a time zone): at once where none is given.

    Raises MalformedPolicyError where the document as a whole makes no sense (no JSON object, no Statement).
    """
    repeated: dict[int, str] = {}
    document = _decode(source, repeated) if isinstance(source, str | bytes) else source
    if not isinstance(document, Mapping):
        _refuse(f"a policy must be a JSON object, this is {_json_kind(document)}")
    if id(document) in repeated:
        _refuse(f"the document names {repeated[id(document)]!r} twice")
    fields = {str(name).lower(): value for name, value in document.items()}
    if len(fields) < len(document):
        _refuse("the document names an element twice")
    version = fields.get("version", _LEGACY)
    if not isinstance(version, str):
        _refuse(f"Version is {_json_kind(version)}")
    statements = fields.get("statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list | tuple):
        _refuse("the document has no Statement" if statements is None else f"Statement is {_json_kind(statements)}")
    moment = now or datetime.now(UTC)
    readable: list[Statement] = []
    unreadable: list[UnreadableStatement] = []
    for index, raw in enumerate(statements):
        try:
            _refuse_repeats(raw, repeated)
            readable.append(_statement(raw, index, variables=version != _LEGACY, now=moment))
        except MalformedPolicyError as error:
            unreadable.append(UnreadableStatement(index=index, problem=str(error), raw=raw, effect=_effect_of(raw)))
    return PolicyDocument(version=version, statements=tuple(readable), unreadable=tuple(unreadable))


def _decode(source: str | bytes, repeated: dict[int, str]) -> object:
    """Decode JSON, noting by id the objects that name a member twice."""

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) < len(pairs):
            names = [name for name, _ in pairs]
            repeated[id(built)] = next(name for name in names if names.count(name) > 1)
        return built

    def no_number(constant: str) -> NoReturn:
        _refuse(f"{constant} is no JSON")

    try:
        characters = source.decode("utf-8-sig") if isinstance(source, bytes) else source
        document = json.loads(characters, object_pairs_hook=build, parse_constant=no_number, parse_int=_integer)
        if _SURROGATE.search(characters):
            # Half a character decodes but cannot be encoded again as evidence.
            json.dumps(document, ensure_ascii=False).encode()
    except MalformedPolicyError:
        raise
    except RecursionError:
        _refuse("the document is nested too deeply")
    except ValueError as error:
        # Only the position is told: the text around it may hold anything.
        position = f" (at character {error.pos})" if isinstance(error, json.JSONDecodeError) else ""
        _refuse(f"the document is no JSON{position}")
    return document


def _integer(digits: str) -> int | str:
    """Keep an integer that no other JSON reader need accept as its digits: evidence is encoded again."""
    return int(digits) if len(digits) <= _SAFE_DIGITS else digits


def _refuse_repeats(node: object, repeated: Mapping[int, str]) -> None:
    """Refuse a statement in which some object names a member twice: readers differ on which one holds."""
    if not repeated:
        return
    if id(node) in repeated:
        _refuse(f"{repeated[id(node)]!r} is named twice")
    if isinstance(node, Mapping):
        for member in node.values():
            _refuse_repeats(member, repeated)
    elif isinstance(node, list | tuple):
        for member in node:
            _refuse_repeats(member, repeated)


def _statement(raw: object, index: int, *, variables: bool, now: datetime) -> Statement:
    if not isinstance(raw, Mapping):
        _refuse(f"the statement is {_json_kind(raw)}")
    fields: dict[str, Any] = {}
    for name, value in raw.items():
        element = _ELEMENTS.get(str(name).lower())
        if element is None:
            _refuse(f"{name!r} is no element of a statement")
        if element in fields:
            _refuse(f"{element} is named twice")
        fields[element] = value
    effect = _effect_of(raw)
    if effect is None:
        _refuse("Effect is neither Allow nor Deny")
    sid = fields.get("Sid", "")
    return Statement(
        effect=effect,
        raw=raw,
        index=index,
        sid=sid if isinstance(sid, str) else "",
        principals=_principals(fields),
        actions=_selection(fields, "Action", fold=True, variables=variables),
        resources=_selection(fields, "Resource", fold=False, variables=variables),
        conditions=(
            parse_conditions(fields["Condition"], variables=variables, now=now) if "Condition" in fields else ()
        ),
    )


def _effect_of(raw: object) -> Effect | None:
    if isinstance(raw, Mapping):
        for name, value in raw.items():
            if str(name).lower() == "effect" and isinstance(value, str):
                return {"allow": Effect.ALLOW, "deny": Effect.DENY}.get(value.lower())
    return None


def _one_of(fields: Mapping[str, Any], name: str) -> tuple[Any, str] | None:
    """Return the element or its Not form with the name it has; None where there is neither."""
    if name in fields and f"Not{name}" in fields:
        _refuse(f"{name} and Not{name} exclude each other")
    for written in (name, f"Not{name}"):
        if written in fields:
            return fields[written], written
    return None


def _selection(fields: Mapping[str, Any], name: str, *, fold: bool, variables: bool) -> Selection | None:
    found = _one_of(fields, name)
    if found is None:
        return None
    value, written = found
    texts = _texts(value, written)
    return Selection(
        tuple(glob(text, fold=fold, variables=variables) for text in dict.fromkeys(texts)),
        inverted=written != name,
    )


def _principals(fields: Mapping[str, Any]) -> Principals | None:
    found = _one_of(fields, "Principal")
    if found is None:
        return None
    value, written = found
    members: dict[Principal, None] = {}
    if isinstance(value, Mapping):
        for name, entries in value.items():
            kind = _KINDS.get(str(name).lower())
            if kind is None:
                _refuse(f"{written}: {name!r} is no kind of principal")
            members.update(dict.fromkeys(Principal(kind, text) for text in _texts(entries, written)))
        if not members:
            _refuse(f"{written} is empty")
    else:
        members.update(dict.fromkeys(Principal(PrincipalKind.AWS, text) for text in _texts(value, written)))
    return Principals(tuple(members), inverted=written != "Principal")


def _texts(value: object, name: str) -> list[str]:
    entries = value if isinstance(value, list | tuple) else [value]
    texts: list[str] = []
    for entry in entries:
        if not isinstance(entry, str) or not entry:
            _refuse(f"{name} holds {'an empty text' if entry == '' else _json_kind(entry)}")
        texts.append(entry)
    if not texts:
        _refuse(f"{name} is empty")
    return texts


def _json_kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list | tuple) else "an object"


def _refuse(problem: str) -> NoReturn:
    raise MalformedPolicyError(problem)
