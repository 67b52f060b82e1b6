"""Whom a role's trust policy lets assume it.

Sources: IAM User Guide, "How to use trust policies with IAM roles", "The confused deputy problem" (external id), and
IAMCK for what the requests of a user carry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from collectors.aws.iam.privileges.holder import MALFORMED
from collectors.aws.iam.privileges.issuers import federated
from collectors.aws.iam.privileges.mfa import SIGNED_IN_WITHOUT_MFA, WITH_ACCESS_KEY
from collectors.aws.iam.privileges.overlay import Overlay
from collectors.aws.iam.privileges.targets import RoleSide
from collectors.aws.policy import Effect, PolicyDocument, Statement, notes
from collectors.aws.policy.conditions import holds
from collectors.aws.policy.document import Principal as Named
from collectors.aws.policy.document import PrincipalKind, Principals
from collectors.aws.policy.operators import Condition, Family
from collectors.aws.policy.patterns import glob
from collectors.aws.policy.principals import Party, Relation, parties, surely_named
from collectors.aws.policy.probes import WIDEST_FIRST, Mentions, Probe, Setting, probes
from collectors.aws.policy.requests import ABSENT, ANYTHING, FALSE, Exactly, Identity, Network, Request, State
from collectors.model import Known, Reach, Trust, TrustedKind

_ASSUME = "sts:assumerole"
_EXTERNAL_ID = "sts:externalid"
_STRANGE = Exactly("any id that nobody was given")
_ARN = "aws:principalarn"
_ORGANIZATION = ("aws:principalorgid", "aws:principalorgpaths")
_MEMBER: Mapping[str, State] = dict.fromkeys(_ORGANIZATION, ANYTHING)
_NO_MEMBER: Mapping[str, State] = dict.fromkeys(_ORGANIZATION, ABSENT)
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_OUTSIDE = (Relation.EVERYONE, Relation.ANY_AWS)


def trusts(document: PolicyDocument, owner: str) -> tuple[Trust, ...]:
    """Return each party that a trust policy names and lets in, in its order; ``owner`` is the role's account.

    After them, one of reach ``unknown`` for each statement that makes no sense, unless it is a Deny.
    """
    policy = _TrustPolicy(document, owner)
    found = [trust for statement in policy.allows for trust in policy.of(statement)]
    unreadable = (
        Trust(
            reach=Reach.UNKNOWN, kind=TrustedKind.EVERYONE, principal="", effective=MALFORMED, statement=statement.raw
        )
        for statement in document.unreadable
        if statement.effect is not Effect.DENY
    )
    return (*found, *unreadable)


def role_side(arn: str, found: tuple[Trust, ...], owner: str) -> RoleSide:
    """Return a role as others of its account see it: which of them, and which services, may assume it."""
    own = [trust for trust in found if trust.account == owner or trust.kind is TrustedKind.EVERYONE]
    return RoleSide(
        arn=arn,
        trusts=frozenset(trust.principal for trust in own if trust.kind in (TrustedKind.USER, TrustedKind.ROLE)),
        trusts_account=any(trust.kind in (TrustedKind.ACCOUNT, TrustedKind.EVERYONE) for trust in own),
        services=frozenset(
            trust.principal.removesuffix(".cn")
            for trust in found
            if trust.kind in (TrustedKind.SERVICE, TrustedKind.OIDC)
        ),
    )


class _TrustPolicy:
    """The statements of one trust policy that bear on assuming the role."""

    def __init__(self, document: PolicyDocument, owner: str) -> None:
        self._owner = owner
        bearing = [one for one in document.statements if one.actions is not None and one.principals is not None]
        self.allows = [one for one in bearing if one.effect is Effect.ALLOW]
        self._denies = [one for one in bearing if one.effect is Effect.DENY]

    def of(self, statement: Statement) -> Iterator[Trust]:
        """Yield what one Allow lets in."""
        if statement.principals is None or statement.actions is None:
            return
        for name in _federated(statement.principals):
            found = federated(statement, name, self._owner, self._denies)
            if found is not None:
                yield found
        if not statement.actions.may_match(_ASSUME):
            return
        others = _without_federated(statement.principals)
        for party in parties(others, owner_account=self._owner, owner_canonical_id="") if others is not None else ():
            yield from self._of_party(statement, party)

    def _of_party(self, statement: Statement, party: Party) -> Iterator[Trust]:
        kind = _kind(party)
        if party.relation is Relation.SERVICE:
            yield Trust(reach=Reach.PRIVATE, kind=kind, principal=party.written, statement=statement.raw)
        elif kind is TrustedKind.UNIQUE_ID:
            yield Trust(
                reach=Reach.UNKNOWN,
                kind=kind,
                principal=party.written,
                effective=Known(value=False),
                statement=statement.raw,
                notes=(notes.UNIQUE_ID,),
            )
        elif party.relation in _OUTSIDE:
            yield from self._of_everyone(statement, party)
        else:
            yield from self._of_named(statement, party, kind)

    def _of_named(self, statement: Statement, party: Party, kind: TrustedKind) -> Iterator[Trust]:
        sender = self._sender(party.account, party.arn)
        if not self._admits(statement, Overlay(sender, _MEMBER)):
            return
        own = party.account == self._owner
        within = not self._admits(statement, Overlay(sender, _NO_MEMBER))
        outside = Reach.ORGANISATION if within else Reach.NAMED_EXTERNAL
        human = kind is TrustedKind.USER or (own and kind is TrustedKind.ACCOUNT)
        yield Trust(
            reach=Reach.PRIVATE if own else outside,
            kind=kind,
            principal=party.written,
            account=party.account,
            external_id=self._asks_external_id(statement, sender),
            human_without_mfa=human and self._admits_human(statement, party),
            statement=statement.raw,
        )

    def _of_everyone(self, statement: Statement, party: Party) -> Iterator[Trust]:
        """Yield what ``*`` comes to under the conditions: everyone, or those whom they single out."""
        mentions = Mentions.of(statement, self._denies)
        # An unsigned request assumes no role, as it reads no bucket where the requester pays.
        setting = Setting(owner_account=self._owner, requester_pays=True)
        admitted = [
            probe for probe in probes(party, mentions, setting) if self._admits(statement, Overlay(probe.request))
        ]
        human = self._admits_human(statement, party)
        reach = next((reach for reach in WIDEST_FIRST if any(probe.reach is reach for probe in admitted)), None)
        if reach is None or reach is Reach.PRIVATE:
            if human or self._admits_own(statement):
                yield Trust(
                    reach=Reach.PRIVATE,
                    kind=TrustedKind.ACCOUNT,
                    principal=party.written,
                    account=self._owner,
                    human_without_mfa=human,
                    statement=statement.raw,
                )
            return
        through = [probe for probe in admitted if probe.reach is reach]
        yield Trust(
            reach=reach,
            kind=TrustedKind.EVERYONE,
            principal=party.written,
            account=_one_account(through),
            external_id=all(self._asks_external_id(statement, probe.request) for probe in through),
            human_without_mfa=human,
            statement=statement.raw,
            notes=(notes.NOT_PRINCIPAL,) if statement.principals is not None and statement.principals.inverted else (),
        )

    def _asks_external_id(self, statement: Statement, sender: Request) -> bool:
        tried = ({**_MEMBER, _EXTERNAL_ID: state} for state in (ABSENT, _STRANGE))
        return not any(self._admits(statement, Overlay(sender, given)) for given in tried)

    def _admits_own(self, statement: Statement) -> bool:
        return self._admits(statement, Overlay(self._sender(self._owner), _MEMBER))

    def _sender(self, account: str, arn: str = "") -> Request:
        """Return the requests of one account's principals, from wherever the policy asks them to come."""
        return Request(
            identity=Identity.NAMED, account=account, arn=arn, owner_account=self._owner, network=Network.INSIDE
        )

    def _admits_human(self, statement: Statement, party: Party) -> bool:
        """Whether a user gets in with an access key alone, or signed in without a second factor."""
        account = party.account or self._owner
        if not party.arn and not _may_be_user(statement.conditions, account):
            return False
        sender = self._sender(account, party.arn)
        person = {
            **_MEMBER,
            "aws:principaltype": Exactly("User"),
            "aws:principalisawsservice": FALSE,
            "aws:viaawsservice": FALSE,
            "aws:username": Exactly(party.arn.rpartition("/")[2]) if party.arn else ANYTHING,
        }
        return any(
            self._admits(statement, Overlay(sender, {**person, **session}))
            for session in (WITH_ACCESS_KEY, SIGNED_IN_WITHOUT_MFA)
        )

    def _admits(self, statement: Statement, request: Overlay) -> bool:
        if holds(statement.conditions, request, of_deny=False) is False:
            return False
        return not any(
            deny.actions is not None
            and deny.actions.matches(_ASSUME)
            and surely_named(deny.principals, request.base)
            and holds(deny.conditions, request, of_deny=True) is True
            for deny in self._denies
        )


def _federated(principals: Principals) -> tuple[str, ...]:
    if principals.inverted:
        return ()
    return tuple(member.value for member in principals.members if member.kind is PrincipalKind.FEDERATED)


def _without_federated(principals: Principals) -> Principals | None:
    members: tuple[Named, ...] = tuple(
        member for member in principals.members if member.kind is not PrincipalKind.FEDERATED
    )
    return msgspec.structs.replace(principals, members=members) if members or principals.inverted else None


def _kind(party: Party) -> TrustedKind:
    if party.relation is Relation.SERVICE:
        return TrustedKind.SERVICE
    if party.relation in _OUTSIDE:
        return TrustedKind.EVERYONE
    if not party.account:
        return TrustedKind.UNIQUE_ID
    if party.written == party.account or party.written.endswith(":root"):
        return TrustedKind.ACCOUNT
    return TrustedKind.USER if ":user/" in party.written else TrustedKind.ROLE


def _may_be_user(conditions: tuple[Condition, ...], account: str) -> bool:
    """Whether conditions on the caller's ARN leave room for a user of the account."""
    users = tuple(glob(f"arn:{partition}:iam::{account}:user/*") for partition in _PARTITIONS)
    return not any(
        condition.key == _ARN
        and not condition.negated
        and condition.family is not Family.NULL
        and not any(pattern.intersects(each) for pattern in condition.patterns for each in users)
        for condition in conditions
    )


def _one_account(through: list[Probe]) -> str:
    accounts = {probe.request.account for probe in through}
    return accounts.pop() if len(accounts) == 1 else ""
