"""What cannot be read is never fine: each operation denied, throttled, expired, cut off or late."""

from __future__ import annotations

import pytest

from collectors.aws.s3.operations import OPERATIONS
from tests.fakes.aws_faults import DENIED, EXPIRED, GARBAGE, RESET, SLOW_DOWN, Fault, Faults, slow
from tests.fakes.program import Program

PUBLIC = "storage.public_access"
COVERAGE = "coverage.unread_scope"
SCOPE = "estate/aws/123456789012/global/aws.s3"

# Which verdicts on which bucket an operation's answer decides, where nothing else is read in its place.
DECIDES = {
    "s3:GetBucketPolicy": [("private", PUBLIC), ("private", "storage.encryption_in_transit")],
    "s3:GetBucketAcl": [("private", PUBLIC)],
    "s3:GetBucketVersioning": [("guarded", "storage.versioning")],
    "s3:GetBucketLogging": [("guarded", "storage.access_logging")],
    "s3:GetBucketEncryption": [("guarded", "storage.encryption_at_rest")],
    "s3control:ListAccessPoints": [("private", PUBLIC)],
}

# Without them something is less detailed, or told by another operation: HeadBucket names the region, too.
SPARED = {operation.uid for operation in OPERATIONS if operation.optional} | {"s3:GetBucketLocation"}

PERMISSIONS = {operation.uid: operation.action for operation in OPERATIONS}


@pytest.mark.parametrize("operation", DECIDES)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [(DENIED, "denied"), (GARBAGE, "malformed")],
    ids=["denied", "garbage"],
)
def test_what_an_operation_decides_is_unknown_without_it(
    faulty: Program, faults: Faults, operation: str, fault: Fault, reason: str
) -> None:
    faults.plan(operation, fault)
    code, judgements = faulty.scan()
    assert code == 3
    for bucket, detector in DECIDES[operation]:
        line = judgements[detector, bucket]
        assert line["verdict"] == "UNKNOWN"
        unread = next(one for one in line["unread"] if one["operation"] == operation)
        assert unread["reason"] == reason
        if fault is DENIED:
            assert unread["permission"] == PERMISSIONS[operation]
    missing = judgements[COVERAGE, SCOPE]
    assert missing["verdict"] == "FAIL"
    assert operation in {seen["data"].get("operation") for seen in missing["evidence"]}


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("s3:GetBucketPolicy", RESET),
        ("s3:GetBucketPolicy", EXPIRED),
        ("s3:GetBucketPolicy", SLOW_DOWN),
        ("s3:GetBucketAcl", RESET),
    ],
    ids=["policy reset", "policy expired", "policy throttled", "acl reset"],
)
def test_other_failures_are_unknown_too(faulty: Program, faults: Faults, operation: str, fault: Fault) -> None:
    faults.plan(operation, fault, when=lambda call: call.bucket == "private")
    code, judgements = faulty.scan()
    assert code == 3
    assert judgements[PUBLIC, "private"]["verdict"] == "UNKNOWN"
    assert judgements[PUBLIC, "open-policy"]["verdict"] == "FAIL"
    assert judgements[PUBLIC, "guarded"]["verdict"] == "PASS"


def test_an_answer_that_comes_late_is_waited_for_and_asked_for_again(faulty: Program, faults: Faults) -> None:
    faults.plan("s3:GetBucketPolicy", slow(12), times=1, when=lambda call: call.bucket == "private")
    code, judgements = faulty.scan()
    assert (code, judgements[PUBLIC, "private"]["verdict"]) == (0, "PASS")


def test_an_answer_that_never_comes_in_time_is_unknown(faulty: Program, faults: Faults) -> None:
    faults.plan("s3:GetBucketPolicy", slow(12), when=lambda call: call.bucket == "private")
    code, judgements = faulty.scan()
    assert code == 3
    line = judgements[PUBLIC, "private"]
    assert line["verdict"] == "UNKNOWN"
    assert [one["reason"] for one in line["unread"]] == ["unreachable"]
    assert judgements[PUBLIC, "open-policy"]["verdict"] == "FAIL"


@pytest.mark.usefixtures("nothing_real")
def test_denying_any_operation_never_makes_anything_better(faulty: Program, faults: Faults) -> None:
    complete, before = faulty.scan_here()
    assert complete
    findings = faulty.open_findings().keys()
    for operation in sorted(PERMISSIONS):
        faults.clear()
        faults.plan(operation, DENIED)
        complete, after = faulty.scan_here()
        better = {key for key in before if before[key] != "PASS" and after.get(key) == "PASS"}
        assert better == set(), operation
        assert findings <= faulty.open_findings().keys(), operation
        assert complete == (faults.count(operation) == 0 or operation in SPARED), operation


def test_a_violation_that_can_no_longer_be_read_stays_open_and_stale(faulty: Program, faults: Faults) -> None:
    faulty.scan()
    faults.plan("s3:GetBucketPolicy", DENIED)
    code, judgements = faulty.scan("--fail-on", "critical")
    assert code == 3
    assert judgements[PUBLIC, "open-policy"]["verdict"] == "UNKNOWN"
    finding = faulty.open_findings()[PUBLIC, "open-policy"]
    assert finding.stale
    faults.clear()
    assert faulty.scan()[0] == 0
    assert not faulty.open_findings()[PUBLIC, "open-policy"].stale


def test_another_source_that_proves_it_is_enough(faulty: Program, faults: Faults) -> None:
    faults.plan("s3:GetBucketAcl", DENIED)
    code, judgements = faulty.scan("--fail-on", "critical")
    line = judgements[PUBLIC, "open-policy"]
    assert (code, line["verdict"]) == (3, "FAIL")
    assert [one["permission"] for one in line["unread"]] == ["s3:GetBucketAcl"]


@pytest.mark.parametrize("fault", [DENIED, EXPIRED, RESET, SLOW_DOWN, GARBAGE])
def test_a_listing_that_fails_ends_nothing_and_judges_nothing(faulty: Program, faults: Faults, fault: Fault) -> None:
    faulty.scan()
    findings = faulty.open_findings().keys()
    faults.plan("s3:ListBuckets", fault)
    code, judgements = faulty.scan("--fail-on", "low")
    assert code == 3
    assert (COVERAGE, SCOPE) in judgements
    assert {line["resource"]["kind"] for line in judgements.values()}.isdisjoint({"bucket"})
    assert findings <= faulty.open_findings().keys() - {(COVERAGE, SCOPE)}


def test_credentials_that_are_refused_are_an_incomplete_scope(faulty: Program, faults: Faults) -> None:
    faults.plan("sts:GetCallerIdentity", EXPIRED)
    code, judgements = faulty.scan()
    assert code == 3
    assert judgements[COVERAGE, SCOPE]["verdict"] == "FAIL"


def test_credentials_of_another_account_are_refused(program: Program) -> None:
    program.configure(targets=[program.target(accounts=["999999999999"])])
    code, judgements = program.scan()
    assert code == 3
    assert {detector for detector, _ in judgements} == {COVERAGE}
    assert "credentials_of_account_123456789012" in str(judgements)


def test_credentials_whose_account_sts_does_not_name_are_not_trusted(faulty: Program, faults: Faults) -> None:
    faulty.configure(targets=[faulty.target(accounts=["999999999999"])])
    faults.plan("sts:GetCallerIdentity", DENIED)
    code, judgements = faulty.scan()
    assert code == 3
    assert {detector for detector, _ in judgements} == {COVERAGE}
    assert {call.operation for call in faults.calls} == {"sts:GetCallerIdentity"}


def test_what_an_exception_covers_does_not_make_a_scan_incomplete(faulty: Program, faults: Faults) -> None:
    rule = {"resource": "*:private", "reason": "r", "owner": "o", "expires": "2099-01-01"}
    faults.plan("s3:GetBucketAcl", DENIED, when=lambda call: call.bucket == "private")
    assert faulty.scan()[0] == 3
    faulty.configure(exceptions=[{"detector": "storage.*public_access", **rule}])
    assert faulty.scan()[0] == 0
    assert faulty.scan("--detector", "storage.versioning")[0] == 0


def test_a_detector_that_does_not_depend_on_it_is_complete(faulty: Program, faults: Faults) -> None:
    faults.plan("s3:GetBucketAcl", DENIED)
    assert faulty.scan("--detector", "storage.versioning")[0] == 0
    assert faulty.scan("--detector", PUBLIC)[0] == 3


def test_doctor_names_the_permission_that_is_missing(faulty: Program, faults: Faults) -> None:
    assert faulty.cspmd("doctor").returncode == 0
    faults.plan("s3:GetBucketAcl", DENIED)
    done = faulty.cspmd("doctor")
    assert done.returncode == 3
    assert "MISSING   s3:GetBucketAcl" in done.stdout
    assert "Grant to the identity that cspmd reads with:\n  s3:GetBucketAcl\n" in done.stdout


def test_doctor_makes_nothing_and_says_where_the_state_could_not_be_made(program: Program) -> None:
    folder = program.folder / "state" / "of" / "cspmd"
    program.configure(state={"url": f"sqlite:///{folder}/state.db"})
    before = set(program.folder.iterdir())
    done = program.cspmd("doctor")
    assert done.returncode == 0, done.stdout
    assert f"{folder}/state.db: there is none yet; the first run or scan makes it" in done.stdout
    assert set(program.folder.iterdir()) == before
    (program.folder / "state").touch()
    done = program.cspmd("doctor")
    assert done.returncode == 3
    assert f"cannot be made ({program.folder / 'state'} is no directory)" in done.stdout


def test_doctor_tells_of_a_sink_that_cannot_be_reached(program: Program) -> None:
    program.configure(sinks={"elasticsearch": {"hosts": ["http://127.0.0.1:9"], "api_key": "swordfish-swordfish"}})
    done = program.cspmd("doctor")
    assert done.returncode == 3
    assert "sink elasticsearch" in done.stdout
    assert "swordfish" not in done.stdout + done.stderr
