"""The known ways to raise one's own privileges in IAM, as data.

Gathered from what is published on the subject (Rhino Security Labs' list of 2018 and its successors, NCC Group's
Principal Mapper, pathfinding.cloud), checked against the Service Authorization Reference: which actions each way
takes, and on what. Assuming a role takes no more than its trust, and is looked for beside these.
"""

from __future__ import annotations

from collectors.aws.iam.privileges.method import Method, Target
from collectors.aws.iam.privileges.services import PASSING, TAKING_OVER

_USERS_FOR_USERS = (
    Method(
        uid="attach_user_policy",
        summary="attaches a policy with more privileges to itself",
        target=Target.SELF,
        on_target=(("iam:AttachUserPolicy",),),
    ),
    Method(
        uid="put_user_policy",
        summary="writes itself an inline policy",
        target=Target.SELF,
        on_target=(("iam:PutUserPolicy",),),
    ),
    Method(
        uid="attach_group_policy",
        summary="attaches a policy with more privileges to a group it is in",
        target=Target.OWN_GROUP,
        on_target=(("iam:AttachGroupPolicy",),),
    ),
    Method(
        uid="put_group_policy",
        summary="writes an inline policy into a group it is in",
        target=Target.OWN_GROUP,
        on_target=(("iam:PutGroupPolicy",),),
    ),
    Method(
        uid="add_user_to_group",
        summary="adds itself to a group with more privileges",
        target=Target.OTHER_GROUP,
        on_target=(("iam:AddUserToGroup",),),
    ),
    Method(
        uid="create_access_key",
        summary="makes an access key for a user with more privileges",
        target=Target.OTHER_USER,
        on_target=(("iam:CreateAccessKey",),),
    ),
    Method(
        uid="create_login_profile",
        summary="gives a password to a user with more privileges",
        target=Target.OTHER_USER,
        on_target=(("iam:CreateLoginProfile",),),
    ),
    Method(
        uid="update_login_profile",
        summary="changes the password of a user with more privileges",
        target=Target.OTHER_USER,
        on_target=(("iam:UpdateLoginProfile",),),
    ),
    Method(
        uid="create_user",
        summary="makes a user with more privileges and signs in as it",
        target=Target.NEW_USER,
        on_target=(
            ("iam:CreateUser",),
            ("iam:AttachUserPolicy", "iam:PutUserPolicy"),
            ("iam:CreateAccessKey", "iam:CreateLoginProfile"),
        ),
    ),
)

_POLICIES_AND_ROLES = (
    Method(
        uid="create_policy_version",
        summary="writes a new default version of a policy that it, or a role it may assume, is under",
        target=Target.OWN_POLICY,
        on_target=(("iam:CreatePolicyVersion",),),
    ),
    Method(
        uid="set_default_policy_version",
        summary="puts in force an older version of a policy that it, or a role it may assume, is under",
        target=Target.OWN_POLICY_WITH_VERSIONS,
        on_target=(("iam:SetDefaultPolicyVersion",),),
    ),
    Method(
        uid="attach_role_policy",
        summary="attaches a policy with more privileges to a role it may assume",
        target=Target.ASSUMABLE_ROLE,
        on_target=(("iam:AttachRolePolicy",),),
    ),
    Method(
        uid="put_role_policy",
        summary="writes an inline policy into a role it may assume",
        target=Target.ASSUMABLE_ROLE,
        on_target=(("iam:PutRolePolicy",),),
    ),
    Method(
        uid="update_assume_role_policy",
        summary="makes a role with more privileges trust it, and assumes it",
        target=Target.OTHER_ROLE,
        on_target=(("iam:UpdateAssumeRolePolicy",),),
    ),
    Method(
        uid="create_role",
        summary="makes a role with more privileges that trusts it, and assumes it",
        target=Target.NEW_ROLE,
        on_target=(("iam:CreateRole",), ("iam:AttachRolePolicy", "iam:PutRolePolicy")),
    ),
)

METHODS: tuple[Method, ...] = (*_USERS_FOR_USERS, *_POLICIES_AND_ROLES, *PASSING, *TAKING_OVER)
"""Every method, those that need nothing but IAM first."""

REMOVE_BOUNDARY = {
    "user": ("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"),
    "role": ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
}
"""Actions of which one, on itself, takes an identity's permissions boundary away or widens it."""

REWRITE_BOUNDARY = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
"""Actions of which one, on the customer managed policy that is the boundary, changes what it bounds.

The second needs a version that is there already, and may be a wider one.
"""
