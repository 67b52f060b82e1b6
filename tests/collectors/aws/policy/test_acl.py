"""Bucket ACLs."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.policy import MalformedPolicyError, acl_grants, notes
from collectors.model import Capability, Fact, Grant, Known, NotNeeded, Reach, Switch, Unread, UnreadReason

OWN = {"Grantee": {"Type": "CanonicalUser", "ID": "me", "DisplayName": "me"}, "Permission": "FULL_CONTROL"}
OFF: Fact[Switch] = Known(Switch(on=False))
ON: Fact[Switch] = Known(Switch(on=True, by=("bucket IgnorePublicAcls",)))
NONE: Fact[str] = Known("")
DENIED = Unread(reason=UnreadReason.DENIED, operation="x", permission="s3:x")


def group(name: str, permission: str = "READ") -> dict[str, Any]:
    uri = f"http://acs.amazonaws.com/groups/{name}"
    return {"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission}


ALL = group("global/AllUsers")


def of(*entries: Any, ignored: Fact[Switch] = OFF, ownership: Fact[str] = NONE, **settings: Any) -> tuple[Grant, ...]:
    acl = {"Owner": {"ID": "me"}, "Grants": [OWN, *entries]}
    return acl_grants(acl, owner_id="", ignored=ignored, ownership=ownership, **settings)


def test_the_owner_is_no_grant() -> None:
    assert of() == ()
    assert acl_grants({"Grants": [OWN]}, owner_id="me", ignored=OFF, ownership=NONE) == ()
    (stranger,) = acl_grants({"Grants": [OWN]}, owner_id="you", ignored=OFF, ownership=NONE)
    assert (stranger.reach, stranger.principals) == (Reach.NAMED_EXTERNAL, ("me",))


@pytest.mark.parametrize(
    ("permission", "what"),
    [
        ("READ", (Capability.LIST,)),
        ("WRITE", (Capability.WRITE,)),
        ("READ_ACP", (Capability.READ,)),
        ("WRITE_ACP", (Capability.ADMIN,)),
        ("FULL_CONTROL", (Capability.LIST, Capability.READ, Capability.WRITE, Capability.ADMIN)),
    ],
)
@pytest.mark.parametrize(
    ("name", "reach"),
    [
        ("global/AllUsers", Reach.ANONYMOUS_INTERNET),
        ("global/AuthenticatedUsers", Reach.ANY_AUTHENTICATED),
        ("s3/LogDelivery", Reach.PRIVATE),
    ],
)
def test_groups_and_permissions(name: str, reach: Reach, permission: str, what: tuple[Capability, ...]) -> None:
    entry = group(name, permission)
    (grant,) = of(entry)
    assert (grant.reach, grant.what, grant.via, grant.statement) == (reach, what, "bucket ACL", entry)
    assert grant.effective == Known(value=True)


def test_named_grantees() -> None:
    other = {"Grantee": {"Type": "CanonicalUser", "ID": "you"}, "Permission": "READ"}
    mail = {"Grantee": {"Type": "AmazonCustomerByEmail", "EmailAddress": "a@b.example"}, "Permission": "READ"}
    found = of(other, mail)
    assert [(grant.reach, grant.principals) for grant in found] == [
        (Reach.NAMED_EXTERNAL, ("you",)),
        (Reach.NAMED_EXTERNAL, ("a@b.example",)),
    ]
    # IgnorePublicAcls silences public entries alone, object ownership all of them.
    assert [grant.effective for grant in of(other, ignored=ON)] == [Known(value=True)]
    assert [grant.effective for grant in of(other, ownership=Known("BucketOwnerEnforced"))] == [Known(value=False)]


@pytest.mark.parametrize(
    ("ignored", "ownership", "effective", "blocked_by"),
    [
        (OFF, NONE, Known(value=True), ()),
        (OFF, Known("BucketOwnerPreferred"), Known(value=True), ()),
        (ON, NONE, Known(value=False), ("bucket IgnorePublicAcls",)),
        (OFF, Known("BucketOwnerEnforced"), Known(value=False), ("ObjectOwnership BucketOwnerEnforced",)),
        (
            ON,
            Known("BucketOwnerEnforced"),
            Known(value=False),
            ("ObjectOwnership BucketOwnerEnforced", "bucket IgnorePublicAcls"),
        ),
        (DENIED, NONE, DENIED, ()),
        (OFF, DENIED, DENIED, ()),
        (DENIED, Known("BucketOwnerEnforced"), Known(value=False), ("ObjectOwnership BucketOwnerEnforced",)),
        (ON, DENIED, Known(value=False), ("bucket IgnorePublicAcls",)),
        (OFF, NotNeeded("no_acl"), Known(value=True), ()),
    ],
)
def test_what_silences(
    ignored: Fact[Switch], ownership: Fact[str], effective: Fact[bool], blocked_by: tuple[str, ...]
) -> None:
    (grant,) = of(ALL, ignored=ignored, ownership=ownership)
    assert (grant.effective, grant.blocked_by) == (effective, blocked_by)


@pytest.mark.parametrize(
    "entry",
    [
        "x",
        {},
        {"Grantee": None, "Permission": "READ"},
        {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/Others"}, "Permission": "READ"},
        {"Grantee": {"Type": "CanonicalUser", "ID": ""}, "Permission": "READ"},
        group("global/AllUsers", "OWN"),
        {"Grantee": ALL["Grantee"]},
    ],
)
def test_an_odd_entry_costs_itself_alone(entry: Any) -> None:
    unknown, public = of(entry, ALL)
    assert (unknown.reach, unknown.notes, unknown.statement) == (Reach.UNKNOWN, (notes.MALFORMED,), entry)
    assert unknown.effective == unknown.unread
    assert unknown.unread is not None
    assert unknown.unread.detail.startswith("grant 2: ")
    assert public.reach is Reach.ANONYMOUS_INTERNET
    assert of(entry, ignored=ON)[0].effective == Known(value=False)


@pytest.mark.parametrize("acl", [{}, {"Grants": None}, {"Grants": {}}, {"Owner": {"ID": "me"}}])
def test_an_acl_without_grants_is_no_answer(acl: dict[str, Any]) -> None:
    with pytest.raises(MalformedPolicyError):
        acl_grants(acl, owner_id="me", ignored=OFF, ownership=NONE)


def test_requester_pays_spares_authenticated_users() -> None:
    everyone, signed = of(ALL, group("global/AuthenticatedUsers"), requester_pays=True)
    assert (everyone.reach, everyone.notes) == (Reach.ANY_AUTHENTICATED, (notes.REQUESTER_PAYS,))
    assert (signed.reach, signed.notes) == (Reach.ANY_AUTHENTICATED, ())
