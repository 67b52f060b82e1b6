"""The least-privilege policies as Terraform, with the role that has them and whom it trusts."""

from __future__ import annotations

from collections.abc import Iterable

from collectors.api import Permission
from collectors.aws.permissions import VIA, Statement, statements

_PRINCIPAL = """\
variable "cspmd_principal_arn" {
  description = "ARN of the role or user that cspmd runs as"
  type        = string
}
"""

_EXTERNAL_ID = """\
variable "cspmd_external_id" {
  description = "The target's external_id"
  type        = string
}
"""

_CONDITION = """
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.cspmd_external_id]
    }
"""

_TRUST = """\
data "aws_iam_policy_document" "cspmd_trust" {{
  statement {{
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {{
      type        = "AWS"
      identifiers = [var.cspmd_principal_arn]
    }}
{condition}  }}
}}
"""

_ROLE = """\
resource "aws_iam_role" "cspmd_read" {{
  name               = "{name}"
  path               = "{path}"
  assume_role_policy = data.aws_iam_policy_document.cspmd_trust.json
}}

resource "aws_iam_role_policy" "cspmd_read" {{
  name   = "cspmd-read"
  role   = aws_iam_role.cspmd_read.id
  policy = data.aws_iam_policy_document.cspmd_read.json
}}
"""


def policy_terraform(
    permissions: Iterable[Permission],
    *,
    role_name: str = "cspmd-read",
    external_id: bool = False,
    own: Iterable[Permission] = (),
) -> str:
    """Return the policy as Terraform, each action with what it is for, and a role to attach it to.

    The role is called ``role_name`` (a path may stand before the name) and is assumed with an external id
    where there is one. ``own`` is what the identity that cspmd runs as needs itself, before any role is
    assumed: another policy, for its own account.
    """
    path, _, name = role_name.rpartition("/")
    path = path.strip("/")
    parts = [
        _document("cspmd_read", permissions),
        "# The role that reads an account. Trust the identity that cspmd runs as.\n" + _PRINCIPAL,
        *([_EXTERNAL_ID] if external_id else []),
        _TRUST.format(condition=_CONDITION if external_id else ""),
        _ROLE.format(name=name, path=f"/{path}/" if path else "/"),
    ]
    needed = tuple(own)
    if needed:
        told = "# For the identity that cspmd runs as, in its own account: attach it there.\n"
        parts.append(told + _document("cspmd_own", needed))
    return "\n".join(parts).rstrip("\n")


def _document(name: str, permissions: Iterable[Permission]) -> str:
    lines = [f'data "aws_iam_policy_document" "{name}" {{']
    for number, statement in enumerate(statements(permissions)):
        lines += [] if number == 0 else [""]
        lines += _statement(statement)
    return "\n".join([*lines, "}", ""])


def _statement(statement: Statement) -> list[str]:
    lines = ["  statement {", f'    sid       = "{statement.sid}"', '    effect    = "Allow"']
    lines += [f"    resources = [{_quoted(statement.resources)}]", "    actions = ["]
    for action, reasons in statement.actions:
        lines += [f'      "{action}", # {"; ".join(reasons)}']
    lines += ["    ]"]
    if statement.via:
        lines += ["", "    condition {", '      test     = "StringLike"', f'      variable = "{VIA}"']
        lines += [f"      values   = [{_quoted(statement.via_services)}]", "    }"]
    return [*lines, "  }"]


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)
