"""What the requests of one IAM identity carry: which condition keys, with which values.

Sources: IAM User Guide, global condition context keys (IAMCK), and the condition keys of IAM in the Service
Authorization Reference. A key that is not known here may hold anything or be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from collectors.aws.policy import dates
from collectors.aws.policy.operators import Condition
from collectors.aws.policy.requests import ABSENT, ANYTHING, FALSE, NOW, Exactly, State

# The one region whose name requests to IAM and STS's global endpoint carry, by partition (IAM User Guide,
# aws:RequestedRegion: "global services").
_HOME_OF_IAM = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_GLOBAL = ("iam:", "organizations:", "account:")

_CIRCUMSTANCES = frozenset(
    {
        *dates.NAMES,
        "aws:assumedroot",
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:ec2instancesourceprivateipv4",
        "aws:ec2instancesourcevpc",
        "aws:federatedprovider",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principaltype",
        "aws:referer",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:securetransport",
        "aws:sourceidentity",
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:tokenissuetime",
        "aws:useragent",
        "aws:userid",
        "aws:username",
        "aws:viaawsservice",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "aws:vpcsourceip",
        "ec2:sourceinstancearn",
    }
)
_PRINCIPAL_TAG = "aws:principaltag/"


def is_circumstance(condition: Condition) -> bool:
    """Whether a condition asks who calls, from where, when or how, and so takes nothing off what may be done."""
    return condition.key in _CIRCUMSTANCES or condition.key.startswith(_PRINCIPAL_TAG)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """One user or role. ``tags`` are its own (a role's session may bring others); ``boundary`` an ARN or empty."""

    arn: str
    name: str
    account: str
    partition: str
    is_user: bool
    tags: Mapping[str, str] = msgspec.field(default_factory=dict)
    boundary: str = ""

    def known_variable(self, name: str) -> str | None:
        """Return what a policy variable of this name (in lower case) stands for, None where that is not known."""
        if name == "aws:username":
            return self.name if self.is_user else None
        if name.startswith(_PRINCIPAL_TAG) and self.is_user:
            wanted = name.removeprefix(_PRINCIPAL_TAG)
            return next((value for key, value in self.tags.items() if key.lower() == wanted), None)
        return {"aws:principalaccount": self.account, "aws:principalarn": self.arn}.get(name)


class CallerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request of the caller for one action; ``carries`` are keys (in lower case) that this request has besides.

    The caller signs it directly, with or without a second factor, from wherever suits it.
    """

    caller: Caller
    action: str
    carries: Mapping[str, State] = msgspec.field(default_factory=dict)

    def state(self, key: str) -> State:
        """Return what the request carries under a condition key (given in lower case)."""
        given = self.carries.get(key)
        if given is not None:
            return given
        if key.startswith(_PRINCIPAL_TAG) and self.caller.is_user:
            value = self.caller.known_variable(key)
            return ABSENT if value is None else Exactly(value)
        if key == "aws:requestedregion" and self.action.startswith(_GLOBAL):
            return Exactly(_HOME_OF_IAM.get(self.caller.partition, ""))
        return _STATES.get(key, _anything)(self.caller)


def _anything(_: Caller) -> State:
    return ANYTHING


_STATES: Mapping[str, Callable[[Caller], State]] = {
    "aws:principalarn": lambda caller: Exactly(caller.arn),
    "aws:principalaccount": lambda caller: Exactly(caller.account),
    "aws:resourceaccount": lambda caller: Exactly(caller.account),
    "aws:principaltype": lambda caller: Exactly("User" if caller.is_user else "AssumedRole"),
    "aws:username": lambda caller: Exactly(caller.name) if caller.is_user else ABSENT,
    **dict.fromkeys(("aws:principalisawsservice", "aws:viaawsservice", "aws:assumedroot"), lambda _: FALSE),
    **dict.fromkeys(dates.NAMES, lambda _: NOW),
    **dict.fromkeys(("aws:calledvia", "aws:calledviafirst", "aws:calledvialast"), lambda _: ABSENT),
}
