"""What a statement covers of one bucket or access point: actions by resources, and what Denies leave of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from collectors.aws.policy.actions import EVERY_ACTION, applies
from collectors.aws.policy.document import Statement
from collectors.aws.policy.patterns import Glob, glob
from collectors.aws.policy.selection import Part, Selection, parts

_EVERY_KEY = glob("*")
_BUDGET = 200
"""Pieces looked at before giving up on a proof; a real policy needs fewer than ten."""


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket or access point as policies name it: its ARN, and what its objects' ARNs begin with."""

    arn: str
    object_prefix: str

    @classmethod
    def of_bucket(cls, arn: str) -> Container:
        """Return a bucket's names."""
        return cls(arn=arn, object_prefix=f"{arn}/")

    @classmethod
    def of_access_point(cls, arn: str) -> Container:
        """Return an access point's names."""
        return cls(arn=arn, object_prefix=f"{arn}/object/")


class Piece(msgspec.Struct, frozen=True):
    """Some actions on some objects, by key, or (``keys`` None) on the bucket itself."""

    actions: Part
    keys: Part | None = None


class Denied(msgspec.Struct, frozen=True):
    """What a Deny surely covers of a container."""

    actions: Selection
    bucket: bool
    keys: Selection


WHOLE = (Piece(Part(EVERY_ACTION)), Piece(Part(EVERY_ACTION), Part(_EVERY_KEY)))
"""Every action on the bucket itself and on all its objects."""


def allowed_pieces(statement: Statement, container: Container) -> tuple[Piece, ...]:
    """Return all that an Allow may grant on the container, piece by piece; nothing where it names others only.

    Actions are paired with the resource types they work on, unless the statement would then grant nothing at all: S3
    refuses to store such a statement, so that reading it narrowly would prove nothing.
    """
    if statement.actions is None or statement.resources is None:
        return ()
    actions = parts(statement.actions, EVERY_ACTION)
    places: list[Part | None] = [None] if statement.resources.may_match(container.arn) else []
    places += parts(_keys(statement.resources, container), _EVERY_KEY)
    pieces = [Piece(action, place) for action in actions for place in places]
    fitting = [piece for piece in pieces if applies(piece.actions, of_objects=piece.keys is not None)]
    return tuple(dict.fromkeys(fitting or pieces))


def denied(statement: Statement, container: Container) -> Denied | None:
    """Return what a Deny surely covers; None where the statement names no action or no resource."""
    if statement.actions is None or statement.resources is None:
        return None
    keys = _keys(statement.resources, container)
    if not keys.inverted:
        keys = Selection(tuple(pattern for pattern in keys.patterns if not pattern.has_variable))
    return Denied(statement.actions, statement.resources.matches(container.arn), keys)


def left_over(piece: Piece, denies: Sequence[Denied]) -> tuple[Piece, ...]:
    """Return what may be left of a piece after the Denies; nothing left is a proof.

    The order of the Denies means nothing: each may take the whole of what another one spared.
    """
    todo = [piece]
    left: dict[Piece, None] = {}
    looked_at = 0
    while todo:
        current = todo.pop()
        looked_at += 1
        if looked_at > _BUDGET:
            return (*left, current, *todo)
        for deny in denies:
            rest = _minus(current, deny)
            if current not in rest:
                todo += rest
                break
        else:
            left[current] = None
    return tuple(left)


def overlap(piece: Piece, others: Iterable[Piece]) -> bool:
    """Whether some action on some object may belong to the piece and to one of the others."""
    return any(
        (piece.keys is None) is (other.keys is None)
        and piece.actions.pattern.intersects(other.actions.pattern)
        and (piece.keys is None or other.keys is None or piece.keys.pattern.intersects(other.keys.pattern))
        for other in others
    )


def resource_name(piece: Piece, container: Container) -> str:
    """Return the ARN (pattern) of what a piece covers, within the container."""
    return container.arn if piece.keys is None else container.object_prefix + piece.keys.pattern.text


def _keys(resources: Selection, container: Container) -> Selection:
    """Return the selection of object keys that a selection of ARNs makes in the container."""
    return Selection(
        tuple(dict.fromkeys(tail for pattern in resources.patterns for tail in _tails(pattern, container))),
        inverted=resources.inverted,
    )


def _tails(pattern: Glob, container: Container) -> tuple[Glob, ...]:
    return (pattern,) if pattern.universal else pattern.after(container.object_prefix)


def _minus(piece: Piece, deny: Denied) -> list[Piece]:
    actions = piece.actions.minus(deny.actions)
    if piece.keys is None:
        return [Piece(action) for action in actions] if deny.bucket else [piece]
    keys = piece.keys.minus(deny.keys)
    return [
        *(Piece(action, piece.keys) for action in actions),
        *(Piece(piece.actions, key) for key in keys),
    ]
