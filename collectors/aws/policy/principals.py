"""Whom a Principal element means, seen from the account that owns the bucket."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from collectors.aws.policy.arns import account_of, is_account_id
from collectors.aws.policy.document import Principal, PrincipalKind, Principals
from collectors.aws.policy.requests import Identity, Request


class Relation(StrEnum):
    """What a member of a Principal element is to the owner."""

    EVERYONE = "everyone, signed in or not"
    ANY_AWS = "any AWS principal"
    ANY_FEDERATED = "whoever an open identity provider knows"
    OWN = "the owner's own"
    NAMED = "of a given other account"
    UNPLACED = "given by an id that tells no account"
    CLOUDFRONT = "a CloudFront origin access identity"
    SERVICE = "an AWS service"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a Principal element: its relation, its account, and its ARN where it is one user or role."""

    relation: Relation
    written: str
    account: str = ""
    arn: str = ""


def parties(principals: Principals, *, owner_account: str, owner_canonical_id: str) -> tuple[Party, ...]:
    """Return whom an Allow names. NotPrincipal names everyone, unless everyone is what it excepts (IAMNP)."""
    if principals.inverted:
        return () if principals.has_everyone else (Party(relation=Relation.EVERYONE, written="*"),)
    return tuple(_party(member, owner_account, owner_canonical_id) for member in principals.members)


def accounts_named(principals: Principals) -> tuple[str, ...]:
    """Return the account ids that a Principal or NotPrincipal element names."""
    placed = (_account(member) for member in principals.members)
    return tuple(account for account in placed if is_account_id(account))


def names_unplaced(principals: Principals) -> bool:
    """Whether an element names a principal by an id that tells no account."""
    return any(not _is_service(member) and not is_account_id(_account(member)) for member in principals.members)


def surely_named(principals: Principals | None, request: Request) -> bool:
    """Whether a Deny's Principal element surely means whoever sends the request."""
    if principals is None:
        return False
    if principals.inverted:
        return not (principals.has_everyone or _may_be_excepted(principals.members, request))
    return principals.has_everyone or any(_is_sender(member, request) for member in principals.members)


def may_be_named(principals: Principals | None, request: Request) -> bool:
    """Whether an Allow's Principal element may mean whoever sends the request."""
    if principals is None:
        return False
    if principals.inverted:
        return not principals.has_everyone
    return principals.has_everyone or any(_may_be_sender(member, request) for member in principals.members)


def _may_be_excepted(members: Sequence[Principal], request: Request) -> bool:
    """Whether a NotPrincipal element may spare whoever sends the request.

    An account that stands beside one of its own users or roles is there for that one's sake, and spares nobody else of
    it (IAMNP).
    """
    may_be = [member for member in members if _may_be_sender(member, request)]
    sender = _user_or_role(request.arn)
    if request.identity is not Identity.NAMED or not sender:
        return bool(may_be)
    named = [_user_or_role(member.value) for member in may_be]
    return sender in named or any(
        not name and not (any(named) and _is_sender(member, request))
        for member, name in zip(may_be, named, strict=True)
    )


def _user_or_role(arn: str) -> tuple[str, str] | None:
    """Return kind and name of the one user or role of an account that an ARN means, also by a session of the role."""
    head, _, resource = arn.partition(":iam::" if ":iam::" in arn else ":sts::")
    kind, *path = resource.partition(":")[2].split("/")
    if not head.startswith("arn:") or _is_open(arn) or not path:
        return None
    if kind == "assumed-role":
        return ("role", path[0])
    return (kind, path[-1]) if kind in ("user", "role") else None


def _party(member: Principal, owner_account: str, owner_canonical_id: str) -> Party:
    value = member.value
    if member.kind is PrincipalKind.AWS and value == "*":
        return Party(relation=Relation.EVERYONE, written=value)
    account = _account(member)
    if is_account_id(account):
        relation = Relation.OWN if account == owner_account else Relation.NAMED
        return Party(relation=relation, written=value, account=account, arn=_single(value))
    return Party(relation=_unplaced(member, account, owner_canonical_id), written=value)


def _unplaced(member: Principal, account: str, owner_canonical_id: str) -> Relation:
    """Return the relation of a member that names no account id."""
    if member.kind is PrincipalKind.FEDERATED:
        return Relation.ANY_FEDERATED
    if _is_open(member.value):
        # A wildcard for a service counts too: whoever has an AWS account can have some service act for him.
        return Relation.ANY_AWS
    if member.kind is PrincipalKind.SERVICE:
        return Relation.SERVICE
    if member.kind is PrincipalKind.CANONICAL_USER and member.value == owner_canonical_id:
        return Relation.OWN
    return Relation.CLOUDFRONT if account == "cloudfront" else Relation.UNPLACED


def _account(member: Principal) -> str:
    """Return the account that a member names, empty where it names none."""
    if member.kind in (PrincipalKind.SERVICE, PrincipalKind.CANONICAL_USER):
        return ""
    return member.value if is_account_id(member.value) else account_of(member.value)


def _single(arn: str) -> str:
    """Return the ARN as aws:PrincipalArn holds it where it is one user or role, else nothing."""
    service, _, resource = arn.partition(":iam::")
    one = service.startswith("arn:") and resource.partition(":")[2].startswith(("user/", "role/"))
    return arn if one and not _is_open(arn) else ""


def _is_service(member: Principal) -> bool:
    return member.kind is PrincipalKind.SERVICE


def _is_open(value: str) -> bool:
    return "*" in value or "?" in value or "${" in value


def _is_sender(member: Principal, request: Request) -> bool:
    if member.kind is not PrincipalKind.AWS or request.identity is not Identity.NAMED or not request.account:
        return False
    whole_account = member.value == request.account or (
        account_of(member.value) == request.account and member.value.endswith(":root")
    )
    return whole_account or (request.arn != "" and member.value == request.arn)


def _may_be_sender(member: Principal, request: Request) -> bool:
    """Whether a member that is not everyone may mean whoever sends the request.

    An outsider is somebody whom no element names: who is named by account is asked for by account.
    """
    if request.identity is Identity.ANONYMOUS:
        return False
    if _is_service(member) or request.identity is Identity.SERVICE:
        return _is_service(member) and request.identity is Identity.SERVICE
    placed = _account(member)
    if request.identity is Identity.NAMED and request.account:
        return placed == request.account or not is_account_id(placed)
    if request.identity in (Identity.NAMED, Identity.UNIQUE):
        return request.identity is Identity.NAMED or not is_account_id(placed)
    return (member.kind is PrincipalKind.FEDERATED or _is_open(member.value)) and not is_account_id(placed)
