"""What S3 itself once answered (recorded by Cloud Custodian's tests), read by the collector's own functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from collectors.aws import errors
from collectors.aws.answers import ROOT
from collectors.aws.policy import PublicAccessBlock, acl_grants
from collectors.aws.s3.blocks import block
from collectors.aws.s3.exposure import grants_others
from collectors.aws.s3.operations import GET_PUBLIC_ACCESS_BLOCK
from collectors.model import Fact, Grant, Known, Reach, Switch, UnreadReason
from collectors.model.facts import Unread

RECORDINGS = Path(__file__).with_name("recordings")


def recorded(name: str, operation: str) -> list[dict[str, Any]]:
    """Return the answers to one operation, in the order of the calls."""
    exchanges = json.loads((RECORDINGS / f"{name}.json").read_text())["responses"]
    return [exchange for exchange in exchanges if exchange["operation"] == operation]


def replayed(exchange: dict[str, Any]) -> Callable[[], Any]:
    """Answer, or raise, as the SDK does for this recorded exchange."""

    def call() -> Any:
        if exchange["status"] >= 300:
            raise ClientError(
                {**exchange["data"], "ResponseMetadata": {"HTTPStatusCode": exchange["status"]}}, "Recorded"
            )
        # The session keeps the root element's name; recordings of parsed answers have lost it.
        return {**exchange["data"], ROOT: "PublicAccessBlockConfiguration"}

    return call


def test_a_block_that_is_not_set_set_in_part_or_refused() -> None:
    facts: list[Fact[PublicAccessBlock]] = [
        errors.read(replayed(exchange), GET_PUBLIC_ACCESS_BLOCK, block, Known(PublicAccessBlock()))
        for exchange in recorded("public_access_block", "s3.GetPublicAccessBlock")
    ]
    absent, partial, denied = facts
    assert absent == Known(PublicAccessBlock())
    assert partial == Known(
        PublicAccessBlock(block_public_acls=True, block_public_policy=True, restrict_public_buckets=True)
    )
    assert denied == Unread(
        reason=UnreadReason.DENIED,
        operation="s3:GetPublicAccessBlock",
        permission="s3:GetBucketPublicAccessBlock",
        detail="AccessDenied",
    )


def test_an_acl_that_grants_to_everyone_and_one_that_grants_to_nobody() -> None:
    grants: list[tuple[Grant, ...]] = []
    for exchange in recorded("grants", "s3.GetBucketAcl"):
        acl = exchange["data"]
        grants.append(
            acl_grants(acl, owner_id="", ignored=Known(Switch(on=False)), ownership=Known("")),
        )
        assert grants_others(Known(acl)) is bool(acl["Grants"])
    public, emptied = grants
    assert Reach.ANONYMOUS_INTERNET in {grant.reach for grant in public}
    assert emptied == ()
