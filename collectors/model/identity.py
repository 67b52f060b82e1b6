"""Identities: users, roles and the account's root, what they sign in with and what they may do.

Shaped so that an IAM user, an Entra user and a Google user are all a :class:`User`: whether there is a
console (or portal) to sign in to, whether a second factor is enforced there and by what, which
long-lived keys there are, and by which paths the identity is an administrator or can become one.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from collectors.model.facts import Fact, Known, NotNeeded
from collectors.model.grants import Reach
from collectors.model.resource import Resource


class MfaMethod(StrEnum):
    """A kind of second factor."""

    VIRTUAL = "virtual"
    HARDWARE = "hardware"


class Mfa(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a sign-in without a second factor is refused, and what refuses it."""

    enforced: bool
    by: tuple[str, ...] = ()


class MfaRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A policy statement that speaks of MFA, and what it really does.

    ``mitigates``: whoever has no second factor is refused nearly everything, sessions and long-lived
    keys alike. ``construct`` is the statement in short (``Deny BoolIfExists false``), ``via`` the
    policy it stands in, ``notes`` codes that say what it does or fails to do.
    """

    construct: str
    mitigates: bool
    via: str
    statement: Any
    notes: tuple[str, ...] = ()


class AccessKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A long-lived key. ``created`` is None where the cloud does not say.

    ``last_used`` is the month (``2026-05``), empty where never or unknown: the day would make the
    identity a changed one each day that the key is used. ``uid`` is the key's public id where the
    listing gives it.
    """

    active: bool
    created: datetime | None = None
    last_used: str = ""
    uid: str = ""


class AdminPath(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way in which an identity holds administrator privileges.

    ``via`` names the policy and, where it is held through a group, the group. ``effective`` is
    Known(False) where something provably takes the privileges away again (``blocked_by``) or where
    they depend on conditions that narrow what they cover (``conditions``); Unread where the policy
    could not be read. ``conditions`` are the keys of the conditions that the grant stands under.
    """

    via: str
    effective: Fact[bool] = Known(value=True)
    blocked_by: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    statement: Any = None


class EscalationPath(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way in which an identity can give itself more privileges than it was given.

    ``method`` is a short name in snake case, ``summary`` says what is done, ``actions`` with which
    permissions, ``via`` from which policies. ``targets`` are what it can be done to today (at most
    five; none where that is the identity itself or something new). ``open_ended``: nothing with more
    privileges is there today that it leads to, but it is open to all that may come. ``effective`` is
    Known(False) where it depends on conditions that could not be decided (``conditions`` names their
    keys).
    """

    method: str
    summary: str
    actions: tuple[str, ...]
    via: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    open_ended: bool = False
    conditions: tuple[str, ...] = ()
    effective: Fact[bool] = Known(value=True)


class TrustedKind(StrEnum):
    """What kind of party may assume a role."""

    EVERYONE = "everyone"
    ACCOUNT = "account"
    USER = "user"
    ROLE = "role"
    SERVICE = "service"
    SAML = "saml"
    OIDC = "oidc"
    UNIQUE_ID = "unique_id"


class Trust(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One party that may assume a role.

    ``reach`` is how far it lets outsiders in (``private``: the owner's own, a service of the cloud, a
    company's own identity provider). ``principal`` is the party as written, ``account`` its account
    where it has one. ``external_id``: a fixed external id is required. ``human_without_mfa``: a
    person who signed in without a second factor gets in. ``notes`` are codes that a reader needs to
    weigh it. ``effective`` is Unread where the statement could not be read.
    """

    reach: Reach
    kind: TrustedKind
    principal: str
    account: str = ""
    external_id: bool = False
    human_without_mfa: bool = False
    effective: Fact[bool] = Known(value=True)
    statement: Any = None
    notes: tuple[str, ...] = ()


class Manager(StrEnum):
    """Who decides what a role may do."""

    CUSTOMER = "customer"
    PROVIDER = "provider"
    IDENTITY_CENTER = "identity_center"


class Principal(Resource, frozen=True, kw_only=True, tag="principal"):
    """The base of every identity that holds privileges.

    ``escalation_paths`` are NotNeeded for an administrator, who has nothing left to gain.
    """

    admin_paths: Fact[tuple[AdminPath, ...]]
    escalation_paths: Fact[tuple[EscalationPath, ...]]


class User(Principal, frozen=True, kw_only=True, tag="user"):
    """A user. ``console_access``: there is a password (or the like) to sign in with.

    ``mfa_rules`` are the statements that speak of MFA in the policies that the user is under.
    """

    console_access: Fact[bool]
    mfa: Fact[Mfa]
    access_keys: Fact[tuple[AccessKey, ...]]
    mfa_rules: Fact[tuple[MfaRule, ...]]


class Role(Principal, frozen=True, kw_only=True, tag="role"):
    """A role: privileges that whoever it trusts may take on."""

    trust: Fact[tuple[Trust, ...]]
    managed_by: Fact[Manager]


class RootUser(Resource, frozen=True, kw_only=True, tag="root_user"):
    """The account's root, which no policy of the account binds.

    ``console_access``: it has a password. ``access_keys`` are the keys that exist, active or not.
    ``signing_certificates``: it has X.509 certificates to sign requests with, which no MFA stands before;
    NotNeeded where the provider knows no such thing. ``mfa_methods`` are the kinds of its devices,
    NotNeeded where it has none.
    """

    console_access: Fact[bool]
    mfa: Fact[Mfa]
    access_keys: Fact[tuple[AccessKey, ...]]
    mfa_methods: Fact[tuple[MfaMethod, ...]]
    signing_certificates: Fact[bool] = NotNeeded("no_signing_certificates_there")
