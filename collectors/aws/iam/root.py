"""The account's root: what it signs in with, first-hand from the account summary.

The credential report fills in what the summary does not say. It is up to four hours old, so where both speak the
summary is believed (semantics 4.1). Whether root access is managed centrally (``iam:ListOrganizationsFeatures``, for
the management account alone) is not asked: it does not say that a member's root lost its credentials, and these are
counted here, one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from collectors.aws.answers import Answer, expect_root, member
from collectors.aws.entries import not_asked
from collectors.aws.iam.credentials import DEVICE, NO_DEVICE, Credentials
from collectors.aws.iam.operations import GET_ACCOUNT_SUMMARY, LIST_VIRTUAL_MFA_DEVICES
from collectors.aws.session import AwsAccount
from collectors.model import (
    AccessKey,
    Fact,
    Known,
    Mfa,
    MfaMethod,
    NotNeeded,
    Provider,
    RootUser,
    Unread,
    UnreadReason,
)

T = TypeVar("T")

Summary = Mapping[str, int]

_PASSWORD = "AccountPasswordPresent"  # noqa: S105 - the name of a flag
_MFA = "AccountMFAEnabled"
_KEYS = "AccountAccessKeysPresent"
_CERTIFICATES = "AccountSigningCertificatesPresent"
METHODS = "mfa_methods"
"""The one fact of the root that takes a call of its own, and so is read only where a rule asks for it."""

_DEVICE_NAME = "root-account-mfa-device"
_NO_DEVICE = NotNeeded("no_mfa_device")


def root_arn(account: AwsAccount) -> str:
    """Return the ARN of the account's root, which judgements call it by."""
    return f"arn:{account.partition}:iam::{account.account_id}:root"


def asks_for_methods(account: AwsAccount) -> bool:
    """Whether any rule looks at what kind of MFA devices the root has."""
    return account.asked(RootUser, METHODS)


def read_summary(account: AwsAccount) -> Fact[Summary]:
    """Read the account summary."""
    return account.read(GET_ACCOUNT_SUMMARY, account.home_region, _summary)


def says_all(summary: Fact[Summary]) -> bool:
    """Whether a summary leaves nothing about the root for the credential report to tell."""
    return isinstance(summary, Known) and all(name in summary.value for name in (_PASSWORD, _MFA, _KEYS))


def read_root(account: AwsAccount, summary: Fact[Summary], reported: Credentials | None) -> RootUser:
    """Return the root; ``reported`` is its row of the credential report, None where there is none."""
    mfa = _mfa(summary, reported)
    return RootUser(
        uid=root_arn(account),
        name="root",
        provider=Provider.AWS,
        account=account.account_id,
        console_access=_console_access(summary, reported),
        mfa=mfa,
        access_keys=_access_keys(summary, reported),
        mfa_methods=_methods(account, mfa),
        signing_certificates=_signing_certificates(summary),
    )


def _summary(answer: Answer) -> Summary:
    expect_root(answer, GET_ACCOUNT_SUMMARY.name)
    found: Summary = member(answer, "SummaryMap")
    return found


def _flag(summary: Fact[Summary], name: str) -> Fact[int]:
    """Return one number of the summary; one that it does not hold is unread, not zero."""
    if not isinstance(summary, Known):
        return summary
    value = summary.value.get(name)
    if value is None:
        return Unread(reason=UnreadReason.NOT_TOLD, operation=GET_ACCOUNT_SUMMARY.uid, detail=f"no_{name}")
    return Known(value)


def _console_access(summary: Fact[Summary], reported: Credentials | None) -> Fact[bool]:
    password = _flag(summary, _PASSWORD)
    if isinstance(password, Known):
        return Known(password.value > 0)
    return _else_reported(password, None if reported is None else reported.console_access)


def _mfa(summary: Fact[Summary], reported: Credentials | None) -> Fact[Mfa]:
    enabled = _flag(summary, _MFA)
    if isinstance(enabled, Known):
        return Known(DEVICE if enabled.value else NO_DEVICE)
    return _else_reported(enabled, None if reported is None else reported.mfa)


def _access_keys(summary: Fact[Summary], reported: Credentials | None) -> Fact[tuple[AccessKey, ...]]:
    present = _flag(summary, _KEYS)
    listed = None if reported is None else reported.access_keys
    if not isinstance(present, Known):
        return _else_reported(present, listed)
    if not present.value:
        return Known(())
    if isinstance(listed, Known) and listed.value:
        return listed
    return Known(tuple(AccessKey(active=True) for _ in range(present.value)))


def _signing_certificates(summary: Fact[Summary]) -> Fact[bool]:
    present = _flag(summary, _CERTIFICATES)
    return Known(present.value > 0) if isinstance(present, Known) else present


def _else_reported(unread: Fact[Any], reported: Fact[T] | None) -> Fact[T]:
    return reported if isinstance(reported, Known) else unread


def _methods(account: AwsAccount, mfa: Fact[Mfa]) -> Fact[tuple[MfaMethod, ...]]:
    """Return the kinds of the root's devices: virtual ones are listed, whatever else there is is hardware.

    One virtual device settles it: whether there is a hardware one besides is not told, and the weaker one opens too.
    """
    if not isinstance(mfa, Known):
        return mfa
    if not mfa.value.enforced:
        return _NO_DEVICE
    if not asks_for_methods(account):
        return not_asked(LIST_VIRTUAL_MFA_DEVICES)
    parameters: dict[str, Any] = {"AssignmentStatus": "Assigned", "MaxItems": 1000}
    while True:
        page = account.read(LIST_VIRTUAL_MFA_DEVICES, account.home_region, _page, **parameters)
        if not isinstance(page, Known):
            return page
        devices, marker = page.value
        if any(_is_roots(device, account) for device in devices):
            return Known((MfaMethod.VIRTUAL,))
        if not marker or marker == parameters.get("Marker"):
            return Known((MfaMethod.HARDWARE,))
        parameters["Marker"] = marker


def _page(answer: Answer) -> tuple[tuple[Mapping[str, Any], ...], str]:
    return tuple(member(answer, "VirtualMFADevices")), answer.get("Marker", "") if answer.get("IsTruncated") else ""


def _is_roots(device: Mapping[str, Any], account: AwsAccount) -> bool:
    """Whether a device is the root's: by its owner. A user's device may be named like the root's."""
    owner = (device.get("User") or {}).get("Arn")
    if owner is not None:
        return bool(owner == root_arn(account))
    return bool(device.get("SerialNumber") == f"arn:{account.partition}:iam::{account.account_id}:mfa/{_DEVICE_NAME}")
