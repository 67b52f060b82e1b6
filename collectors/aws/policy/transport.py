"""Whether a bucket policy refuses plaintext requests.

Only a Deny can: an Allow that asks for TLS says nothing of what other policies allow. Source: S3 security best
practices (enforce encryption of data in transit), IAMCK for aws:SecureTransport, which every request carries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from collectors.aws.policy.conditions import holds
from collectors.aws.policy.document import Effect, PolicyDocument, Statement
from collectors.aws.policy.patterns import glob
from collectors.aws.policy.problems import MalformedPolicyError
from collectors.aws.policy.reaching import Deny, rules
from collectors.aws.policy.rectangles import WHOLE, Container, Piece, left_over
from collectors.aws.policy.requests import ANYTHING, FALSE, State
from collectors.aws.policy.selection import Part
from collectors.model import TlsOnly

_SECURE_TRANSPORT = "aws:securetransport"
_EVERY_KEY = Part(glob("*"))


class _Plaintext(msgspec.Struct, frozen=True):
    """A request without TLS by anybody, from anywhere, for anything."""

    def state(self, key: str) -> State:
        return FALSE if key == _SECURE_TRANSPORT else ANYTHING


def tls_only(document: PolicyDocument | None, *, bucket_arn: str) -> TlsOnly:
    """Return whether requests without TLS are refused for every principal and action, on the bucket and all objects.

    Several statements may do it together. ``gaps`` name what is left open, ``statement`` is the Deny that enforces it
    (a list of them where it takes several). Raises MalformedPolicyError when what can be read does not enforce it and
    a Deny that makes no sense might.
    """
    if document is None:
        return TlsOnly(enforced=False, gaps=("there is no bucket policy",))
    denies = rules(document, Container.of_bucket(bucket_arn)).denies
    refusing = [deny for deny in denies if _for_everyone(deny.statement) and _when_plaintext(deny.statement)]
    open_pieces = _open(refusing)
    if not open_pieces:
        alone = next((deny for deny in refusing if not _open([deny])), None)
        enforcing = [alone] if alone is not None else refusing
        statements = [deny.statement.raw for deny in enforcing]
        return TlsOnly(enforced=True, statement=statements[0] if alone is not None else statements)
    _refuse_unreadable(document)
    gaps = dict.fromkeys((*_uncovered(open_pieces, refusing), *_spared(denies, refusing)))
    return TlsOnly(enforced=False, gaps=tuple(gaps))


def _for_everyone(statement: Statement) -> bool:
    principals = statement.principals
    return principals is not None and principals.has_everyone and not principals.inverted


def _when_plaintext(statement: Statement) -> bool:
    return holds(statement.conditions, _Plaintext(), of_deny=True) is True


def _open(refusing: Sequence[Deny]) -> tuple[Piece, ...]:
    covers = [deny.covers for deny in refusing]
    return tuple(rest for piece in WHOLE for rest in left_over(piece, covers))


def _refuse_unreadable(document: PolicyDocument) -> None:
    """Raise where a statement that cannot be read might be the Deny that enforces it."""
    problems = [(one.index, one.problem) for one in document.unreadable if one.effect is not Effect.ALLOW]
    problems += (
        (one.index, "a Deny without Principal, Action or Resource")
        for one in document.statements
        if one.effect is Effect.DENY and None in (one.principals, one.actions, one.resources)
    )
    for index, problem in sorted(problems):
        message = f"statement {index + 1}: {problem}"
        raise MalformedPolicyError(message)


def _uncovered(open_pieces: Sequence[Piece], refusing: Sequence[Deny]) -> Iterator[str]:
    """Yield what the statements that do refuse plaintext requests do not cover."""
    if not refusing:
        yield "no statement refuses all requests without TLS"
        return
    for piece in open_pieces:
        if piece.keys is None:
            whole = not any(deny.covers.bucket for deny in refusing)
            yield "the bucket itself" if whole else "some actions on the bucket itself"
            continue
        selections = [deny.covers.keys for deny in refusing if not deny.covers.keys.inverted]
        keys = [pattern.text for selection in selections for pattern in selection.patterns]
        if any(not _EVERY_KEY.minus(deny.covers.keys) for deny in refusing):
            yield "some actions on objects"
        elif keys:
            yield f"objects other than {', '.join(dict.fromkeys(keys))}"
        else:
            yield "objects"


def _spared(denies: Sequence[Deny], refusing: Sequence[Deny]) -> Iterator[str]:
    """Yield why statements that speak of TLS do not count."""
    for deny in denies:
        statement = deny.statement
        speaks_of_tls = any(condition.key == _SECURE_TRANSPORT for condition in statement.conditions)
        if not speaks_of_tls or deny in refusing:
            continue
        name = f"statement {statement.index + 1}"
        if not _for_everyone(statement):
            spares = statement.principals is not None and statement.principals.inverted
            yield f"{name} {'spares the principals in NotPrincipal' if spares else 'binds named principals only'}"
        others = sorted({condition.key for condition in statement.conditions} - {_SECURE_TRANSPORT})
        if others:
            yield f"{name} binds only requests with certain values of {', '.join(others)}"
        elif not _when_plaintext(statement):
            yield f"{name} does not match requests without TLS"
