"""How far each Allow reaches once the Denies beside it are counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from collectors.aws.policy import notes
from collectors.aws.policy.actions import capability_of, in_order, known_actions
from collectors.aws.policy.conditions import holds
from collectors.aws.policy.document import Effect, PolicyDocument, Statement
from collectors.aws.policy.patterns import literal
from collectors.aws.policy.principals import may_be_named, parties, surely_named
from collectors.aws.policy.probes import WIDEST_FIRST, Mentions, Probe, Setting, probes
from collectors.aws.policy.rectangles import Container, Denied, Piece, allowed_pieces, denied, left_over, overlap
from collectors.aws.policy.requests import Request
from collectors.aws.policy.selection import Part
from collectors.model import PUBLIC_REACH, Capability, Reach


class Allow(msgspec.Struct, frozen=True):
    """An Allow and what it may grant on the container."""

    statement: Statement
    pieces: tuple[Piece, ...]


class Deny(msgspec.Struct, frozen=True):
    """A Deny and what it surely covers of the container."""

    statement: Statement
    covers: Denied

    def surely_hits(self, request: Request) -> bool:
        """Whether it surely refuses every such request for what it covers."""
        return (
            surely_named(self.statement.principals, request)
            and holds(self.statement.conditions, request, of_deny=True) is True
        )


class Rules(msgspec.Struct, frozen=True):
    """A policy as it bears on one container."""

    allows: tuple[Allow, ...]
    denies: tuple[Deny, ...]


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """One reach of an Allow: who gets in, and to what. ``pieces`` are what no Deny takes away."""

    reach: Reach
    principals: tuple[str, ...]
    notes: tuple[str, ...]
    pieces: tuple[Piece, ...]
    what: tuple[Capability, ...]


def rules(document: PolicyDocument | None, container: Container) -> Rules:
    """Return the statements of a policy that bear on the container."""
    allows: list[Allow] = []
    denies: list[Deny] = []
    for statement in document.statements if document is not None else ():
        if statement.effect is Effect.ALLOW:
            pieces = allowed_pieces(statement, container)
            if pieces:
                allows.append(Allow(statement, pieces))
        else:
            covers = denied(statement, container)
            if covers is not None:
                denies.append(Deny(statement, covers))
    return Rules(tuple(allows), tuple(denies))


class Reaching:
    """The reach of Allows under given Denies, in a given setting.

    ``backing`` are the rules of the bucket behind an access point, which must allow as well; None where the Allow
    stands for itself. ``owner_canonical_id`` as in :func:`~collectors.aws.policy.grants.bucket_policy_grants`.
    """

    def __init__(
        self,
        denies: Sequence[Deny],
        setting: Setting,
        *,
        backing: Rules | None = None,
        owner_canonical_id: str = "",
    ) -> None:
        self._denies = tuple(denies) + (backing.denies if backing is not None else ())
        self._setting = setting
        self._backing = backing
        self._owner_canonical_id = owner_canonical_id

    def of(self, allow: Allow) -> tuple[Reached, ...]:
        """Return each reach that the Allow has, widest first; every piece counts for its widest reach alone."""
        tried = self._probes(allow.statement)
        waiting = dict.fromkeys(allow.pieces)
        found: list[Reached] = []
        for reach in WIDEST_FIRST:
            passed: dict[Piece, tuple[Piece, ...]] = {}
            through: list[Probe] = []
            what: set[Capability] = set()
            for probe in (probe for probe in tried if probe.reach is reach):
                # Who gets in publicly is everyone: no need to look for more of them.
                open_pieces = [piece for piece in waiting if piece not in passed or reach not in PUBLIC_REACH]
                got = self._admitted(allow.statement, open_pieces, probe.request)
                if got:
                    passed |= {piece: left for piece, left, _ in got}
                    what.update(*(capabilities for _, _, capabilities in got))
                    through.append(probe)
            if not passed:
                continue
            for piece in passed:
                del waiting[piece]
            found.append(
                Reached(
                    reach=reach,
                    principals=tuple(dict.fromkeys(probe.principal for probe in through)),
                    notes=_notes(allow.statement, through),
                    pieces=tuple(dict.fromkeys(piece for left in passed.values() for piece in left)),
                    what=in_order(what),
                )
            )
            if not waiting:
                break
        return tuple(found)

    def admits_outsiders(self, allow: Allow) -> bool:
        """Whether anyone but the owner's own principals and AWS services gets in at all."""
        return any(
            probe.reach is not Reach.PRIVATE and self._admitted(allow.statement, allow.pieces, probe.request)
            for probe in self._probes(allow.statement)
        )

    def _probes(self, statement: Statement) -> tuple[Probe, ...]:
        if statement.principals is None:
            return ()
        backing = self._backing.allows if self._backing is not None else ()
        mentions = Mentions.of(
            statement, (deny.statement for deny in self._denies), (allow.statement for allow in backing)
        )
        named = parties(
            statement.principals,
            owner_account=self._setting.owner_account,
            owner_canonical_id=self._owner_canonical_id,
        )
        return tuple(probe for party in named for probe in probes(party, mentions, self._setting))

    def _admitted(
        self, statement: Statement, pieces: Iterable[Piece], request: Request
    ) -> list[tuple[Piece, tuple[Piece, ...], frozenset[Capability]]]:
        """Return the pieces that the request gets at: each with what is left of it and what that lets one do."""
        if holds(statement.conditions, request, of_deny=False) is False:
            return []
        hitting = [deny.covers for deny in self._denies if deny.surely_hits(request)]
        backing = self._backing_pieces(request)
        got = []
        for piece in pieces:
            left = left_over(piece, hitting)
            if backing is not None:
                left = tuple(rest for rest in left if overlap(rest, backing))
            if left:
                got.append((piece, left, frozenset(_capabilities(left, hitting, backing))))
        return got

    def _backing_pieces(self, request: Request) -> tuple[Piece, ...] | None:
        if self._backing is None:
            return None
        return tuple(
            piece
            for allow in self._backing.allows
            if may_be_named(allow.statement.principals, request)
            and holds(allow.statement.conditions, request, of_deny=False) is not False
            for piece in allow.pieces
        )


def _notes(statement: Statement, through: Sequence[Probe]) -> tuple[str, ...]:
    marks = [notes.NOT_PRINCIPAL] if statement.principals is not None and statement.principals.inverted else []
    if any(condition.settled is False for condition in statement.conditions):
        marks.append(notes.TIME_OVER)
    marks += (mark for probe in through for mark in probe.notes)
    signed_only = all(notes.AUTHENTICATED_ONLY in probe.notes for probe in through)
    return tuple(mark for mark in dict.fromkeys(marks) if mark != notes.AUTHENTICATED_ONLY or signed_only)


def _capabilities(
    pieces: Iterable[Piece], hitting: Sequence[Denied], backing: Sequence[Piece] | None
) -> Iterator[Capability]:
    """Yield what the pieces let one do, action by action where a Deny or the backing takes some away."""
    for piece in pieces:
        known = known_actions(piece.actions, of_objects=piece.keys is not None)
        if not known and piece.actions.pattern.literal:
            yield capability_of(piece.actions.pattern.text)
        for action in known:
            single = Piece(Part(literal(action)), piece.keys)
            if hitting and not left_over(single, hitting):
                continue
            if backing is None or overlap(single, backing):
                yield capability_of(action)
