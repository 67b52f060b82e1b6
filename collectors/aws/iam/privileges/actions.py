"""The actions that judging privileges turns on, each a bit: what a statement's Action element says of them.

A policy may name any of some 20,000 actions; whether its holder is an administrator or may become one turns on these
few. A set of them is an ``int``, so that most identities are told apart by one comparison.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from collectors.aws.iam.privileges.methods import METHODS, REMOVE_BOUNDARY
from collectors.aws.policy.patterns import Glob
from collectors.aws.policy.selection import Selection

FAMILIES = {
    "iam:AttachUserPolicy": "user",
    "iam:AttachRolePolicy": "role",
    "iam:AttachGroupPolicy": "group",
    "iam:PutUserPolicy": "user",
    "iam:PutRolePolicy": "role",
    "iam:PutGroupPolicy": "group",
    "iam:CreatePolicyVersion": "policy",
    "iam:CreateAccessKey": "user",
    "iam:CreateLoginProfile": "user",
    "iam:UpdateLoginProfile": "user",
    "iam:AddUserToGroup": "group",
    "iam:UpdateAssumeRolePolicy": "role",
}
"""Actions to take over identities with, each with the kind of resource it is done to.

Who may do any of these to every identity can make itself anything: without one of them nobody administers.
"""

_BREADTH_NAMES = (
    "acm:DeleteCertificate",
    "apigateway:POST",
    "athena:StartQueryExecution",
    "autoscaling:UpdateAutoScalingGroup",
    "backup:DeleteBackupVault",
    "cloudformation:CreateStack",
    "cloudfront:UpdateDistribution",
    "cloudtrail:StopLogging",
    "cloudwatch:DeleteAlarms",
    "codebuild:StartBuild",
    "codepipeline:CreatePipeline",
    "config:DeleteConfigurationRecorder",
    "dynamodb:DeleteTable",
    "ec2:RunInstances",
    "ecr:PutImage",
    "ecs:RunTask",
    "eks:CreateCluster",
    "elasticache:DeleteCacheCluster",
    "elasticfilesystem:DeleteFileSystem",
    "elasticloadbalancing:DeleteLoadBalancer",
    "es:DeleteDomain",
    "events:PutRule",
    "glue:CreateJob",
    "guardduty:DeleteDetector",
    "kinesis:PutRecord",
    "kms:PutKeyPolicy",
    "lambda:CreateFunction",
    "logs:DeleteLogGroup",
    "rds:ModifyDBInstance",
    "redshift:ModifyCluster",
    "route53:ChangeResourceRecordSets",
    "s3:DeleteBucket",
    "s3:GetObject",
    "sagemaker:CreateNotebookInstance",
    "secretsmanager:GetSecretValue",
    "securityhub:DisableSecurityHub",
    "sns:Publish",
    "sqs:SendMessage",
    "ssm:SendCommand",
    "states:StartExecution",
    "wafv2:DeleteWebACL",
)

MFA_SET_UP_NAMES = ("iam:CreateVirtualMFADevice", "iam:EnableMFADevice")
"""What somebody without a second factor must be allowed in order to get one."""

ASSUME_ROLE_NAME = "sts:AssumeRole"
CREATE_POLICY_NAME = "iam:CreatePolicy"

NAMES: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            *FAMILIES,
            *_BREADTH_NAMES,
            *MFA_SET_UP_NAMES,
            ASSUME_ROLE_NAME,
            CREATE_POLICY_NAME,
            *(action for method in METHODS for group in method.groups for action in group),
            *(action for group in REMOVE_BOUNDARY.values() for action in group),
        )
    )
)
"""Every action that matters, as its service spells it; its place is its bit."""

_FOLDED = tuple(name.lower() for name in NAMES)
_BITS = {name: 1 << place for place, name in enumerate(_FOLDED)}
_OF_SERVICE = {
    service: tuple(name for name in _FOLDED if name.startswith(f"{service}:"))
    for service in {name.partition(":")[0] for name in _FOLDED}
}


def bit(action: str) -> int:
    """Return an action's bit; raises KeyError for one that is not in :data:`NAMES`."""
    return _BITS[action.lower()]


def bits(actions: Iterable[str]) -> int:
    """Return the set of these actions."""
    found = 0
    for action in actions:
        found |= bit(action)
    return found


def names(mask: int) -> tuple[str, ...]:
    """Return the names of a set's actions."""
    return tuple(name for place, name in enumerate(NAMES) if mask >> place & 1)


EVERY = (1 << len(NAMES)) - 1
TAKE_OVER = bits(FAMILIES)
MFA_SET_UP = bits(MFA_SET_UP_NAMES)
BREADTH = bits(_BREADTH_NAMES)
"""One powerful action in each of many services: what somebody can do who can do everything."""


def selected(selection: Selection) -> int:
    """Return which actions an Action or NotAction element may select."""
    found = 0
    for pattern in selection.patterns:
        found |= _matched(pattern)
    return EVERY & ~found if selection.inverted else found


@lru_cache(maxsize=16384)
def _matched(pattern: Glob) -> int:
    if pattern.literal:
        return _BITS.get(pattern.head, 0)
    service, colon, _ = pattern.head.partition(":")
    found = 0
    for name in _OF_SERVICE.get(service, ()) if colon else _FOLDED:
        if pattern.may_match(name):
            found |= _BITS[name]
    return found
