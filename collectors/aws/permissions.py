"""The least-privilege policy, generated from what the collectors say they need.

Every action is a read, and none of them gives access to the content of objects. ``s3:ListBucket`` is
deliberately not among them: it would show the objects' names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from collectors.api import Permission

VERSION = "2012-10-17"

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
    """Return the IAM policy that allows exactly these permissions: one statement a service, actions sorted."""
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": _sid(service),
                "Effect": "Allow",
                "Action": [action for action, _ in actions],
                "Resource": "*",
            }
            for service, actions in _by_service(permissions)
        ],
    }


def policy_json(permissions: Iterable[Permission]) -> str:
    """Return the policy as the JSON that IAM takes."""
    return json.dumps(policy_document(permissions), indent=2)


def policy_terraform(permissions: Iterable[Permission]) -> str:
    """Return the policy as Terraform, each action with what it is for, and a role to attach it to."""
    lines = ['data "aws_iam_policy_document" "cspmd_read" {']
    for number, (service, actions) in enumerate(_by_service(permissions)):
        lines += [] if number == 0 else [""]
        lines += ["  statement {", f'    sid       = "{_sid(service)}"', '    effect    = "Allow"']
        lines += ['    resources = ["*"]', "    actions = ["]
        for action, reasons in actions:
            lines += [f'      "{action}", # {"; ".join(reasons)}']
        lines += ["    ]", "  }"]
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


def _by_service(permissions: Iterable[Permission]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Return each service with its actions, and each action with what it is needed for."""
    needed: dict[str, dict[str, None]] = {}
    for permission in sorted(permissions):
        needed.setdefault(permission.action, {})[permission.why] = None
    actions = [(action, list(reasons)) for action, reasons in sorted(needed.items())]
    return [(service, list(group)) for service, group in groupby(actions, lambda entry: entry[0].partition(":")[0])]


def _sid(service: str) -> str:
    return f"CspmdRead{service.title().replace('-', '')}"
