"""Identity providers in trust policies: a company's own, or one in which anybody may have an account.

At a shared provider only conditions tell one's own repositories, identity pools and apps from a stranger's. They are
tried with what a stranger's token holds. Source: IAM User Guide, "Create a role for OpenID Connect federation" and
"Available keys for AWS OIDC federation".
"""

from __future__ import annotations

import msgspec

from collectors.aws.policy import Statement
from collectors.aws.policy.arns import account_of
from collectors.aws.policy.conditions import holds
from collectors.aws.policy.operators import Condition
from collectors.aws.policy.requests import ABSENT, ANYTHING, Exactly, State
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

_SHARED = frozenset(
    {
        "token.actions.githubusercontent.com",
        "gitlab.com",
        "app.terraform.io",
        "agent.buildkite.com",
        "api.pulumi.com/oidc",
    }
)
"""Providers that sign tokens for all their customers alike, told apart by the subject."""

_STRANGERS = (
    "repo:stranger/anything:ref:refs/heads/main",
    "repo:stranger/anything:environment:production",
    "repo:stranger/anything:pull_request",
    "project_path:stranger/anything:ref_type:branch:ref:main",
    "organization:stranger:project:anything:workspace:anything:run_phase:apply",
    "organization:stranger:pipeline:anything:ref:refs/heads/main:commit:1:step:anything",
    "pulumi:deploy:org:stranger:project:anything",
    "stranger",
)
_STRANGER = Exactly("stranger")


def federated(statement: Statement, provider: str, owner: str) -> Trust | None:
    """Return what a Federated principal is let in for; None where the statement's actions do not let it assume."""
    actions = statement.actions
    if actions is None:
        return None
    account = account_of(provider)
    reach = Reach.NAMED_EXTERNAL if account not in ("", owner) else Reach.PRIVATE
    if ":saml-provider/" in provider:
        if not actions.may_match(WITH_SAML):
            return None
        return Trust(reach=reach, kind=TrustedKind.SAML, principal=provider, account=account, statement=statement.raw)
    if not actions.may_match(WITH_WEB_IDENTITY):
        return None
    issuer = provider.rpartition(":oidc-provider/")[2].lower()
    note = _openness(statement.conditions, issuer)
    if note in (NO_SUBJECT, GUESTS):
        reach = Reach.ANONYMOUS_INTERNET
    return Trust(
        reach=reach,
        kind=TrustedKind.OIDC,
        principal=provider,
        account=account,
        statement=statement.raw,
        notes=(note,) if note else (),
    )


def _openness(conditions: tuple[Condition, ...], issuer: str) -> str:
    if issuer in _SHARED:
        strangers = (_Token(issuer, claim=Exactly(stranger)) for stranger in _STRANGERS)
        return NO_SUBJECT if any(_admits(conditions, token) for token in strangers) else ""
    if issuer not in _APPS:
        return ""
    if _admits(conditions, _Token(issuer, claim=_STRANGER, app=_STRANGER)):
        return NO_SUBJECT
    if issuer in _COGNITO and _admits(conditions, _Token(issuer, method=Exactly("unauthenticated"))):
        return GUESTS
    return APP_USERS


def _admits(conditions: tuple[Condition, ...], token: _Token) -> bool:
    return holds(conditions, token, of_deny=False) is not False


class _Token(msgspec.Struct, frozen=True):
    """What a web identity token of one issuer puts into the request: how it was got, for which app, and the rest."""

    issuer: str
    claim: State = ANYTHING
    app: State = ANYTHING
    method: State = ANYTHING

    def state(self, key: str) -> State:
        """Return what the request carries under a condition key (given in lower case)."""
        issuer, _, claim = key.rpartition(":")
        if issuer != self.issuer:
            return ABSENT if key.startswith(("saml:", "aws:principal")) else ANYTHING
        if claim == "amr":
            return self.method
        return self.app if claim in ("aud", "app_id", "oaud", "azp") else self.claim
