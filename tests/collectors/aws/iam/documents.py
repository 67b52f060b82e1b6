"""Short ways to write policies and the identities under them."""

from __future__ import annotations

from typing import Any

from collectors.aws.iam.privileges import Caller, Held, Holder, Rules, Territory, compiled
from collectors.aws.policy import PolicyDocument, parse_policy
from collectors.model import Fact, Known

ACCOUNT = "123456789012"
FOREIGN = "210987654321"
TERRITORY = Territory(account=ACCOUNT, partition="aws")

NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def allow(*actions: str, on: str | list[str] = "*", **others: Any) -> dict[str, Any]:
    """An Allow of these actions; of all, where none is given besides ``NotAction``."""
    what = {"Action": list(actions) if len(actions) != 1 else actions[0]} if actions else {}
    where = {} if "NotResource" in others else {"Resource": on}
    return {"Effect": "Allow", **what, **where, **others}


def deny(*actions: str, on: str | list[str] = "*", **others: Any) -> dict[str, Any]:
    """A Deny of these actions."""
    return {**allow(*actions, on=on, **others), "Effect": "Deny"}


def document(*statements: Any, version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def parsed(*statements: Any) -> PolicyDocument:
    return parse_policy(document(*statements))


def rules(*statements: Any) -> Known[Rules]:
    return Known(compiled(parsed(*statements), TERRITORY))


def arn(kind: str, name: str, account: str = ACCOUNT) -> str:
    """The ARN of a ``user``, ``role``, ``group`` or ``policy``."""
    return f"arn:aws:iam::{account}:{kind}/{name}"


def holder(
    *statements: Any, name: str = "me", kind: str = "user", boundary: Fact[Rules] | None = None, **more: Any
) -> Holder:
    """Somebody under one inline policy of these statements."""
    caller = Caller(
        arn=arn(kind, name),
        name=name,
        account=ACCOUNT,
        partition="aws",
        is_user=kind == "user",
        boundary=arn("policy", "boundary") if boundary is not None else "",
        **more,
    )
    return Holder(caller, [Held(via="inline policy own", rules=rules(*statements))], boundary)


def trust_of(principal: Any, action: Any = "sts:AssumeRole", **others: Any) -> dict[str, Any]:
    """One statement of a trust policy."""
    return {"Effect": "Allow", "Principal": principal, "Action": action, **others}
