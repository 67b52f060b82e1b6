"""keys.rotation: whether the cloud replaces the material of the customer's keys, and often enough."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from collectors.model import Copy, CopyKind, EncryptionKey, KeyRotation, Known, NotNeeded, Provider
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, iso27001, over

UID = "keys.rotation"

# AWS KMS Developer Guide, "Rotate AWS KMS keys": every 365 days where no other period is set.
_PERIOD_BY_DEFAULT = 365


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a key may keep its material: a longer period between two rotations violates."""

    max_period: timedelta = timedelta(days=365)


@over("rotation")
def unrotated(key: EncryptionKey, policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe a key that is not rotated by itself, or more seldom than it must be."""
    rotation = key.rotation.value
    longest = policy.parameter(UID, Parameters).max_period
    if not rotation.enabled:
        yield Evidence(name="rotation", data={"enabled": False})
        return
    days = _PERIOD_BY_DEFAULT if rotation.period_days is None else rotation.period_days
    if timedelta(days=days) > longest:
        yield Evidence(name="rotation", data={"period_days": days, "longest_days": longest // timedelta(days=1)})


def notes(key: EncryptionKey, _policy: Policy) -> Iterator[str]:
    """Yield that the replicas of the key are rotated with it."""
    if isinstance(key.copies, Known) and any(copy.kind is CopyKind.KEY_REPLICA for copy in key.copies.value):
        yield "replicas_are_rotated_with_it"


def _key(**overrides: Any) -> EncryptionKey:  # noqa: ANN401 - any attribute may be overridden
    own: dict[str, Any] = {
        "uid": "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        "name": "orders",
        "provider": Provider.AWS,
        "account": "123456789012",
        "region": "eu-central-1",
        "tags": Known({"data-class": "internal"}),
        "places": Known(("aws:eu-central-1",)),
        "copies": Known(()),
        "rotation": Known(KeyRotation(enabled=True, period_days=365)),
        "state": Known("Enabled"),
    }
    return EncryptionKey(**(own | overrides))


_REPLICATED = Known(
    (
        Copy(
            kind=CopyKind.KEY_REPLICA,
            destination="arn:aws:kms:eu-west-1:123456789012:key/mrk-11112222333344445555666677778888",
            places=Known(("aws:eu-west-1",)),
            via="multi-region key",
        ),
    )
)

DETECTOR = Detector(
    uid=UID,
    title="A key is not rotated",
    on=EncryptionKey,
    severity=Severity.MEDIUM,
    description=(
        "A key that the customer manages is not rotated by the cloud itself, or at longer intervals than max_period. "
        "Keys that the cloud cannot rotate are not judged and say so: asymmetric and HMAC keys, imported key material, "
        "keys of custom key stores, keys that are disabled or wait for their deletion. A replica of a multi-region "
        "key is rotated with its primary, which is judged where it lies. AWS rotates its own keys every year."
    ),
    risk=(
        "The longer key material is used, the more data hangs on it: who gets hold of it once reads all that was ever "
        "encrypted with it."
    ),
    controls=(iso27001("5.23"), iso27001("8.24")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Turn on automatic rotation of key $name. Its id, its ARN and what is encrypted with it stay as they "
                "are: KMS keeps the old material to decrypt with."
            ),
            cli="aws kms enable-key-rotation --region $region --key-id $uid --rotation-period-in-days 365",
            terraform=(
                "# in the key's own resource\n"
                'resource "aws_kms_key" "this" { # $name\n'
                "  enable_key_rotation     = true\n"
                "  rotation_period_in_days = 365\n"
                "}"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",),
    violations=(unrotated,),
    depends=("state",),
    notes=notes,
    parameters=Parameters,
    good=(
        _key(),
        _key(rotation=Known(KeyRotation(enabled=True))),
        _key(rotation=Known(KeyRotation(enabled=True, period_days=90)), copies=_REPLICATED),
        _key(rotation=NotNeeded("key_material_imported")),
        _key(rotation=NotNeeded("key_pending_deletion"), state=Known("PendingDeletion")),
    ),
    bad=(
        _key(rotation=Known(KeyRotation(enabled=False))),
        _key(rotation=Known(KeyRotation(enabled=True, period_days=730))),
    ),
)
