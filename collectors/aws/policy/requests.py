"""What a request carries: the condition keys of the requesters that matter.

A requester is modelled by what its requests *may* hold, so that one evaluation stands for all of them. Source: IAM
User Guide, global condition context keys (IAMCK), and the S3 keys of the service authorization reference. A key that
is not known here may hold anything or be absent: it never restricts an Allow and never proves a Deny.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec


class Absent(msgspec.Struct, frozen=True, tag=True):
    """The request does not carry the key."""


class Anything(msgspec.Struct, frozen=True, tag=True):
    """The request carries whatever the requester likes, or not at all."""


class Foreign(msgspec.Struct, frozen=True, tag=True):
    """The key is there and names something of the requester's own: no name that somebody else holds."""


class OwnName(msgspec.Struct, frozen=True, tag=True):
    """The key is there and names something of the requester's own, in a name that tells whose it is.

    ``owner`` is a regular expression for as much of a name as says whose it is: a value that holds so much of somebody
    else's name before its first wildcard, which is put to it as ``*``, is none of the requester's.
    """

    owner: str


class Exactly(msgspec.Struct, frozen=True, tag=True):
    """The key is there with this value."""

    value: str


class InAccount(msgspec.Struct, frozen=True, tag=True):
    """The key is there and is the ARN of something in this account."""

    account: str


class AnyAddress(msgspec.Struct, frozen=True, tag=True):
    """The key is there and is an address somewhere on the internet."""


class Now(msgspec.Struct, frozen=True, tag=True):
    """The key is there and is the time of the request, which no requester chooses and which never goes back."""


class OneOf(msgspec.Struct, frozen=True, tag=True):
    """One of several states, as the requester likes."""

    states: tuple[Absent | Foreign | Exactly, ...]


State: TypeAlias = Absent | Anything | Foreign | OwnName | Exactly | InAccount | AnyAddress | Now | OneOf

ABSENT, ANYTHING, FOREIGN, ANY_ADDRESS, NOW = Absent(), Anything(), Foreign(), AnyAddress(), Now()
MAYBE_FOREIGN = OneOf((ABSENT, FOREIGN))
TRUE, FALSE = Exactly("true"), Exactly("false")


class Identity(StrEnum):
    """Who sends the request."""

    ANONYMOUS = "anonymous"
    OUTSIDER = "any AWS principal with no relation to the owner"
    NAMED = "a principal of a given account"
    UNIQUE = "a principal given by unique id"
    KEY_HOLDER = "a principal that may use a given KMS key"
    SERVICE = "an AWS service"


class Network(StrEnum):
    """Where the request comes from."""

    INTERNET = "internet"
    ANY_VPC = "a VPC of the requester's own"
    INSIDE = "an address, VPC or endpoint that the policy names"


class Path(StrEnum):
    """What the request goes through."""

    DIRECT = "the bucket itself"
    ANY_ACCESS_POINT = "an access point of the requester's own"
    ACCESS_POINT = "an access point of a given account"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of request.

    ``account`` is the requester's where the identity is NAMED (empty where it cannot be told), ``arn`` its ARN where
    exactly one is meant, ``member`` says that it belongs to whatever organization the policy speaks of;
    ``access_point_account``, ``access_point_arn`` and ``access_point_origin`` say which access point the request goes
    through, ``vpc_id`` the VPC where only one can be; ``owner_account`` owns the bucket.
    """

    identity: Identity
    network: Network = Network.INTERNET
    path: Path = Path.DIRECT
    account: str = ""
    arn: str = ""
    member: bool = False
    access_point_account: str = ""
    access_point_arn: str = ""
    access_point_origin: str = ""
    vpc_id: str = ""
    owner_account: str = ""

    def state(self, key: str) -> State:
        """Return what the request carries under a condition key (given in lower case)."""
        name, _, sub_key = key.partition("/")
        if name in _BY_IDENTITY:
            return _BY_IDENTITY[name].get(self.identity, ABSENT)
        special = _SPECIAL.get(name)
        if special is not None and not sub_key:
            return special(self)
        return ANYTHING


_SIGNED = (Identity.OUTSIDER, Identity.NAMED, Identity.UNIQUE, Identity.KEY_HOLDER)


def _signed(state: State, **others: State) -> dict[Identity, State]:
    """Return one state for every signed request; the rest is absent unless given."""
    return dict.fromkeys(_SIGNED, state) | {Identity[name.upper()]: other for name, other in others.items()}


_OF_SERVICE_CALLS = _signed(MAYBE_FOREIGN, service=ANYTHING)
_OWN_CHOICE = _signed(ANYTHING)
_SERVICE_ONLY: dict[Identity, State] = {Identity.SERVICE: ANYTHING}

_BY_IDENTITY: dict[str, dict[Identity, State]] = {
    "aws:principaltype": _signed(
        OneOf(tuple(Exactly(kind) for kind in ("Account", "User", "AssumedRole", "FederatedUser"))),
        anonymous=Exactly("Anonymous"),
        service=ANYTHING,
    ),
    "aws:userid": _signed(FOREIGN, anonymous=Exactly("anonymous"), named=ANYTHING, unique=ANYTHING, service=ANYTHING),
    "aws:username": _OWN_CHOICE,
    "aws:principaltag": _OWN_CHOICE,
    "aws:sourceidentity": _OWN_CHOICE,
    "aws:federatedprovider": _OWN_CHOICE,
    "aws:tokenissuetime": _OWN_CHOICE,
    "aws:multifactorauthpresent": _OWN_CHOICE,
    "aws:multifactorauthage": _OWN_CHOICE,
    "aws:assumedroot": _OWN_CHOICE,
    "aws:calledvia": _OWN_CHOICE,
    "aws:calledviafirst": _OWN_CHOICE,
    "aws:calledvialast": _OWN_CHOICE,
    # An outsider may let a service ask on his behalf; an unsigned request has nobody to act for.
    "aws:viaawsservice": _signed(OneOf((TRUE, FALSE)), anonymous=FALSE, service=ANYTHING),
    "aws:principalisawsservice": _signed(FALSE, service=TRUE),
    "aws:principalservicename": _SERVICE_ONLY,
    "aws:principalservicenameslist": _SERVICE_ONLY,
    # A service can act for whoever uses it: with Principal "*" any customer's resource may stand behind the call.
    "aws:sourcearn": _OF_SERVICE_CALLS,
    "aws:sourceaccount": _OF_SERVICE_CALLS,
    "aws:sourceowner": _OF_SERVICE_CALLS,
    "aws:sourceorgid": _OF_SERVICE_CALLS,
    "aws:sourceorgpaths": _OF_SERVICE_CALLS,
    # SSE-KMS needs a signed request, and a key that the requester may use (S3KMS).
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _signed(MAYBE_FOREIGN, key_holder=ANYTHING, service=ANYTHING),
}


def _principal_account(request: Request) -> State:
    match request.identity:
        case Identity.ANONYMOUS:
            return Exactly("anonymous")
        case Identity.NAMED:
            return Exactly(request.account) if request.account else ANYTHING
        case Identity.SERVICE:
            return ABSENT
        case _:
            return FOREIGN


def _organization(request: Request) -> State:
    if request.identity not in _SIGNED:
        return ABSENT
    return ANYTHING if request.member else MAYBE_FOREIGN


def _principal_arn(request: Request) -> State:
    match request.identity:
        case Identity.ANONYMOUS | Identity.SERVICE:
            return ABSENT
        case Identity.NAMED if request.arn:
            return Exactly(request.arn)
        case Identity.NAMED:
            return InAccount(request.account) if request.account else ANYTHING
        case _:
            return FOREIGN


def _source_ip(request: Request) -> State:
    states: dict[Network, State] = {
        Network.INTERNET: ANY_ADDRESS,
        Network.ANY_VPC: ABSENT,
        Network.INSIDE: ANYTHING,
    }
    return states[request.network]


def _of_network(request: Request) -> State:
    states: dict[Network, State] = {Network.INTERNET: ABSENT, Network.ANY_VPC: FOREIGN, Network.INSIDE: ANYTHING}
    return states[request.network]


def _source_vpc(request: Request) -> State:
    return Exactly(request.vpc_id) if request.vpc_id else _of_network(request)


def _vpc_source_ip(request: Request) -> State:
    # Whoever makes a VPC chooses its addresses: no private range restricts anybody.
    return ABSENT if request.network is Network.INTERNET else ANYTHING


def _access_point_arn(request: Request) -> State:
    if request.path is Path.ACCESS_POINT:
        return (
            Exactly(request.access_point_arn) if request.access_point_arn else InAccount(request.access_point_account)
        )
    return ABSENT if request.path is Path.DIRECT else FOREIGN


def _access_point_account(request: Request) -> State:
    if request.path is Path.ACCESS_POINT:
        return Exactly(request.access_point_account)
    return ABSENT if request.path is Path.DIRECT else FOREIGN


def _access_point_origin(request: Request) -> State:
    if request.path is Path.DIRECT:
        return ABSENT
    return Exactly(request.access_point_origin) if request.access_point_origin else ANYTHING


def _resource_account(request: Request) -> State:
    return Exactly(request.owner_account) if request.owner_account else ANYTHING


def _secure_transport(_: Request) -> State:
    return OneOf((TRUE, FALSE))


_SPECIAL = {
    "aws:principalaccount": _principal_account,
    "aws:principalarn": _principal_arn,
    "aws:principalorgid": _organization,
    "aws:principalorgpaths": _organization,
    "aws:sourceip": _source_ip,
    "aws:sourcevpc": _source_vpc,
    "aws:sourcevpce": _of_network,
    "aws:sourcevpcarn": _of_network,
    "aws:vpceaccount": _of_network,
    "aws:vpceorgid": _of_network,
    "aws:vpceorgpaths": _of_network,
    "aws:vpcsourceip": _vpc_source_ip,
    "s3:dataaccesspointarn": _access_point_arn,
    "s3:dataaccesspointaccount": _access_point_account,
    "s3:accesspointnetworkorigin": _access_point_origin,
    "aws:resourceaccount": _resource_account,
    "s3:resourceaccount": _resource_account,
    "aws:securetransport": _secure_transport,
}
