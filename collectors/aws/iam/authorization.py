"""Who there is in an account and under which policies, from ``GetAccountAuthorizationDetails``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from collectors.aws.answers import Answer, expect_root, member
from collectors.aws.iam.operations import GET_ACCOUNT_AUTHORIZATION_DETAILS
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known, Unread

PAGE = 300
"""Entities asked for in one answer: fewer calls than AWS's default of 100, answers that still come in seconds."""

_KINDS = ("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")
"""AWS's own policies too: of these AWS returns those in use, and what is attached has to be read to be judged."""


class Inline(msgspec.Struct, frozen=True, kw_only=True):
    """An inline policy; ``document`` is the decoded object, or text where the SDK could not decode it."""

    name: str
    document: Any


class ManagedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A managed policy: its default version, and how many there are."""

    arn: str
    document: Any
    versions: int


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group and its policies; ``attached`` are ARNs."""

    arn: str
    name: str
    inline: tuple[Inline, ...]
    attached: tuple[str, ...]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A user or a role (``is_user``). ``groups`` are names, ``attached`` ARNs, ``boundary`` an ARN or empty.

    ``trust`` is a role's trust policy as the SDK decoded it, None for a user.
    """

    arn: str
    name: str
    is_user: bool
    path: str = "/"
    tags: Fact[dict[str, str]]
    inline: tuple[Inline, ...]
    attached: tuple[str, ...]
    groups: tuple[str, ...] = ()
    boundary: str = ""
    trust: Any = None


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What was listed, by ARN (groups by name), and why the rest was not."""

    users: Mapping[str, Identity]
    roles: Mapping[str, Identity]
    groups: Mapping[str, Group]
    policies: Mapping[str, ManagedPolicy]
    unread: Unread | None = None

    def named(self, arn: str) -> Identity | None:
        """Return the user or role of this ARN, or the one of its name: an event may not tell the path."""
        of_kind = self.users if ":user/" in arn else self.roles
        found = of_kind.get(arn)
        if found is not None:
            return found
        name = arn.rpartition("/")[2]
        return next((identity for identity in of_kind.values() if identity.name == name), None)


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    users: tuple[Identity, ...]
    roles: tuple[Identity, ...]
    groups: tuple[Group, ...]
    policies: tuple[ManagedPolicy, ...]
    marker: str


def read_inventory(account: AwsAccount) -> Inventory:
    """List the account's identities and policies, page by page."""
    users: dict[str, Identity] = {}
    roles: dict[str, Identity] = {}
    groups: dict[str, Group] = {}
    policies: dict[str, ManagedPolicy] = {}
    unread: Unread | None = None
    parameters: dict[str, Any] = {"Filter": list(_KINDS), "MaxItems": PAGE}
    while True:
        page = account.read(GET_ACCOUNT_AUTHORIZATION_DETAILS, account.home_region, _page, **parameters)
        if not isinstance(page, Known):
            unread = page if isinstance(page, Unread) else None
            break
        users.update((one.arn, one) for one in page.value.users)
        roles.update((one.arn, one) for one in page.value.roles)
        groups.update((one.name, one) for one in page.value.groups)
        policies.update((one.arn, one) for one in page.value.policies)
        if not page.value.marker or page.value.marker == parameters.get("Marker"):
            break
        parameters["Marker"] = page.value.marker
    return Inventory(users=users, roles=roles, groups=groups, policies=policies, unread=unread)


def _page(answer: Answer) -> _Page:
    expect_root(answer, GET_ACCOUNT_AUTHORIZATION_DETAILS.name)
    return _Page(
        users=tuple(_user(entry) for entry in answer.get("UserDetailList", ())),
        roles=tuple(_role(entry) for entry in answer.get("RoleDetailList", ())),
        groups=tuple(_group(entry) for entry in answer.get("GroupDetailList", ())),
        policies=tuple(_policy(entry) for entry in answer.get("Policies", ())),
        marker=member(answer, "Marker") if answer.get("IsTruncated") else "",
    )


def _user(entry: Answer) -> Identity:
    return Identity(
        arn=member(entry, "Arn"),
        name=member(entry, "UserName"),
        path=entry.get("Path", "/"),
        is_user=True,
        tags=_tags(entry),
        inline=_inline(entry.get("UserPolicyList", ())),
        attached=_attached(entry),
        groups=tuple(entry.get("GroupList", ())),
        boundary=_boundary(entry),
    )


def _role(entry: Answer) -> Identity:
    return Identity(
        arn=member(entry, "Arn"),
        name=member(entry, "RoleName"),
        path=entry.get("Path", "/"),
        is_user=False,
        tags=_tags(entry),
        inline=_inline(entry.get("RolePolicyList", ())),
        attached=_attached(entry),
        boundary=_boundary(entry),
        trust=member(entry, "AssumeRolePolicyDocument"),
    )


def _group(entry: Answer) -> Group:
    return Group(
        arn=member(entry, "Arn"),
        name=member(entry, "GroupName"),
        inline=_inline(entry.get("GroupPolicyList", ())),
        attached=_attached(entry),
    )


def _policy(entry: Answer) -> ManagedPolicy:
    versions = entry.get("PolicyVersionList", ())
    default = next((version for version in versions if version.get("IsDefaultVersion")), None)
    return ManagedPolicy(
        arn=member(entry, "Arn"),
        document=default["Document"] if default is not None and "Document" in default else None,
        versions=len(versions),
    )


def _inline(entries: Iterable[Answer]) -> tuple[Inline, ...]:
    return tuple(
        Inline(name=member(entry, "PolicyName"), document=member(entry, "PolicyDocument")) for entry in entries
    )


def _attached(entry: Answer) -> tuple[str, ...]:
    return tuple(member(attached, "PolicyArn") for attached in entry.get("AttachedManagedPolicies", ()))


def _boundary(entry: Answer) -> str:
    boundary = entry.get("PermissionsBoundary") or {}
    return str(boundary.get("PermissionsBoundaryArn") or "")


def _tags(entry: Answer) -> Fact[dict[str, str]]:
    return Known({tag["Key"]: tag["Value"] for tag in entry.get("Tags", ())})
