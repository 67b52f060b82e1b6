"""identity.root_access_key: whether the account's root has a key to act with outside any console."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.model import AccessKey, Known, Provider, RootUser
from detectors.identity.examples import root
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, each, iso27001


@each("access_keys")
def present(_root: RootUser, key: AccessKey, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe a key that exists, whether or not it works just now."""
    yield Evidence(name="access_keys", data=key)


def weigh(root: RootUser, _policy: Policy, _seen: tuple[Evidence, ...], severity: Severity) -> Severity:
    """Lower the severity where every key is switched off."""
    return severity if any(key.active for key in root.access_keys.value) else Severity.MEDIUM


_KEY = AccessKey(active=True, created=datetime(2019, 4, 2, tzinfo=UTC), last_used="2023-11")

DETECTOR = Detector(
    uid="identity.root_access_key",
    title="The root has an access key",
    on=RootUser,
    severity=Severity.CRITICAL,
    description="An access key of the account's root exists. One that is inactive counts too, with less weight.",
    risk=(
        "A root key is one string that can do everything in the account, from anywhere, without MFA and bound by no "
        "policy of the account; such keys leak from scripts and repositories."
    ),
    controls=(iso27001("5.23"), iso27001("8.2"), iso27001("5.17")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Find out what uses the key of account $account (its last use is in the credential report), give that "
                "a role, then sign in as the root and delete the key."
            ),
            cli=(
                "# as the root of the account, or from the management account in a session of\n"
                "aws sts assume-root --target-principal $account "
                "--task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials\n"
                "aws iam list-access-keys\n"
                "aws iam delete-access-key --access-key-id KEY_ID"
            ),
            terraform=(
                "# keys of a root are deleted by the root itself; central management sees to it that members of an\n"
                "# organization have none: in the management account of account $account\n"
                'resource "aws_iam_organizations_features" "this" {\n'
                '  enabled_features = ["RootCredentialsManagement", "RootSessions"]\n'
                "}"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html",),
    violations=(present,),
    weigh=weigh,
    good=(root(), root(console_access=Known(value=False))),
    bad=(root(access_keys=Known((_KEY,))), root(access_keys=Known((AccessKey(active=False, created=_KEY.created),)))),
)
