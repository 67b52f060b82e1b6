"""Which kinds of request to try on a statement, widest reach first, and what it means when one gets through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import msgspec
from msgspec.structs import replace

from collectors.aws.policy import notes
from collectors.aws.policy.arns import account_of, is_account_id, organization_of
from collectors.aws.policy.document import Statement
from collectors.aws.policy.operators import Condition, Quantifier
from collectors.aws.policy.patterns import is_fixed
from collectors.aws.policy.principals import Party, Relation, accounts_named, names_unplaced
from collectors.aws.policy.requests import Identity, Network, Path, Request
from collectors.model import Reach

WIDEST_FIRST = (
    Reach.ANONYMOUS_INTERNET,
    Reach.ANY_AUTHENTICATED,
    Reach.ANONYMOUS_FROM_RANGE,
    Reach.NAMED_EXTERNAL,
    Reach.ORGANISATION,
    Reach.PRIVATE,
)

_NETWORK_KEYS = frozenset(
    {
        "aws:sourceip",
        "aws:vpcsourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourcevpcarn",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
    }
)
_ACCESS_POINT_KEYS = frozenset(
    {"s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:accesspointnetworkorigin"},
)
_PRINCIPAL_KEYS = frozenset({"aws:principalaccount", "aws:principalarn"})
_ORGANIZATION_KEYS = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
_SOURCE_KEYS = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths"},
)
_SERVICE_KEYS = _SOURCE_KEYS | {
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principalservicenameslist",
}
VPC_ORIGIN = "VPC"
"""The value of s3:AccessPointNetworkOrigin for an access point that takes requests from one VPC alone."""
_USER_ID = "aws:userid"
_KMS_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of request, and the reach that an Allow has which it gets through."""

    request: Request
    reach: Reach
    principal: str
    notes: tuple[str, ...] = ()


class Mentions(msgspec.Struct, frozen=True, kw_only=True):
    """What the conditions at work speak of: only these kinds of request can fare differently from the plain ones."""

    keys: frozenset[str]
    accounts: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    access_point_accounts: tuple[str, ...] = ()
    source_accounts: tuple[str, ...] = ()
    key_accounts: tuple[str, ...] = ()
    spares_unplaced: bool = False
    source_limited: bool = False

    @classmethod
    def of(cls, allow: Statement, denies: Iterable[Statement], backing: Iterable[Statement] = ()) -> Mentions:
        """Gather them from the Allow, the Denies beside it, and the Allows of the bucket behind an access point.

        Accounts that a NotPrincipal of a Deny spares are mentioned too.
        """
        backing = tuple(backing)
        denies = tuple(denies)
        own = allow.conditions
        conditions = (*own, *(condition for other in (*denies, *backing) for condition in other.conditions))
        asked_for = tuple(condition for condition in own if not condition.negated)
        spared = [deny.principals for deny in denies if deny.principals is not None and deny.principals.inverted]
        named = (*spared, *(one.principals for one in backing if one.principals is not None))
        by_name = {account for principals in named for account in accounts_named(principals)}
        return cls(
            keys=frozenset(condition.key for condition in conditions),
            accounts=tuple(sorted({*_accounts(conditions, _PRINCIPAL_KEYS), *by_name})),
            organizations=_organizations(conditions),
            access_point_accounts=_accounts(conditions, _ACCESS_POINT_KEYS),
            source_accounts=_accounts(asked_for, _SOURCE_KEYS),
            key_accounts=_accounts(asked_for, {_KMS_KEY}),
            spares_unplaced=any(names_unplaced(principals) for principals in spared),
            source_limited=any(_limits_source(condition) for condition in own),
        )


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What is given for every request: whose bucket it is, who may ask at all, and through what it comes.

    ``via`` is a request through the one access point that is looked at; None for a bucket's own policy.
    """

    owner_account: str
    requester_pays: bool = False
    via: Request | None = None


def probes(party: Party, mentions: Mentions, setting: Setting) -> tuple[Probe, ...]:
    """Return the requests to try for one party of an Allow; none for the owner's own."""
    return tuple(_Probing(mentions, setting).of_party(party))


class _Probing:
    """The requests that can fare differently, given what the conditions speak of."""

    def __init__(self, mentions: Mentions, setting: Setting) -> None:
        self._mentions = mentions
        self._setting = setting
        self._owner = setting.owner_account
        inside_only = setting.via is not None and setting.via.access_point_origin == VPC_ORIGIN
        networks = tuple(Network) if mentions.keys & _NETWORK_KEYS else (Network.INTERNET,)
        self._networks = (Network.INSIDE,) if inside_only else networks
        direct_only = setting.via is not None or not mentions.keys & _ACCESS_POINT_KEYS
        self._paths = (Path.DIRECT,) if direct_only else tuple(Path)

    def of_party(self, party: Party) -> Iterator[Probe]:
        """Yield what to try for one party."""
        match party.relation:
            case Relation.OWN:
                return
            case Relation.EVERYONE:
                if not self._setting.requester_pays:
                    yield from self._unrelated(Identity.ANONYMOUS, Reach.ANONYMOUS_INTERNET, party)
                yield from self._unrelated(Identity.OUTSIDER, Reach.ANY_AUTHENTICATED, party)
                yield from self._related()
            case Relation.ANY_AWS:
                yield from self._unrelated(Identity.OUTSIDER, Reach.ANY_AUTHENTICATED, party)
                yield from self._related()
            case Relation.ANY_FEDERATED:
                # S3BPA calls a grant to graph.facebook.com public: anyone on the internet can have such an identity,
                # with or without an AWS account, so that "any authenticated AWS principal" would say too little.
                yield from self._unrelated(Identity.OUTSIDER, Reach.ANONYMOUS_INTERNET, party, notes.FEDERATED)
                yield from self._related()
            case Relation.NAMED:
                sender = Request(identity=Identity.NAMED, account=party.account, arn=party.arn)
                yield from self._everywhere(sender, Reach.NAMED_EXTERNAL, party.written)
            case Relation.UNPLACED | Relation.CLOUDFRONT:
                mark = notes.CLOUDFRONT if party.relation is Relation.CLOUDFRONT else notes.UNIQUE_ID
                yield from self._everywhere(Request(identity=Identity.NAMED), Reach.NAMED_EXTERNAL, party.written, mark)
            case Relation.SERVICE:
                yield from self._of_service(party.written)

    def _unrelated(self, identity: Identity, reach: Reach, party: Party, *marks: str) -> Iterator[Probe]:
        """Yield the requests of who has no relation to the owner: from anywhere, then from where the policy names."""
        if self._setting.requester_pays:
            marks = (*marks, notes.REQUESTER_PAYS)
        for probe in self._all_ways(Request(identity=identity), reach, party.written, *marks):
            if probe.request.network is not Network.INSIDE or probe.reach is not reach:
                yield probe
                continue
            signed = () if identity is Identity.ANONYMOUS else (notes.AUTHENTICATED_ONLY,)
            yield replace(probe, reach=Reach.ANONYMOUS_FROM_RANGE, notes=(*probe.notes, *signed))

    def _related(self) -> Iterator[Probe]:
        """Yield the requests of those whom conditions single out of everyone."""
        mentions = self._mentions
        for account in mentions.accounts:
            if account != self._owner:
                sender = Request(identity=Identity.NAMED, account=account)
                yield from self._everywhere(sender, Reach.NAMED_EXTERNAL, account)
        if _USER_ID in mentions.keys or mentions.spares_unplaced:
            sender = Request(identity=Identity.UNIQUE)
            yield from self._everywhere(sender, Reach.NAMED_EXTERNAL, "a principal given by id", notes.UNIQUE_ID)
        if mentions.keys & _ORGANIZATION_KEYS:
            member = Request(identity=Identity.OUTSIDER, member=True)
            for organization in mentions.organizations or ("aws:PrincipalOrgID",):
                yield from self._all_ways(member, Reach.ORGANISATION, organization)
        if _KMS_KEY in mentions.keys:
            foreign = tuple(account for account in mentions.key_accounts if account != self._owner)
            reach = Reach.NAMED_EXTERNAL if foreign else Reach.PRIVATE
            for account in foreign or (self._owner,):
                yield from self._everywhere(Request(identity=Identity.KEY_HOLDER), reach, account, notes.KMS_KEY)
        if mentions.keys & _SERVICE_KEYS:
            yield from self._of_service("AWS services")

    def _of_service(self, name: str) -> Iterator[Probe]:
        foreign = [account for account in self._mentions.source_accounts if account != self._owner]
        yield from self._everywhere(
            Request(identity=Identity.SERVICE),
            Reach.NAMED_EXTERNAL if foreign else Reach.PRIVATE,
            " ".join((name, *(f"for {account}" for account in foreign))),
            *(() if self._mentions.source_limited else (notes.CONFUSED_DEPUTY,)),
        )

    def _everywhere(self, sender: Request, reach: Reach, principal: str, *marks: str) -> Iterator[Probe]:
        """Yield one sender's requests, and those it makes as a member of an organization that conditions ask for."""
        yield from self._all_ways(sender, reach, principal, *marks)
        if self._mentions.keys & _ORGANIZATION_KEYS and sender.identity is not Identity.SERVICE:
            yield from self._all_ways(replace(sender, member=True), Reach.ORGANISATION, principal, *marks)

    def _all_ways(self, sender: Request, reach: Reach, principal: str, *marks: str) -> Iterator[Probe]:
        """Yield one sender's requests from every network and over every path."""
        whole = replace(sender, owner_account=self._owner)
        for network, path in product(self._networks, self._paths):
            request = replace(whole, network=network, path=path)
            yield from self._through(Probe(request=request, reach=reach, principal=principal, notes=marks))

    def _through(self, probe: Probe) -> Iterator[Probe]:
        """Yield the probe, once for each access point account where it goes through one that the policy names."""
        given = self._setting.via
        if given is not None:
            request = replace(
                probe.request,
                path=Path.ACCESS_POINT,
                access_point_account=given.access_point_account,
                access_point_arn=given.access_point_arn,
                access_point_origin=given.access_point_origin,
                vpc_id=given.vpc_id,
            )
            yield replace(probe, request=request)
            return
        if probe.request.path is not Path.ACCESS_POINT:
            yield probe
            return
        for account in self._mentions.access_point_accounts:
            own = account == self._owner
            yield Probe(
                request=replace(probe.request, access_point_account=account),
                reach=Reach.PRIVATE if own else Reach.NAMED_EXTERNAL,
                principal=probe.principal if own else account,
                notes=(*probe.notes, notes.DELEGATED if own else notes.FOREIGN_ACCESS_POINT),
            )


def _accounts(conditions: Iterable[Condition], keys: frozenset[str] | set[str]) -> tuple[str, ...]:
    """Return the account ids in the values of these keys, each once, sorted."""
    found = {
        account
        for condition in conditions
        if condition.key in keys
        for value in condition.values
        if is_account_id(account := value if is_account_id(value) else account_of(value))
    }
    return tuple(sorted(found))


def _limits_source(condition: Condition) -> bool:
    """Whether a condition holds a service to given resources, accounts or organizations (confused deputy)."""
    proves_nothing = condition.negated or condition.if_exists or condition.quantifier is Quantifier.ALL
    if condition.key not in _SOURCE_KEYS or proves_nothing or not condition.values:
        return False
    return all(
        is_fixed(value) or is_account_id(account_of(value)) or organization_of(pattern) != ""
        for value, pattern in zip(condition.values, condition.patterns, strict=True)
    )


def _organizations(conditions: Iterable[Condition]) -> tuple[str, ...]:
    found = {
        organization_of(pattern)
        for condition in conditions
        if condition.key in _ORGANIZATION_KEYS
        for pattern in condition.patterns
    }
    return tuple(sorted(found - {""}))
