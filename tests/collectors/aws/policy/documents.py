"""Shorthand for policies in tests."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings

from collectors.aws.policy import PolicyDocument, bucket_policy_grants, parse_policy
from collectors.model import Fact, Grant, Known, Reach, Switch

PROPERTY = settings(deadline=None, max_examples=60)
"""For properties of whole policies: a busy machine is no failure, and each example is a whole policy or two."""
BUCKET = "arn:aws:s3:::b"
OWNER = "123456789012"
FOREIGN = "999988887777"
OFF: Fact[Switch] = Known(Switch(on=False))
ON: Fact[Switch] = Known(Switch(on=True, by=("account RestrictPublicBuckets",)))
ORDER = [
    Reach.PRIVATE,
    Reach.ORGANISATION,
    Reach.NAMED_EXTERNAL,
    Reach.ANONYMOUS_FROM_RANGE,
    Reach.ANY_AUTHENTICATED,
    Reach.ANONYMOUS_INTERNET,
]


def allow(condition: Any = None, **elements: Any) -> dict[str, Any]:
    """An Allow to everyone to read every object, changed by what is given; None takes an element away."""
    return _statement("Allow", condition, {"Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}, elements)


def deny(condition: Any = None, **elements: Any) -> dict[str, Any]:
    """A Deny of everything to everyone, changed by what is given; None takes an element away."""
    return _statement("Deny", condition, {"Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"]}, elements)


def _statement(effect: str, condition: Any, base: dict[str, Any], elements: dict[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": effect, "Principal": "*", **base}
    if condition is not None:
        statement["Condition"] = condition
    for name, value in elements.items():
        if name.startswith("Not"):
            statement.pop(name.removeprefix("Not"), None)
        statement[name] = value
    return {name: value for name, value in statement.items() if value is not None}


def policy(*statements: Any, version: str = "2012-10-17") -> PolicyDocument:
    return parse_policy(json.dumps({"Version": version, "Statement": list(statements)}))


def grants(*statements: Any, **settings: Any) -> tuple[Grant, ...]:
    settings.setdefault("restricted", OFF)
    return bucket_policy_grants(policy(*statements), bucket_arn=BUCKET, owner_account=OWNER, **settings)


def widest(found: tuple[Grant, ...]) -> Reach:
    """The widest reach among grants that bite now; PRIVATE where there is none."""
    effective = [grant.reach for grant in found if grant.effective == Known(value=True)]
    return max(effective, key=ORDER.index, default=Reach.PRIVATE)


def reach(*statements: Any, **settings: Any) -> Reach:
    return widest(grants(*statements, **settings))
