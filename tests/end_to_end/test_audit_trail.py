"""The audit trail, keys and secrets as an operator sees them: from ``scan``, and from ``run`` as somebody stops it."""

from __future__ import annotations

import json
import time

from tests.fakes.aws_faults import Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto
from tests.fakes.aws_trails import REGION, AuditedAccount
from tests.fakes.program import Program, wait_for
from tests.fakes.trail_files import deliver, trail_event

JUDGED = ("logging.", "keys.", "residency.", "coverage.")
LOGGING = f"arn:aws:cloudtrail::{ACCOUNT}:trail"
REGIONS = [REGION, "us-east-1"]


def estate(moto: Moto) -> AuditedAccount:
    account = AuditedAccount(moto, ACCOUNT, "own")
    account.well_kept()
    moto.client("kms", region=REGION).create_key()
    for region in REGIONS:
        moto.client("secretsmanager", region=region).create_secret(Name="db", SecretString="-")
    return account


def test_a_scan_judges_every_region_it_may_read(program: Program, moto: Moto) -> None:
    estate(moto)
    program.configure(
        judged=JUDGED,
        targets=[program.target(regions=REGIONS)],
        policy={"residency": {"default": {"allow": ["aws:eu-*"]}}},
    )
    done = program.cspmd("scan", "--no-ship", "--format", "jsonl", "--show", "all")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    judged = {(one["detector"], one["resource"]["kind"], one["region"]): one["verdict"] for one in lines}
    assert judged["logging.audit_trail", "audit_logging", "global"] == "PASS"
    assert judged["keys.rotation", "encryption_key", REGION] == "FAIL"
    assert judged["residency.out_of_region", "secret", REGION] == "PASS"
    assert judged["residency.out_of_region", "secret", "us-east-1"] == "FAIL"
    assert judged["residency.copy_out_of_region", "log_trail", REGION] == "PASS"


def test_what_may_not_be_read_is_unknown_and_the_scan_incomplete(faulty: Program, faults: Faults, moto: Moto) -> None:
    estate(moto)
    faults.plan("cloudtrail:GetTrailStatus", Fault(status=400, code="AccessDeniedException"))
    faulty.configure(judged=("logging.",), targets=[faulty.target(regions=REGIONS)])
    done = faulty.cspmd("scan", "--no-ship", "--format", "jsonl", "--show", "all")
    assert done.returncode == 3, done.stderr
    (line,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (line["verdict"], line["resource"]["uid"]) == ("UNKNOWN", LOGGING)
    assert "Grant cloudtrail:GetTrailStatus" in line["remediation"]


def test_who_stopped_the_trail_is_told_by_the_trail_s_last_file(program: Program, moto: Moto) -> None:
    account = estate(moto)
    deliver(moto, "own-log", trail_event("ListBuckets", {}, readOnly=True))
    logs = [{"source": "aws.cloudtrail", "bucket": "own-log"}]
    program.configure(
        judged=("logging.",),
        targets=[program.target(logs=logs, regions=REGIONS)],
        schedule={"config": "1h", "logs": "1s"},
    )
    with program.running() as daemon:
        daemon.wait_until_ready()
        assert sum(daemon.metrics("cspmd_findings", detector="logging.audit_trail", status="fail")) == 0
        account.trail_client().stop_logging(Name="audit")
        event = trail_event("StopLogging", {"name": "audit"}, eventSource="cloudtrail.amazonaws.com", awsRegion=REGION)
        time.sleep(1.1)  # the log tells whole seconds, and what it tells comes later than what happened
        deliver(moto, "own-log", event)
        daemon.wait_for_metric(1, "cspmd_findings", detector="logging.audit_trail", status="fail")
        found = wait_for(
            lambda: [one for one in program.documents() if one["rule"]["id"] == "logging.audit_trail"], "the regression"
        )
        (document,) = [one for one in found if one["event"]["action"] == "finding-regressed"]
        assert document["user"]["name"] == "mallory"
        assert document["cspmd"]["actor"]["operation"] == "StopLogging"
        assert document["message"].startswith(
            f"audit logging CloudTrail in AWS account {ACCOUNT} (global) stopped recording the audit trail as required"
        )
        assert "problems: not_recording" in document["message"]
        assert daemon.stop() == 0
