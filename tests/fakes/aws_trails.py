"""Accounts with audit trails, seeded into moto: one account a case, all of them well kept unless said otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.fakes.aws_moto import Moto

REGION = "eu-central-1"
EVERYTHING = ({"ReadWriteType": "All", "IncludeManagementEvents": True},)
EVERY_REGION: dict[str, Any] = {"IsMultiRegionTrail": True, "EnableLogFileValidation": True}


def advanced(**fields: list[str] | dict[str, list[str]]) -> dict[str, Any]:
    """Return an advanced selector: each field equal to one of the values, or as the operators say."""
    return {
        "FieldSelectors": [
            {"Field": name, **(values if isinstance(values, dict) else {"Equals": values})}
            for name, values in fields.items()
        ]
    }


MANAGEMENT = {"eventCategory": ["Management"]}


class AuditedAccount:
    """One account of moto, to be given trails and the buckets they write to."""

    def __init__(self, moto: Moto, account: str, name: str) -> None:
        self.account = account
        self.name = name
        self._moto = moto
        self.s3 = moto.client("s3", region=REGION, account=account)

    def trail_client(self, region: str = REGION) -> Any:
        return self._moto.client("cloudtrail", region=region, account=self.account)

    def bucket(
        self,
        name: str = "",
        *,
        lock: str = "COMPLIANCE",
        versioned: bool = True,
        period: Mapping[str, int] | None = None,
    ) -> str:
        """Make a private bucket, locked in a mode (or empty: not at all) for a period, and return its name."""
        bucket = name or f"{self.name}-log"
        extra: dict[str, Any] = {"ObjectLockEnabledForBucket": True} if lock else {}
        self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}, **extra)
        if lock:
            self.s3.put_object_lock_configuration(
                Bucket=bucket,
                ObjectLockConfiguration={
                    "ObjectLockEnabled": "Enabled",
                    "Rule": {"DefaultRetention": {"Mode": lock, **(period or {"Days": 400})}},
                },
            )
        elif versioned:
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        return bucket

    def policy(self, *statements: dict[str, Any], bucket: str = "") -> None:
        """Put a bucket policy; ``BUCKET`` in its texts stands for the bucket's ARN."""
        name = bucket or f"{self.name}-log"
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.s3.put_bucket_policy(Bucket=name, Policy=text.replace("BUCKET", f"arn:aws:s3:::{name}"))

    def trail(
        self,
        name: str = "audit",
        *,
        bucket: str = "",
        region: str = REGION,
        recording: bool = True,
        selectors: tuple[dict[str, Any], ...] = (),
        **settings: Any,
    ) -> str:
        """Make a trail of every region that is recording, and return its ARN."""
        client = self.trail_client(region)
        arn: str = client.create_trail(
            Name=name, S3BucketName=bucket or f"{self.name}-log", **(EVERY_REGION | settings)
        )["TrailARN"]
        if recording:
            client.start_logging(Name=name)
        if selectors:
            kind = "AdvancedEventSelectors" if "FieldSelectors" in selectors[0] else "EventSelectors"
            client.put_event_selectors(TrailName=name, **{kind: list(selectors)})
        return arn

    def well_kept(self, **settings: Any) -> str:
        """Make a locked bucket and a trail that records everything into it."""
        self.bucket()
        return self.trail(**settings)
