"""A trail as a real AWS once told of it, put back on the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collectors.aws.cloudtrail import AuditLoggingCollector
from collectors.aws.session import AwsAccount
from collectors.model import GLOBAL, AuditLogging, Known, ManagementEvents, Provider, Recording, Scope
from tests.fakes.aws_faults import Fault, Faults
from tests.fakes.aws_moto import Moto
from tests.fakes.aws_trails import AuditedAccount

RECORDED = Path(__file__).parent / "recorded" / "account_trail.json"
OWNER = "644160558196"


def on_the_wire(value: Any) -> Any:
    """Return what boto3 parsed as the JSON it came from: times are seconds."""
    if isinstance(value, dict) and value.get("__class__") == "datetime":
        parts = (value[part] for part in ("year", "month", "day", "hour", "minute", "second"))
        return datetime(*parts, tzinfo=UTC).timestamp()
    if isinstance(value, dict):
        return {name: on_the_wire(member) for name, member in value.items()}
    return [on_the_wire(member) for member in value] if isinstance(value, list) else value


def test_a_trail_that_was_recorded_is_understood(moto: Moto, faults: Faults) -> None:
    for one in json.loads(RECORDED.read_text())["responses"]:
        operation = one["operation"].replace(".", ":")
        faults.plan(operation, Fault(body=json.dumps(on_the_wire(one["data"])).encode()))
    arn = f"arn:aws:cloudtrail:us-east-1:{OWNER}:trail/skunk-trails"
    told = {"TrailARN": arn, "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}
    faults.plan("cloudtrail:GetEventSelectors", Fault(body=json.dumps(told).encode()))
    AuditedAccount(moto, OWNER, "own").bucket("custodian-skunk-trails", lock="")
    account = AwsAccount(OWNER, endpoint_url=faults.url, role_name="cspmd-read")
    scope = Scope(
        target="test", provider=Provider.AWS, account=OWNER, region=GLOBAL, collector=AuditLoggingCollector.uid
    )
    (found,) = AuditLoggingCollector(account).collect(scope)
    assert isinstance(found, AuditLogging)
    assert isinstance(found.trails, Known)
    (trail,) = found.trails.value
    assert (trail.uid, trail.region, trail.bucket) == (arn, "us-east-1", "custodian-skunk-trails")
    assert trail.multi_region
    assert trail.validated
    assert trail.global_services
    assert not trail.organization
    assert trail.key_uid.startswith(f"arn:aws:kms:us-east-1:{OWNER}:key/")
    assert trail.recording == Known(Recording(on=True))
    assert trail.events == Known(ManagementEvents(read=True, write=True))
    assert trail.own_bucket == Known(value=True)
