"""identity.mfa_missing: whether a person can sign in to a console without a second factor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import AdminPath, Known, Provider, User
from detectors.identity.examples import NO_KEYS, WITHOUT_MFA, admin_path, mfa_rule, user
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, iso27001, over


@over("mfa", "console_access")
def without_mfa(user: User, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe a console sign-in that nothing forces a second factor on."""
    if isinstance(user.mfa, Known) and user.mfa.value.enforced:
        return
    if not user.console_access.value:
        return
    if not user.mfa.value.enforced:
        yield Evidence(name="mfa", data={"console_access": True, "enforced": False})
        if isinstance(user.mfa_rules, Known):
            yield from (Evidence(name="mfa_rules", data=rule, violates=False) for rule in user.mfa_rules.value)


def notes(user: User, _policy: Policy) -> Iterator[str]:
    """Yield that there is no console to sign in to, or what policies about MFA do instead of a device."""
    if not user.console_access.value:
        yield "no_console_password"
        return
    if user.mfa.value.enforced:
        return
    rules = user.mfa_rules.value
    if any(rule.mitigates for rule in rules):
        yield "mfa_mitigated_by_policy"
    for rule in rules:
        yield from rule.notes


def weigh(user: User, _policy: Policy, _seen: tuple[Evidence, ...], severity: Severity) -> Severity:
    """Raise the severity for an administrator."""
    return severity.raised() if any(_in_force(path) for path in user.admin_paths.value) else severity


def _in_force(path: AdminPath) -> bool:
    return isinstance(path.effective, Known) and path.effective.value


DETECTOR = Detector(
    uid="identity.mfa_missing",
    title="A person can sign in without MFA",
    on=User,
    severity=Severity.HIGH,
    description=(
        "The user can sign in to the console and nothing asks for a second factor there. On AWS: a console password "
        "and no active MFA device. A policy that refuses everything without MFA lessens the harm and is noted, as are "
        "policies that only seem to; keys of users without a password are another matter."
    ),
    risk="A password that is guessed, phished or reused elsewhere is all it takes to act as this person.",
    controls=(iso27001("5.23"), iso27001("5.17"), iso27001("8.5")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Let $name register an MFA device, best a passkey or security key, or take the console password away "
                "where it is not needed. Better still, let people sign in through IAM Identity Center instead of as "
                "IAM users."
            ),
            cli=(
                "# take the password away\n"
                "aws iam delete-login-profile --user-name $name\n"
                "# or register a virtual device with two codes in a row\n"
                "aws iam create-virtual-mfa-device --virtual-mfa-device-name $name --outfile qr.png "
                "--bootstrap-method QRCodePNG\n"
                "aws iam enable-mfa-device --user-name $name --serial-number DEVICE_ARN "
                "--authentication-code1 CODE1 --authentication-code2 CODE2"
            ),
            terraform=(
                "# a device is registered by its owner; without a password there is no console to sign in to:\n"
                "# remove the user's own resource\n"
                '# resource "aws_iam_user_login_profile" "this" {\n'
                '#   user = "$name"\n'
                "# }"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html",),
    violations=(without_mfa,),
    depends=("mfa_rules", "admin_paths"),
    notes=notes,
    weigh=weigh,
    good=(
        user(),
        user(console_access=Known(value=False), mfa=WITHOUT_MFA),
        user(console_access=Known(value=False), mfa=WITHOUT_MFA, access_keys=NO_KEYS),
    ),
    bad=(
        user(mfa=WITHOUT_MFA),
        user(mfa=WITHOUT_MFA, admin_paths=Known((admin_path(),))),
        user(
            mfa=WITHOUT_MFA, mfa_rules=Known((mfa_rule(construct="Deny BoolIfExists false", mitigates=True, notes=()),))
        ),
        user(mfa=WITHOUT_MFA, mfa_rules=Known((mfa_rule(),))),
    ),
)
