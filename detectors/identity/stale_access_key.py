"""identity.stale_access_key: whether a long-lived key has lived too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from collectors.model import AccessKey, Known, Provider, Unread, UnreadReason, User
from detectors.identity.examples import NO_KEYS, user
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, each, iso27001

UID = "identity.stale_access_key"

_DAY = timedelta(days=1)
_AGE_UNKNOWN = Unread(reason=UnreadReason.UNSUPPORTED, operation="access key", detail="no_creation_time")


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How old an active key may be: one whose age in whole days is more than ``max_age`` is stale."""

    max_age: timedelta = timedelta(days=90)


@each("access_keys")
def too_old(_user: User, key: AccessKey, policy: Policy, now: datetime) -> Iterator[Observation]:
    """Observe an active key that is older than it may be."""
    if not key.active:
        return
    if key.created is None:
        yield _AGE_UNKNOWN
    elif now >= _stale_from(key.created, policy):
        yield Evidence(name="access_keys", data=key)


def recheck_at(user: User, policy: Policy, now: datetime) -> datetime | None:
    """Return when the next of the keys becomes too old."""
    active = (key.created for key in user.access_keys.value if key.active and key.created is not None)
    coming = (moment for created in active if (moment := _stale_from(created, policy)) > now)
    return min(coming, default=None)


def _stale_from(created: datetime, policy: Policy) -> datetime:
    """Return the moment at which a key's age in whole days begins to be more than it may be."""
    whole_days = policy.parameter(UID, Parameters).max_age // _DAY + 1
    return created + whole_days * _DAY


def _key(*, active: bool = True, created: datetime) -> AccessKey:
    return AccessKey(active=active, created=created, last_used="2025-12")


DETECTOR = Detector(
    uid=UID,
    title="An access key is too old",
    on=User,
    severity=Severity.MEDIUM,
    description=(
        "An active access key's age in whole days is more than max_age. Keys that are switched off are not judged. The "
        "verdict changes by itself on the day a key becomes too old."
    ),
    risk="The longer a key lives, the more copies of it lie about, and the longer a stolen one goes on working.",
    controls=(iso27001("5.23"), iso27001("5.17"), iso27001("8.5")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Replace the keys of $name that the evidence names: make a new one, move what uses the old one over, "
                "switch that off, and delete it when nothing breaks. Better, let workloads use roles and people "
                "IAM Identity Center, which need no such keys."
            ),
            cli=(
                "aws iam list-access-keys --user-name $name\n"
                "aws iam create-access-key --user-name $name\n"
                "aws iam update-access-key --user-name $name --access-key-id OLD_KEY_ID --status Inactive\n"
                "aws iam delete-access-key --user-name $name --access-key-id OLD_KEY_ID"
            ),
            terraform=(
                "# replace the key, then remove the old one\n"
                'resource "aws_iam_access_key" "next" {\n'
                '  user = "$name"\n'
                "}"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",),
    violations=(too_old,),
    recheck_at=recheck_at,
    parameters=Parameters,
    good=(
        user(),
        user(access_keys=NO_KEYS),
        user(access_keys=Known((_key(active=False, created=datetime(2020, 1, 1, tzinfo=UTC)),))),
        user(access_keys=Known((_key(created=datetime(2025, 10, 2, 0, 0, 1, tzinfo=UTC)),))),
    ),
    bad=(
        user(access_keys=Known((_key(created=datetime(2025, 10, 2, tzinfo=UTC)),))),
        user(
            access_keys=Known(
                (_key(created=datetime(2021, 5, 4, tzinfo=UTC)), _key(created=datetime(2025, 12, 24, tzinfo=UTC)))
            )
        ),
    ),
)
