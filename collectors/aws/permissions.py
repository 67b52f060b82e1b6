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

_VIA = "kms:ViaService"

_ROLE = """\
# The role that cspmd assumes: role_name and external_id of the target. Trust the identity that cspmd runs as.
variable "cspmd_principal_arn" {
  description = "ARN of the role or user that cspmd runs as"
  type        = string
}

variable "cspmd_external_id" {
  description = "The target's external_id"
  type        = string
}

data "aws_iam_policy_document" "cspmd_trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.cspmd_principal_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.cspmd_external_id]
    }
  }
}

resource "aws_iam_role" "cspmd_read" {
  name               = "cspmd-read"
  assume_role_policy = data.aws_iam_policy_document.cspmd_trust.json
}

resource "aws_iam_role_policy" "cspmd_read" {
  name   = "cspmd-read"
  role   = aws_iam_role.cspmd_read.id
  policy = data.aws_iam_policy_document.cspmd_read.json
}
"""


def policy_document(permissions: Iterable[Permission]) -> dict[str, Any]:
    """Return the IAM policy that allows exactly these permissions.

    One statement a service for what is needed on everything, and one for each set of resources that
    something is needed on; actions sorted.
    """
    return {"Version": VERSION, "Statement": [_statement(part) for part in _parts(permissions)]}


def _statement(part: _Part) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": part.sid,
        "Effect": "Allow",
        "Action": [action for action, _ in part.actions],
        "Resource": part.resources[0] if len(part.resources) == 1 else list(part.resources),
    }
    if part.via:
        statement["Condition"] = {"StringLike": {_VIA: list(part.via_services)}}
    return statement


def policy_json(permissions: Iterable[Permission]) -> str:
    """Return the policy as the JSON that IAM takes."""
    return json.dumps(policy_document(permissions), indent=2)


def policy_terraform(permissions: Iterable[Permission]) -> str:
    """Return the policy as Terraform, each action with what it is for, and a role to attach it to."""
    lines = ['data "aws_iam_policy_document" "cspmd_read" {']
    for number, part in enumerate(_parts(permissions)):
        lines += [] if number == 0 else [""]
        lines += ["  statement {", f'    sid       = "{part.sid}"', '    effect    = "Allow"']
        lines += [f"    resources = [{_quoted(part.resources)}]", "    actions = ["]
        for action, reasons in part.actions:
            lines += [f'      "{action}", # {"; ".join(reasons)}']
        lines += ["    ]"]
        if part.via:
            lines += ["", "    condition {", '      test     = "StringLike"', f'      variable = "{_VIA}"']
            lines += [f"      values   = [{_quoted(part.via_services)}]", "    }"]
        lines += ["  }"]
    lines += ["}", "", _ROLE]
    return "\n".join(lines).rstrip("\n")


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


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes one statement: each action with what it is needed for."""

    sid: str
    resources: tuple[str, ...]
    via: str
    actions: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def via_services(self) -> tuple[str, ...]:
        """The values of ``kms:ViaService`` for a service in any region (AWS KMS Developer Guide, "kms:ViaService")."""
        return tuple(f"{self.via}.*.{domain}" for domain in ("amazonaws.com", "amazonaws.com.cn"))


def _parts(permissions: Iterable[Permission]) -> list[_Part]:
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
        name = service.title().replace("-", "")
        numbers[name] = numbers.get(name, 0) + bound
        parts.append(
            _Part(
                sid=f"CspmdLogs{name}{numbers[name]}" if bound else f"CspmdRead{name}",
                resources=resources,
                via=via,
                actions=tuple((action, tuple(reasons)) for action, reasons in sorted(actions.items())),
            )
        )
    return parts


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)
