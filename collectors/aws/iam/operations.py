"""Every operation the IAM collector calls, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and
Access Management (IAM)"; error codes those of the IAM API reference.
"""

from __future__ import annotations

from collectors.aws.operations import Operation

_NO_ENTITY = frozenset({"NoSuchEntity"})
_CREDENTIALS = "how each user signs in: passwords, MFA devices, access keys"
_CHANGED_USER = "how a user signs in that has just been changed"


_NOTHING: frozenset[str] = frozenset()


def _iam(
    name: str, why: str, *, absent: frozenset[str] = _NOTHING, gone: frozenset[str] = _NOTHING, optional: bool = False
) -> Operation:
    return Operation(
        service="iam", name=name, action=f"iam:{name}", why=why, absent=absent, gone=gone, optional=optional
    )


GENERATE_CREDENTIAL_REPORT = _iam("GenerateCredentialReport", _CREDENTIALS)
GET_CREDENTIAL_REPORT = _iam(
    "GetCredentialReport",
    _CREDENTIALS,
    absent=frozenset({"ReportNotPresent", "ReportExpired", "ReportInProgress"}),
)
GET_ACCOUNT_SUMMARY = _iam("GetAccountSummary", "whether the root has a password, MFA and access keys")
GET_ACCOUNT_AUTHORIZATION_DETAILS = _iam(
    "GetAccountAuthorizationDetails", "which users and roles there are, under which policies, and whom roles trust"
)
LIST_VIRTUAL_MFA_DEVICES = _iam("ListVirtualMFADevices", "whether the root's MFA device is a virtual one")
LIST_MFA_DEVICES = _iam("ListMFADevices", _CHANGED_USER, gone=_NO_ENTITY)
GET_LOGIN_PROFILE = _iam("GetLoginProfile", _CHANGED_USER, absent=_NO_ENTITY)
LIST_ACCESS_KEYS = _iam("ListAccessKeys", _CHANGED_USER, gone=_NO_ENTITY)
GET_ACCESS_KEY_LAST_USED = _iam("GetAccessKeyLastUsed", _CHANGED_USER, absent=_NO_ENTITY, optional=True)
GET_ROLE = _iam("GetRole", "whether a role that has just been changed still exists", gone=_NO_ENTITY)

OPERATIONS = (
    GENERATE_CREDENTIAL_REPORT,
    GET_CREDENTIAL_REPORT,
    GET_ACCOUNT_SUMMARY,
    GET_ACCOUNT_AUTHORIZATION_DETAILS,
    LIST_VIRTUAL_MFA_DEVICES,
    LIST_MFA_DEVICES,
    GET_LOGIN_PROFILE,
    LIST_ACCESS_KEYS,
    GET_ACCESS_KEY_LAST_USED,
    GET_ROLE,
)
