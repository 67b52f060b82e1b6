"""Identity providers in trust policies: a company's own, or one in which anybody may have an account.

At a shared provider only conditions tell one's own repositories, identity pools and apps from a stranger's: they hold
strangers off where they fix a claim that tells whose a token is. Source: IAM User Guide, "Create a role for OpenID
Connect federation" and "Available keys for AWS OIDC federation".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from collectors.aws.policy import Statement, dates
from collectors.aws.policy.arns import account_of
from collectors.aws.policy.conditions import holds
from collectors.aws.policy.document import PrincipalKind
from collectors.aws.policy.operators import Condition
from collectors.aws.policy.requests import ABSENT, ANYTHING, FOREIGN, NOW, Exactly, OwnName, State
from collectors.model import Reach, Trust, TrustedKind

WITH_SAML = "sts:assumerolewithsaml"
WITH_WEB_IDENTITY = "sts:assumerolewithwebidentity"

NO_SUBJECT = "federation_open_to_strangers"
GUESTS = "federation_lets_guests_in"
APP_USERS = "federated_app_users"

# Cognito's identity pools sign as another issuer in each partition, and in us-gov-east-1 (AWS GovCloud (US) User Guide,
# "Amazon Cognito"; AWS Mobile SDK for China).
_COGNITO = frozenset(
    {
        "cognito-identity.amazonaws.com",
        "cognito-identity-us-gov.amazonaws.com",
        "cognito-identity.us-gov-east-1.amazonaws.com",
        "cognito-identity.cn-north-1.amazonaws.com.cn",
    }
)
_APPS = frozenset({"accounts.google.com", "graph.facebook.com", "www.amazon.com", *_COGNITO})
"""Providers whose tokens name the app (or identity pool) that they were made for in ``aud`` or ``app_id``."""

_ACCOUNT_PATH = OwnName(r"^[^/:]+/")
_GITHUB: Mapping[str, State] = {
    # A subject can be made up of claims of one's choice (GitHub, "Customizing the subject claims for an organization
    # or repository"), each as name:value with no other colon in the value.
    "sub": OwnName(r"(^|:)(repo(sitory)?:[^/:]+/|repository_owner:[^:*]+(:|$)|repository(_owner)?_id:\d+(:|$))"),
    "repository": _ACCOUNT_PATH,
    # Not job_workflow_ref: anybody's workflow may call a public one. Nor actor: whoever opens a pull request is one.
    "workflow_ref": _ACCOUNT_PATH,
    **dict.fromkeys(
        ("repository_owner", "repository_owner_id", "repository_id", "enterprise", "enterprise_id"), FOREIGN
    ),
}
_GITLAB: Mapping[str, State] = {
    "sub": OwnName(r"^project_path:[^/:]+/"),
    "project_path": _ACCOUNT_PATH,
    "namespace_path": FOREIGN,
    "namespace_id": FOREIGN,
    "project_id": FOREIGN,
}
_OF_ORGANIZATION = OwnName(r"^organization:[^:]+:")
_SHARED: Mapping[str, Mapping[str, State]] = {
    "token.actions.githubusercontent.com": _GITHUB,
    "gitlab.com": _GITLAB,
    "app.terraform.io": {
        "sub": _OF_ORGANIZATION,
        "terraform_full_workspace": _OF_ORGANIZATION,
        **dict.fromkeys((f"terraform_{name}_id" for name in ("organization", "project", "workspace")), FOREIGN),
        "terraform_organization_name": FOREIGN,
    },
    "agent.buildkite.com": {
        "sub": _OF_ORGANIZATION,
        **dict.fromkeys(("organization_slug", "organization_id", "pipeline_id"), FOREIGN),
    },
    "api.pulumi.com/oidc": {"sub": OwnName(r"^pulumi:[^:]+:org:[^:]+:")},
}
"""Providers that sign tokens for all their customers alike, and those claims of a token that tell whose it is.

Every other claim is as its holder likes: branches, environments and the audience are named alike by everybody.
Sources: GitHub, "OpenID Connect reference"; GitLab, "OpenID Connect (OIDC) authentication using ID tokens"; HCP
Terraform, "Workload identity tokens"; Buildkite, "OIDC"; Pulumi, "OpenID Connect".
"""

_OF_APPS: Mapping[str, State] = dict.fromkeys(("aud", "oaud", "azp", "app_id", "sub", "id", "user_id", "hd"), FOREIGN)
"""Claims that tell the app or the person: whether an address was verified, say, is true of strangers too."""


def federated(statement: Statement, provider: str, owner: str, denies: Sequence[Statement] = ()) -> Trust | None:
    """Return what a Federated principal is let in for; None where it is let in for nothing.

    ``denies`` are the Denies of the same trust policy.
    """
    actions = statement.actions
    if actions is None:
        return None
    account = account_of(provider)
    reach = Reach.NAMED_EXTERNAL if account not in ("", owner) else Reach.PRIVATE
    saml = ":saml-provider/" in provider
    assuming = WITH_SAML if saml else WITH_WEB_IDENTITY
    issuer = "" if saml else provider.rpartition(":oidc-provider/")[2].lower()
    rules = _Rules(
        statement.conditions, tuple(deny.conditions for deny in denies if _refuses(deny, provider, assuming))
    )
    if not actions.may_match(assuming) or not rules.admit(_Token(issuer)):
        return None
    note = "" if saml else _openness(rules, issuer)
    if note in (NO_SUBJECT, GUESTS):
        reach = Reach.ANONYMOUS_INTERNET
    return Trust(
        reach=reach,
        kind=TrustedKind.SAML if saml else TrustedKind.OIDC,
        principal=provider,
        account=account,
        statement=statement.raw,
        notes=(note,) if note else (),
    )


def _refuses(deny: Statement, provider: str, action: str) -> bool:
    """Whether a Deny surely means whoever comes by the provider, where its conditions hold."""
    named = deny.principals
    if named is None or deny.actions is None or not deny.actions.matches(action):
        return False
    meant = named.has_everyone or any(
        member.kind is PrincipalKind.FEDERATED and member.value == provider for member in named.members
    )
    return meant is not named.inverted


class _Rules(msgspec.Struct, frozen=True):
    """The conditions of an Allow, and those of the Denies beside it."""

    allow: tuple[Condition, ...]
    denies: tuple[tuple[Condition, ...], ...]

    def admit(self, token: _Token) -> bool:
        """Whether some holder of such a token gets in."""
        if holds(self.allow, token, of_deny=False) is False:
            return False
        return not any(holds(deny, token, of_deny=True) is True for deny in self.denies)


def _openness(rules: _Rules, issuer: str) -> str:
    shared = _SHARED.get(issuer)
    if shared is not None:
        return NO_SUBJECT if rules.admit(_Token(issuer, shared)) else ""
    if issuer not in _APPS:
        return ""
    if rules.admit(_Token(issuer, _OF_APPS)):
        return NO_SUBJECT
    if issuer in _COGNITO and rules.admit(_Token(issuer, {"amr": Exactly("unauthenticated")})):
        return GUESTS
    return APP_USERS


class _Token(msgspec.Struct, frozen=True):
    """What a token of one issuer puts into the request: ``claims`` as given, anything under the others."""

    issuer: str
    claims: Mapping[str, State] = msgspec.field(default_factory=dict)

    def state(self, key: str) -> State:
        """Return what the request carries under a condition key (given in lower case)."""
        if key in dates.NAMES:
            return NOW
        issuer, _, claim = key.rpartition(":")
        if self.issuer and issuer == self.issuer:
            return self.claims.get(claim, ANYTHING)
        return ABSENT if self.issuer and key.startswith(("saml:", "aws:principal")) else ANYTHING
