"""The least-privilege policy, generated from what the collectors say they need.

Every action of a collector is a read, and none of them gives access to the content of objects.
``s3:ListBucket`` is deliberately not among them: it would show the objects' names. Configured logs need both,
and get them for the buckets that the logs lie in alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from collectors.api import Permission

VERSION = "2012-10-17"

VIA = "kms:ViaService"
"""The condition of a permission that is used through another service alone."""


def policy_document(permissions: Iterable[Permission]) -> dict[str, Any]:
    """Return the IAM policy that allows exactly these permissions.

    One statement a service for what is needed on everything, and one for each set of resources that
    something is needed on; actions sorted.
    """
    return {"Version": VERSION, "Statement": [_rendered(part) for part in statements(permissions)]}


def _rendered(part: Statement) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": part.sid,
        "Effect": "Allow",
        "Action": [action for action, _ in part.actions],
        "Resource": part.resources[0] if len(part.resources) == 1 else list(part.resources),
    }
    if part.via:
        statement["Condition"] = {"StringLike": {VIA: list(part.via_services)}}
    return statement


def policy_json(permissions: Iterable[Permission]) -> str:
    """Return the policy as the JSON that IAM takes."""
    return json.dumps(policy_document(permissions), indent=2)


def trust_document(principal_arn: str, external_id: str | None = None) -> dict[str, Any]:
    """Return the trust policy of the role that cspmd assumes, for the identity that cspmd runs as."""
    statement: dict[str, Any] = {
        "Sid": "CspmdAssumes",
        "Effect": "Allow",
        "Principal": {"AWS": principal_arn},
        "Action": "sts:AssumeRole",
    }
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return {"Version": VERSION, "Statement": [statement]}


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes one statement: each action with what it is needed for."""

    sid: str
    resources: tuple[str, ...]
    via: str
    actions: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def via_services(self) -> tuple[str, ...]:
        """The values of ``kms:ViaService`` for a service in any region (AWS KMS Developer Guide, "kms:ViaService")."""
        return tuple(f"{self.via}.*.{domain}" for domain in ("amazonaws.com", "amazonaws.com.cn"))


def statements(permissions: Iterable[Permission]) -> list[Statement]:
    """Return the statements: what is needed on everything first, each with its actions sorted."""
    needed: dict[tuple[bool, str, tuple[str, ...], str], dict[str, dict[str, None]]] = {}
    for permission in sorted(permissions):
        service = permission.action.partition(":")[0]
        bound = bool(permission.resources or permission.via)
        where = (bound, service, permission.resources or ("*",), permission.via)
        needed.setdefault(where, {}).setdefault(permission.action, {})[permission.why] = None
    numbers: dict[str, int] = {}
    parts = []
    for (bound, service, resources, via), actions in sorted(needed.items()):
        numbers[service] = numbers.get(service, 0) + bound
        parts.append(
            Statement(
                sid=_sid(service, numbers[service]),
                resources=resources,
                via=via,
                actions=tuple((action, tuple(reasons)) for action, reasons in sorted(actions.items())),
            )
        )
    return parts


def _sid(service: str, number: int) -> str:
    """Return a statement's id; ``number`` counts a service's statements that are bound to resources, from 1 on."""
    if service == "sts":
        return "CspmdAssume"
    name = service.title().replace("-", "")
    return f"CspmdLogs{name}{number}" if number else f"CspmdRead{name}"
