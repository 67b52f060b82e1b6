"""coverage.unread_scope: whether everything in scope could be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from collectors.model import Known, Provider, Reading, ReadScope, Unread, UnreadReason
from detectors.model import Detector, Evidence, Policy, Remediation, Severity, iso27001, over


@over("reading")
def not_read(scope: ReadScope, _policy: Policy, _now: datetime) -> Iterator[Evidence]:
    """Observe a listing that did not come back whole, and each read that failed with what it needs."""
    reading = scope.reading.value
    if not reading.complete:
        yield Evidence(name="listing", data={"complete": False})
    for failure in reading.unread:
        yield Evidence(name="unread", data=_shown(failure))


def _shown(failure: Unread) -> dict[str, Any]:
    entries = {
        "operation": failure.operation,
        "reason": failure.reason,
        "permission": failure.permission,
        "detail": failure.detail,
    }
    return {name: value for name, value in entries.items() if value}


def weigh(_scope: ReadScope, _policy: Policy, evidence: tuple[Evidence, ...], severity: Severity) -> Severity:
    """Return medium where the listing is whole and only some facts are missing: what is there is known."""
    return severity if any(seen.name == "listing" for seen in evidence) else Severity.MEDIUM


def scope(**overrides: Any) -> ReadScope:  # noqa: ANN401 - any attribute of a scope may be overridden
    """Return a scope that was read as a whole, with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": "cspmd:prod/aws/123456789012/global/aws.s3",
        "name": "prod/aws/123456789012/global/aws.s3",
        "provider": Provider.AWS,
        "account": "123456789012",
        "collector": Known("aws.s3"),
        "reading": Known(Reading(complete=True)),
    }
    return ReadScope(**(own | overrides))


_DENIED_LIST = Unread(
    reason=UnreadReason.DENIED,
    operation="s3:ListBuckets",
    permission="s3:ListAllMyBuckets",
    detail="AccessDenied",
)
_DENIED_ACL = Unread(
    reason=UnreadReason.DENIED,
    operation="s3:GetBucketAcl",
    permission="s3:GetBucketAcl",
    detail="AccessDenied",
)
_THROTTLED = Unread(reason=UnreadReason.THROTTLED, operation="s3:GetBucketTagging", detail="SlowDown")

_WORDS = (
    "What cspmd cannot read here it cannot judge: no finding of this scope is closed until it is read as a whole. "
    "Run `cspmd doctor` to see what is missing and how to grant it. What was throttled or unreachable "
    "is read again by itself."
)

DETECTOR = Detector(
    uid="coverage.unread_scope",
    title="A part of the scope could not be read",
    on=ReadScope,
    severity=Severity.HIGH,
    description=(
        "A collector's last read of a region of an account did not come back whole, or facts of some resources could "
        "not be read. The evidence names each failed operation and the permission it needs. High where the listing "
        "itself is not whole, medium where only facts are missing."
    ),
    risk="What is not seen is not judged: a violation there stays silent, and a clean report says nothing.",
    controls=(iso27001("5.23"), iso27001("8.16"), iso27001("5.36"), iso27001("5.22")),
    remediation={
        Provider.AWS: Remediation(
            text=f"{_WORDS} Attach the policy printed by the command below to the role or user cspmd reads account "
            "$account with.",
            cli=(
                "cspmd doctor\n"
                "cspmd permissions aws > cspmd-read.json\n"
                "aws iam put-role-policy --role-name CSPMD_ROLE --policy-name cspmd-read "
                "--policy-document file://cspmd-read.json"
            ),
            terraform=(
                'resource "aws_iam_role_policy" "cspmd_read" {\n'
                '  name   = "cspmd-read"\n'
                '  role   = "CSPMD_ROLE"\n'
                '  policy = file("cspmd-read.json") # from: cspmd permissions aws\n'
                "}"
            ),
        ),
        Provider.AZURE: Remediation(
            text=f"{_WORDS} Assign the role printed by the command below to cspmd's identity on subscription $account.",
            cli=(
                "cspmd doctor\n"
                "cspmd permissions azure > cspmd-read.json\n"
                "az role definition create --role-definition @cspmd-read.json\n"
                "az role assignment create --assignee CSPMD_IDENTITY --role ROLE_NAME --scope /subscriptions/$account"
            ),
        ),
        Provider.GCP: Remediation(
            text=f"{_WORDS} Grant the role printed by the command below to cspmd's service account on $account.",
            cli=(
                "cspmd doctor\n"
                "cspmd permissions gcp > cspmd-read.json\n"
                "gcloud projects add-iam-policy-binding $account --member=serviceAccount:CSPMD_SERVICE_ACCOUNT "
                "--role=ROLE_NAME"
            ),
        ),
        Provider.CSPMD: Remediation(text=_WORDS, cli="cspmd doctor"),
    },
    violations=(not_read,),
    depends=("collector",),
    weigh=weigh,
    good=(scope(),),
    bad=(
        scope(reading=Known(Reading(complete=False, unread=(_DENIED_LIST,)))),
        scope(reading=Known(Reading(complete=True, unread=(_DENIED_ACL, _THROTTLED)))),
        scope(reading=Known(Reading(complete=False))),
    ),
)
