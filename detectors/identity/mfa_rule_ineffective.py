"""identity.mfa_rule_ineffective: whether a policy seems to require MFA of a user and does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import AccessKey, Known, MfaRule, Provider, User
from detectors.identity.examples import NO_KEYS, mfa_rule, user
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, iso27001, over

_OPEN_TO_KEYS = frozenset({"mfa_rule_misses_access_keys", "mfa_rule_lets_access_keys_through"})
_OPEN_TO_ALL = "mfa_rule_tests_presence_only"


@over("mfa_rules", "access_keys")
def only_seems(user: User, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe each rule that lets something through which it seems to stop, where no other rule stops it."""
    rules = user.mfa_rules.value
    if any(rule.mitigates for rule in rules):
        return
    for rule in rules:
        if _OPEN_TO_ALL in rule.notes or (_lets_keys_pass(rule) and _has_active(user.access_keys.value)):
            yield Evidence(name="mfa_rules", data=rule)


def _lets_keys_pass(rule: MfaRule) -> bool:
    return not _OPEN_TO_KEYS.isdisjoint(rule.notes)


def _has_active(keys: tuple[AccessKey, ...]) -> bool:
    return any(key.active for key in keys)


def notes(user: User, _policy: Policy) -> Iterator[str]:
    """Yield what the rules do."""
    for rule in user.mfa_rules.value:
        yield from rule.notes


_PRESENCE = mfa_rule(
    construct="Deny Null true",
    statement={
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Null": {"aws:MultiFactorAuthPresent": "true"}},
    },
    notes=("mfa_rule_tests_presence_only", "mfa_rule_locks_out"),
)
_EFFECTIVE = mfa_rule(construct="Deny BoolIfExists false", mitigates=True, notes=())

DETECTOR = Detector(
    uid="identity.mfa_rule_ineffective",
    title="A policy only seems to require MFA",
    on=User,
    severity=Severity.MEDIUM,
    description=(
        "A policy that the user is under speaks of MFA and lets through what it seems to stop. The key "
        "aws:MultiFactorAuthPresent is absent from requests signed with an access key: a Deny with Bool false misses "
        "them, an Allow with BoolIfExists true admits them, and a test with Null passes sessions that carry the key "
        "with the value false. Judged where the user has something to get through with."
    ),
    risk="Whoever wrote the policy counts on MFA; a stolen access key or a session without it passes all the same.",
    controls=(iso27001("5.23"), iso27001("8.5"), iso27001("5.15")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "In the policies that the evidence names and that hold for $name, refuse with Deny, BoolIfExists and "
                "false, for all actions but those that are needed to set MFA up; or take the user's access keys away."
            ),
            cli=(
                "# read the user's own policies, mend the named statement, put it back\n"
                "aws iam list-user-policies --user-name $name\n"
                "aws iam list-attached-user-policies --user-name $name\n"
                "aws iam list-groups-for-user --user-name $name\n"
                "aws iam put-user-policy --user-name $name --policy-name POLICY --policy-document file://policy.json"
            ),
            terraform=(
                "# in the policy document's statement\n"
                "condition {\n"
                '  test     = "BoolIfExists"\n'
                '  variable = "aws:MultiFactorAuthPresent"\n'
                '  values   = ["false"]\n'
                "} # holds for user $name"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",),
    violations=(only_seems,),
    notes=notes,
    good=(
        user(),
        user(mfa_rules=Known((mfa_rule(),)), access_keys=NO_KEYS),
        user(mfa_rules=Known((mfa_rule(), _EFFECTIVE))),
    ),
    bad=(user(mfa_rules=Known((mfa_rule(),))), user(mfa_rules=Known((_PRESENCE,)), access_keys=NO_KEYS)),
)
