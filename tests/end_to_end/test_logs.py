"""``cspmd run`` that follows a trail: who opened a bucket is known within seconds, nothing is lost or told twice."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest

from daemon.state import State, uses
from tests.fakes.aws_estate import BLOCK, NO_BLOCK
from tests.fakes.aws_moto import ACCOUNT, Moto
from tests.fakes.program import Daemon, Program, wait_for
from tests.fakes.trail_files import access_line, anonymous_read, deliver, deliver_access_log, trail_event

PUBLIC = "storage.public_access"
TRAIL = "trail"
PROMISED = 10
SWITCH = "PutBucketPublicAccessBlock"


@pytest.fixture
def followed(program: Program, moto: Moto) -> Program:
    """The program that follows a trail every second and polls once an hour."""
    moto.client("s3").create_bucket(Bucket=TRAIL)
    deliver(moto, TRAIL, trail_event("ListBuckets", {}, readOnly=True))
    logs = [{"source": "aws.cloudtrail", "bucket": TRAIL}]
    program.configure(targets=[program.target(logs=logs)], schedule={"config": "1h", "logs": "1s"})
    return program


def switch(moto: Moto, bucket: str, *, blocked: bool) -> dict[str, Any]:
    """Turn a bucket's block off or on; return the event that CloudTrail writes of it."""
    block = BLOCK if blocked else NO_BLOCK
    moto.client("s3").put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    return trail_event(SWITCH, {"bucketName": bucket, "PublicAccessBlockConfiguration": block})


def told(program: Program, **wanted: str) -> list[dict[str, Any]]:
    """Return the documents of the file sink whose rule and action are these."""
    return [
        document
        for document in program.documents()
        if document["rule"]["id"] == wanted["rule"] and document["event"]["action"] == wanted["action"]
    ]


def until_followed(daemon: Daemon) -> None:
    daemon.wait_until_ready()
    assert daemon.metrics("cspmd_log_events_total", source="aws.cloudtrail", target="estate") == [1]


def test_who_opened_a_bucket_is_told_everywhere_within_seconds(followed: Program, moto: Moto) -> None:
    labels = {"provider": "aws", "account": ACCOUNT, "detector": PUBLIC}
    with followed.running() as daemon:
        until_followed(daemon)
        event = switch(moto, "latent", blocked=False)
        time.sleep(1.1)  # the log tells whole seconds, and what it tells comes later than what happened
        deliver(moto, TRAIL, event)
        arrived = time.monotonic()
        daemon.wait_for_metric(3, "cspmd_findings", **labels, status="fail")
        [document] = wait_for(lambda: told(followed, rule=PUBLIC, action="finding-regressed"), "the regression")
        assert time.monotonic() - arrived < PROMISED
        assert document["user"]["name"] == "mallory"
        assert document["source"]["ip"] == "198.51.100.66"
        assert document["user_agent"]["original"] == "[aws-cli/2.15.30]"
        assert document["cspmd"]["actor"]["operation"] == SWITCH
        assert document["cspmd"]["actor"]["event_id"] == event["eventID"]
        assert document["cspmd"]["drift"]["path"] == "event"
        shown = followed.cspmd("findings")
        assert "mallory" in shown.stdout
        assert SWITCH in shown.stdout
        assert "198.51.100.66" in shown.stdout
        assert sum(daemon.metrics("cspmd_detection_latency_seconds_count", provider="aws", path="event")) == 1
        assert daemon.metrics("cspmd_log_events_total", source="aws.cloudtrail", target="estate") == [2]
        assert daemon.metrics("cspmd_coverage_ratio", collector="logs.aws.cloudtrail") == [1]
        assert daemon.metrics("cspmd_log_lag_seconds", source="aws.cloudtrail", target="estate")[0] >= 0

        deliver(moto, TRAIL, switch(moto, "latent", blocked=True))
        daemon.wait_for_metric(2, "cspmd_findings", **labels, status="fail")
        assert daemon.stop() == 0


def test_a_rule_that_an_event_matches_is_told_once_over_a_kill(followed: Program, moto: Moto) -> None:
    event = trail_event("StopLogging", {"name": "main"}, eventSource="cloudtrail.amazonaws.com")
    with followed.running("first") as daemon:
        until_followed(daemon)
        deliver(moto, TRAIL, event)
        wait_for(lambda: alerts(followed), "the alert")
        daemon.kill()
    deliver(moto, TRAIL, event)
    with followed.running("second") as daemon:
        daemon.wait_until_ready()
        deliver(moto, TRAIL, trail_event("DeleteTrail", {"name": "main"}, eventSource="cloudtrail.amazonaws.com"))
        wait_for(
            lambda: [one for one in alerts(followed) if one["event"]["action"] == "DeleteTrail"], "the other alert"
        )
        ids = [one["event"]["id"] for one in alerts(followed)]
        assert len(ids) == len(set(ids))
        assert [one["event"]["action"] for one in alerts(followed)].count("StopLogging") == len(
            {one["rule"]["id"] for one in alerts(followed) if one["event"]["action"] == "StopLogging"}
        )
        assert daemon.metrics("cspmd_findings", detector=alerts(followed)[0]["rule"]["id"], status="fail") == [1]


def alerts(program: Program) -> list[dict[str, Any]]:
    return [document for document in program.documents() if document["rule"]["id"].startswith("event.sigma.")]


def test_a_log_that_cannot_be_read_shows_in_coverage_and_the_rest_goes_on(program: Program) -> None:
    logs = [{"source": "aws.cloudtrail", "bucket": "there-is-none"}]
    program.configure(targets=[program.target(logs=logs)], schedule={"config": "1s", "logs": "1s"})
    with program.running() as daemon:
        daemon.wait_until_ready()
        daemon.wait_for_metric(0, "cspmd_coverage_ratio", collector="logs.aws.cloudtrail")
        daemon.wait_for_metric(1, "cspmd_findings", detector="coverage.unread_scope", status="fail")
        assert len(daemon.events("scope could not be read; its findings stay as they were")) == 1
        assert daemon.metrics("cspmd_resources", kind="bucket") == [5]


RULE = """\
title: Buckets were listed
id: 22222222-0000-0000-0000-000000000001
status: test
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: ListBuckets}
  condition: selection
level: low
"""


def test_a_reload_takes_up_logs_and_rules_and_lets_them_go(program: Program, moto: Moto) -> None:
    moto.client("s3").create_bucket(Bucket=TRAIL)
    deliver(moto, TRAIL, trail_event("ListBuckets", {}, readOnly=True))
    with program.running() as daemon:
        daemon.wait_until_ready()
        assert daemon.metrics("cspmd_log_events_total") == []
        rules = program.folder / "rules"
        rules.mkdir()
        (rules / "own.yml").write_text(RULE)
        logs = [{"source": "aws.cloudtrail", "bucket": TRAIL}]
        schedule = {"config": "1h", "logs": "1s"}
        program.configure(targets=[program.target(logs=logs)], schedule=schedule, rules=["rules/"])
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: alerts(program), "the operator's rule")
        assert {one["rule"]["name"] for one in alerts(program)} == {"Buckets were listed"}
        assert daemon.metrics("cspmd_findings", detector="event.sigma.22222222-0000-0000-0000-000000000001") == [1]

        program.configure(schedule=schedule)
        daemon.signal(signal.SIGHUP)
        assert daemon.wait_for_event("log followed no more")["log"].endswith(TRAIL + "/")
        daemon.wait_for_metric(0, "cspmd_coverage_ratio", collector="logs.aws.cloudtrail")
        assert daemon.metrics("cspmd_coverage_ratio", collector="logs.aws.cloudtrail") == []
        assert daemon.stop() == 0


def test_a_switch_of_the_account_opens_buckets_and_names_who_turned_it(followed: Program, moto: Moto) -> None:
    account = moto.client("s3control")
    account.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=BLOCK)
    with followed.running() as daemon:
        until_followed(daemon)
        before = sum(daemon.metrics("cspmd_findings", detector=PUBLIC, status="fail"))
        account.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=NO_BLOCK)
        parameters = {"accountId": ACCOUNT, "PublicAccessBlockConfiguration": NO_BLOCK}
        event = trail_event("PutAccountPublicAccessBlock", parameters)
        time.sleep(1.1)  # as above
        deliver(moto, TRAIL, event)
        daemon.wait_for_metric(before + 2, "cspmd_findings", detector=PUBLIC, status="fail")
        documents = wait_for(lambda: told(followed, rule=PUBLIC, action="finding-regressed")[1:], "both regressions")
        assert {one["user"]["name"] for one in documents} == {"mallory"}
        assert {one["cspmd"]["drift"]["path"] for one in documents} == {"event"}


def test_a_read_that_nobody_signed_is_counted(followed: Program, moto: Moto) -> None:
    with followed.running() as daemon:
        until_followed(daemon)
        deliver(moto, TRAIL, *(anonymous_read("open-policy") for _ in range(3)))
        daemon.wait_for_metric(4, "cspmd_log_events_total", source="aws.cloudtrail")
        wait_for(lambda: used(followed) == [("arn:aws:s3:::open-policy", "anonymous-internet", 3)], "the count")
        [document] = wait_for(lambda: told(followed, rule=PUBLIC, action="finding-updated"), "the finding's update")
        assert document["resource"]["name"] == "open-policy"
        assert document["cspmd"]["drift"]["facts"] == ["use"]
        assert "user" not in document
        evidence = followed.open_findings()[PUBLIC, "open-policy"].judgement.evidence
        assert "203.0.113.9" in str([one.data for one in evidence if one.name == "use"])


def used(program: Program) -> list[tuple[str, str, int]]:
    state = State.open(f"sqlite:///{program.folder / 'state.db'}", create=False)
    try:
        with state.read() as connection:
            return [
                (row.resource_uid, row.reach, row.count) for row in uses.load(connection, ["arn:aws:s3:::open-policy"])
            ]
    finally:
        state.close()


FILES, EVENTS, KILLS = 30, 4, 3


def test_killed_again_and_again_while_it_catches_up_it_tells_each_event_once(followed: Program, moto: Moto) -> None:
    with followed.running("before") as daemon:
        until_followed(daemon)
        daemon.kill()
    wanted = set()
    for number in range(FILES):
        events = [
            trail_event("StopLogging", {"name": f"trail-{number}-{one}"}, eventSource="cloudtrail.amazonaws.com")
            for one in range(EVENTS)
        ]
        wanted |= {event["eventID"] for event in events}
        deliver(moto, TRAIL, *events, *events[:1])
    for life in range(KILLS):
        with followed.running(f"life{life}") as daemon:
            seen = len(alerts(followed))
            wait_for(lambda seen=seen: len(alerts(followed)) > seen or len(alerts(followed)) == len(wanted), "an alert")
            daemon.kill()
    with followed.running("last") as daemon:
        wait_for(lambda: {one["cspmd"]["actor"]["event_id"] for one in alerts(followed)} >= wanted, "every alert")
        daemon.wait_for_metric(0, "cspmd_outbox_pending", sink="file")
        assert daemon.stop() == 0
    told_of = [one["cspmd"]["actor"]["event_id"] for one in alerts(followed)]
    assert sorted(told_of) == sorted(wanted)


ADMINISTRATOR = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}, "Version": "2012-10-17"})


def test_who_made_somebody_an_administrator_is_named_directly_and_through_a_group(
    followed: Program, moto: Moto
) -> None:
    iam = moto.client("iam")
    for name in ("eve", "ivan"):
        iam.create_user(UserName=name, Path="/ops/")
    iam.create_group(GroupName="helpers")
    iam.add_user_to_group(GroupName="helpers", UserName="ivan")
    logs = [{"source": "aws.cloudtrail", "bucket": TRAIL}]
    followed.configure(
        targets=[followed.target(logs=logs)],
        schedule={"config": "1h", "logs": "1s"},
        judged=("identity.least_privilege", "coverage."),
    )
    with followed.running() as daemon:
        until_followed(daemon)
        assert daemon.metrics("cspmd_findings", detector="identity.least_privilege", status="fail") == []
        iam.put_user_policy(UserName="eve", PolicyName="p", PolicyDocument=ADMINISTRATOR)
        iam.put_group_policy(GroupName="helpers", PolicyName="p", PolicyDocument=ADMINISTRATOR)
        source = {"eventSource": "iam.amazonaws.com"}
        events = [
            trail_event("PutUserPolicy", {"userName": "eve", "policyName": "p"}, **source),
            trail_event("PutGroupPolicy", {"groupName": "helpers", "policyName": "p"}, **source),
        ]
        time.sleep(1.1)  # as above
        deliver(moto, TRAIL, *events)
        wait_for(lambda: len(told(followed, rule="identity.least_privilege", action="finding-regressed")) == 2, "both")
        documents = told(followed, rule="identity.least_privilege", action="finding-regressed")
        named = {
            one["resource"]["name"]: (one["user"]["name"], one["cspmd"]["actor"]["operation"]) for one in documents
        }
        assert named == {"eve": ("mallory", "PutUserPolicy"), "ivan": ("mallory", "PutGroupPolicy")}


def test_an_access_log_tells_who_read_an_open_bucket(program: Program, moto: Moto) -> None:
    moto.client("s3").create_bucket(Bucket="access-logs")
    logs = [{"source": "aws.s3access", "bucket": "access-logs"}]
    program.configure(targets=[program.target(logs=logs)], schedule={"config": "1h", "logs": "1s"})
    with program.running() as daemon:
        daemon.wait_until_ready()
        finding = program.open_findings()[PUBLIC, "open-policy"].judgement
        assert {"access_logging_off", "access_log_not_delivered"} & set(finding.notes)
        lines = [access_line("open-policy") for _ in range(11)]
        own = access_line("guarded", requester=f"arn:aws:iam::{ACCOUNT}:user/alice")
        deliver_access_log(moto, "access-logs", *lines, own)
        daemon.wait_for_metric(12, "cspmd_log_events_total", source="aws.s3access", target="estate")
        wait_for(lambda: told(program, rule=PUBLIC, action="finding-updated"), "the finding's update")
        finding = program.open_findings()[PUBLIC, "open-policy"].judgement
        assert "used_anonymously" in finding.notes
        [use] = [one.data for one in finding.evidence if one.name == "use"]
        assert (use["count"], use["readers"]) == (10, [{"ip": "203.0.113.9"}])
        assert daemon.stop() == 0
