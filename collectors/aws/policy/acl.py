"""Bucket ACLs. Sources: S3ACL (acl-overview), S3BPA, S3OWN (object ownership), S3RP (requester pays)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.policy import notes
from collectors.aws.policy.problems import MalformedPolicyError
from collectors.model import PUBLIC_REACH, Capability, Fact, Grant, Known, Reach, Switch, Unread, UnreadReason

_GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": Reach.ANONYMOUS_INTERNET,
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": Reach.ANY_AUTHENTICATED,
    "http://acs.amazonaws.com/groups/s3/LogDelivery": Reach.PRIVATE,
}
# What each permission means on a bucket (on an object READ would read it).
_PERMISSIONS: Mapping[str, tuple[Capability, ...]] = {
    "READ": (Capability.LIST,),
    "WRITE": (Capability.WRITE,),
    "READ_ACP": (Capability.READ,),
    "WRITE_ACP": (Capability.ADMIN,),
    "FULL_CONTROL": (Capability.LIST, Capability.READ, Capability.WRITE, Capability.ADMIN),
}
_OWNER_ENFORCED = "BucketOwnerEnforced"


def acl_grants(
    acl: Mapping[str, Any],
    *,
    owner_id: str,
    ignored: Fact[Switch],
    ownership: Fact[str],
    requester_pays: bool = False,
) -> tuple[Grant, ...]:
    """Return the grants of a ``GetBucketAcl`` answer to anyone but the owner, one for each entry, in their order.

    ``owner_id`` is the owner's canonical user id (the answer's own ``Owner.ID`` where empty); ``ignored`` the merged
    IgnorePublicAcls; ``ownership`` the ObjectOwnership value, ``Known("")`` where none is configured. With
    IgnorePublicAcls on S3 hides public entries from the answer, so that an empty result proves nothing latent.
    Entries of AWS's log delivery group are ``private``. An entry that makes no sense has reach ``unknown`` with
    ``unread`` saying why, and ``effective`` is that Unread unless a switch that is known on silences it.
    Raises MalformedPolicyError where ``Grants`` is no list.
    """
    entries = acl.get("Grants")
    if not isinstance(entries, list | tuple):
        message = "the ACL has no list of Grants"
        raise MalformedPolicyError(message)
    owner = acl.get("Owner")
    own_id = owner_id or (str(owner.get("ID", "")) if isinstance(owner, Mapping) else "")
    grants: list[Grant] = []
    for index, entry in enumerate(entries):
        try:
            reach, principal = _grantee(entry)
            what = _what(entry)
        except MalformedPolicyError as error:
            grants.append(_unknown(index, str(error), entry, ignored, ownership))
            continue
        if own_id and principal == own_id:
            continue
        marks: tuple[str, ...] = ()
        if requester_pays and reach is Reach.ANONYMOUS_INTERNET:
            reach, marks = Reach.ANY_AUTHENTICATED, (notes.REQUESTER_PAYS,)
        effective, blocked_by = _effect(reach, ignored, ownership)
        grants.append(
            Grant(
                reach=reach,
                what=what,
                via="bucket ACL",
                effective=effective,
                blocked_by=blocked_by,
                principals=(principal,),
                statement=entry,
                notes=marks,
            )
        )
    return tuple(grants)


def _grantee(entry: object) -> tuple[Reach, str]:
    grantee = entry.get("Grantee") if isinstance(entry, Mapping) else None
    if not isinstance(grantee, Mapping):
        message = "the entry has no Grantee"
        raise MalformedPolicyError(message)
    match grantee:
        case {"URI": str(uri)} if uri in _GROUPS:
            return _GROUPS[uri], uri
        case {"ID": str(name)} | {"EmailAddress": str(name)} if name:
            return Reach.NAMED_EXTERNAL, name
        case _:
            message = f"Grantee of type {grantee.get('Type')!r} is not known"
            raise MalformedPolicyError(message)


def _what(entry: Mapping[str, Any]) -> tuple[Capability, ...]:
    permission = entry.get("Permission")
    what = _PERMISSIONS.get(permission) if isinstance(permission, str) else None
    if what is None:
        message = f"Permission {permission!r} is not known"
        raise MalformedPolicyError(message)
    return what


def _effect(reach: Reach, ignored: Fact[Switch], ownership: Fact[str]) -> tuple[Fact[bool], tuple[str, ...]]:
    """Return whether an entry bites now, and what silences it: Kleene, one switch known on decides."""
    unread: Unread | None = None
    blocked_by: list[str] = []
    match ownership:
        case Known(value) if value == _OWNER_ENFORCED:
            blocked_by.append(f"ObjectOwnership {_OWNER_ENFORCED}")
        case Unread():
            unread = ownership
    if reach in PUBLIC_REACH:
        match ignored:
            case Known(switch) if switch.on:
                blocked_by += switch.by
            case Unread():
                unread = unread or ignored
    if blocked_by:
        return Known(value=False), tuple(blocked_by)
    return unread if unread is not None else Known(value=True), ()


def _unknown(index: int, problem: str, entry: object, ignored: Fact[Switch], ownership: Fact[str]) -> Grant:
    detail = f"grant {index + 1}: {problem}"
    unread = Unread(reason=UnreadReason.MALFORMED, operation="s3:GetBucketAcl", detail=detail)
    _, blocked_by = _effect(Reach.ANONYMOUS_INTERNET, ignored, ownership)
    return Grant(
        reach=Reach.UNKNOWN,
        what=(),
        via="bucket ACL",
        effective=Known(value=False) if blocked_by else unread,
        blocked_by=blocked_by,
        statement=entry,
        notes=(notes.MALFORMED,),
        unread=unread,
    )
