"""``cspmd run`` against a fake AWS: drift, metrics, probes, reload, and its end."""

from __future__ import annotations

import signal
import time

import pytest

from tests.fakes.aws_estate import BLOCK, NO_BLOCK, PUBLIC_POLICY, put_bucket
from tests.fakes.aws_faults import DENIED, EXPIRED, SLOW_DOWN, Faults, slow
from tests.fakes.aws_moto import ACCOUNT, Moto
from tests.fakes.program import Daemon, Program, wait_for

PUBLIC = "storage.public_access"
LATENT = "storage.latent_public_access"
GROUPS = "ec2:DescribeSecurityGroups"
STOP_SECONDS = 20


def _open(moto: Moto, bucket: str, *, blocked: bool) -> None:
    """Turn the bucket's public access block off or on."""
    moto.client("s3").put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration=BLOCK if blocked else NO_BLOCK
    )


def test_finds_a_drift_and_its_end_and_tells_metrics_file_and_findings(program: Program, moto: Moto) -> None:
    labels = {"provider": "aws", "account": ACCOUNT, "detector": PUBLIC}
    with program.running() as daemon:
        daemon.wait_until_ready()
        assert daemon.metrics("cspmd_findings", **labels, severity="critical", status="fail") == [2]
        assert daemon.metrics("cspmd_resources", provider="aws", account=ACCOUNT, kind="bucket") == [5]
        assert daemon.metrics("cspmd_drift_total", **labels, direction="regressed") == [0]

        _open(moto, "latent", blocked=False)
        daemon.wait_for_metric(3, "cspmd_findings", **labels, status="fail")
        assert daemon.metrics("cspmd_drift_total", **labels, direction="regressed") == [1]
        assert sum(daemon.metrics("cspmd_detection_latency_seconds_count", provider="aws", path="poll")) >= 1
        finding = program.open_findings()[PUBLIC, "latent"]
        assert finding.drift == "regressed"
        document = wait_for(lambda: _told(program, "latent", "finding-regressed"), "the regression in the file")
        assert document["event"]["severity"] == 99

        _open(moto, "latent", blocked=True)
        daemon.wait_for_metric(2, "cspmd_findings", **labels, status="fail")
        assert daemon.metrics("cspmd_drift_total", **labels, direction="resolved") == [1]
        wait_for(lambda: _told(program, "latent", "finding-resolved"), "the end in the file")
        assert (PUBLIC, "latent") not in program.open_findings()


def _told(program: Program, bucket: str, action: str) -> dict[str, dict[str, object]] | None:
    for document in program.documents():
        about = (document["rule"]["id"], document["resource"]["name"], document["event"]["action"])
        if about == (PUBLIC, bucket, action):
            return document
    return None


def test_a_bucket_that_is_gone_ends_its_findings(program: Program, moto: Moto) -> None:
    with program.running() as daemon:
        daemon.wait_until_ready()
        moto.client("s3").delete_bucket(Bucket="open-policy")
        daemon.wait_for_metric(1, "cspmd_findings", detector=PUBLIC, status="fail")
        daemon.wait_for_metric(4, "cspmd_resources", kind="bucket")


def test_scan_is_refused_while_run_holds_the_state_and_findings_is_not(program: Program) -> None:
    with program.running() as daemon:
        daemon.wait_until_ready()
        refused = program.cspmd("scan")
        assert refused.returncode == 2
        assert f"cspmd run (pid {daemon.process.pid})" in refused.stderr
        again = program.cspmd("run")
        assert (again.returncode, "is held by" in again.stderr) == (2, True)
        shown = program.cspmd("findings")
        assert (shown.returncode, "open-acl" in shown.stdout) == (0, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_in_order_and_at_once_when_idle(program: Program, number: signal.Signals) -> None:
    program.configure(schedule={"config": "10m"})
    with program.running() as daemon:
        daemon.wait_until_ready()
        daemon.signal(number)
        assert daemon.process.wait(5) == 0
        assert daemon.events("stopped")[0]["left_behind"] == []
    assert program.cspmd("scan").returncode == 0


def test_hands_back_a_read_under_way_within_the_time_promised(faulty: Program, faults: Faults) -> None:
    faulty.scan()
    before = faulty.open_findings().keys()
    faults.plan("s3:GetBucketPolicy", slow(60))
    with faulty.running() as daemon:
        wait_for(lambda: faults.count("s3:GetBucketPolicy") > 5, "a read under way")
        begun = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - begun < STOP_SECONDS
    faults.clear()
    assert faulty.open_findings().keys() == before


def test_a_changed_file_is_taken_up_without_a_restart(program: Program, moto: Moto) -> None:
    second = "222222222222"
    put_bucket(lambda region: moto.client("s3", region=region, account=second), "elsewhere", PUBLIC_POLICY)
    other = program.target("other", accounts=[second], role_name="cspmd-read")
    with program.running() as daemon:
        daemon.wait_until_ready()

        program.configure(targets=[program.target(), other])
        daemon.wait_for_metric(1, "cspmd_findings", account=second, detector=PUBLIC, status="fail")

        program.configure(detectors={"severity": {PUBLIC: "low"}})
        daemon.wait_for_metric(2, "cspmd_findings", account=ACCOUNT, severity="low", status="fail")
        daemon.wait_for_metric(0, "cspmd_findings", account=second, status="fail")
        assert daemon.metrics("cspmd_coverage_ratio", target="other") == []
        assert daemon.metrics("cspmd_config_last_reload_successful") == [1]


def test_what_a_read_brings_in_after_its_target_was_taken_out_ends_too(
    program: Program, moto: Moto, faults: Faults
) -> None:
    second = "222222222222"
    put_bucket(lambda region: moto.client("s3", region=region, account=second), "elsewhere", PUBLIC_POLICY)
    other = program.target("other", accounts=[second], role_name="cspmd-read", endpoint_url=faults.url)

    def reads() -> int:
        return len([line for line in daemon.events("account was read") if line["account"] == second])

    program.configure(targets=[program.target(), other])
    with program.running() as daemon:
        daemon.wait_for_metric(1, "cspmd_findings", account=second, detector=PUBLIC, status="fail")
        before = reads()
        wait_for(lambda: reads() > before, "the end of another read")
        faults.plan("s3:GetBucketPolicy", slow(5))
        asked = faults.count("s3:GetBucketPolicy")
        wait_for(lambda: faults.count("s3:GetBucketPolicy") > asked, "a read under way")
        before = reads()
        program.configure()
        daemon.wait_for_event("watched no more")
        wait_for(lambda: reads() > before, "the end of the read under way")
        daemon.wait_for_metric(0, "cspmd_findings", account=second, status="fail")
        assert daemon.metrics("cspmd_coverage_ratio", target="other") == []


def test_a_bad_file_keeps_the_old_configuration_and_says_so(program: Program, moto: Moto) -> None:
    with program.running() as daemon:
        daemon.wait_until_ready()
        since = daemon.metrics("cspmd_config_last_reload_success_timestamp_seconds")
        program.configure(nonsense=True)
        daemon.wait_for_metric(0, "cspmd_config_last_reload_successful")
        event = daemon.wait_for_event("the configuration was not reloaded; the old one stays in use")
        assert "nonsense" in event["problems"][0]
        assert daemon.metrics("cspmd_config_last_reload_success_timestamp_seconds") == since
        _open(moto, "latent", blocked=False)
        daemon.wait_for_metric(3, "cspmd_findings", detector=PUBLIC, status="fail")

        azure = {"name": "corp", "provider": "azure", "tenant_id": "t"}
        program.configure(targets=[program.target(), azure])
        wait_for(lambda: len(daemon.events(event["event"])) == 2, "the second refusal")
        assert "reads AWS only" in daemon.events(event["event"])[1]["problems"][0]

        program.configure()
        daemon.wait_for_metric(1, "cspmd_config_last_reload_successful")


def test_a_reload_reads_on_where_it_read_and_says_once_what_it_reads_no_more(faulty: Program, faults: Faults) -> None:
    def read_groups(*regions: str, **sections: object) -> None:
        faulty.configure(targets=[faulty.target(regions=regions)], **sections, judged=("network.", "coverage."))

    read_groups("us-east-1", "eu-central-1")
    with faulty.running() as daemon:
        daemon.wait_until_ready()
        wait_for(lambda: faults.count(GROUPS) > 1, "security groups read")
        faults.plan("ec2:DescribeRegions", DENIED)
        read_groups("us-east-1", "eu-central-1", schedule={"config": "2s"})
        daemon.wait_for_event("configuration reloaded")
        before = faults.count(GROUPS)
        wait_for(lambda: faults.count(GROUPS) > before + 1, "security groups read after the reload")
        assert daemon.events("watched no more") == []

        read_groups("us-east-1")
        daemon.wait_for_event("watched no more")
        left = [line["scope"].split("/")[3:] for line in daemon.events("watched no more")]
        assert left == [["eu-central-1", "aws.ec2.network"]]
        assert daemon.stop() == 0


def test_sighup_reloads_and_tries_at_once_what_failed(faulty: Program, faults: Faults) -> None:
    faulty.configure(schedule={"config": "1h"})
    faults.plan("s3:ListBuckets", DENIED)
    with faulty.running() as daemon:
        daemon.wait_until_ready()
        daemon.wait_for_metric(0, "cspmd_coverage_ratio", collector="aws.s3")
        faults.clear()
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_event("configuration reloaded")
        daemon.wait_for_metric(1, "cspmd_coverage_ratio", collector="aws.s3")
        assert _of_s3(daemon, "scope is read again") == 1


def test_an_exception_that_ends_brings_its_finding_back(program: Program) -> None:
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 10))
    exception = {"detector": PUBLIC, "resource": "*open-acl", "reason": "r", "owner": "o", "expires": ends}
    program.configure(exceptions=[exception], schedule={"config": "1h"})
    with program.running() as daemon:
        daemon.wait_until_ready()
        assert daemon.metrics("cspmd_findings", detector=PUBLIC, status="excepted") == [1]
        daemon.wait_for_metric(2, "cspmd_findings", detector=PUBLIC, status="fail")
        daemon.wait_for_metric(0, "cspmd_findings", detector=PUBLIC, status="excepted")
    back = [one for one in program.documents() if one["resource"]["name"] == "open-acl" and one["rule"]["id"] == PUBLIC]
    assert back[-1]["cspmd"]["drift"]["cause"] == "exception_ended"


def test_a_failure_is_told_once_and_its_end_once(faulty: Program, faults: Faults) -> None:
    failed = "scope could not be read; its findings stay as they were"
    with faulty.running() as daemon:
        daemon.wait_until_ready()
        faults.plan("s3:ListBuckets", EXPIRED)
        daemon.wait_for_event(failed)
        calls = faults.count("s3:ListBuckets")
        wait_for(lambda: faults.count("s3:ListBuckets") >= calls + 2, "two more attempts")
        assert _of_s3(daemon, failed) == 1
        assert daemon.metrics("cspmd_findings", detector=PUBLIC, status="fail") == [2]
        assert daemon.metrics("cspmd_coverage_ratio", collector="aws.s3") == [0]
        faults.clear()
        daemon.wait_for_metric(1, "cspmd_coverage_ratio", collector="aws.s3")
        assert _of_s3(daemon, "scope is read again") == 1


def _of_s3(daemon: Daemon, event: str) -> int:
    """Return how often an event was told of the buckets' scope."""
    return sum(line["scope"].endswith("/aws.s3") for line in daemon.events(event))


def test_throttling_slows_the_daemon_and_does_not_fail_it(faulty: Program, faults: Faults) -> None:
    faults.plan("s3:GetBucketPolicy", SLOW_DOWN, times=3)
    with faulty.running() as daemon:
        daemon.wait_until_ready()
        daemon.wait_for_metric(2, "cspmd_findings", detector=PUBLIC, status="fail")
        daemon.wait_for_metric(1, "cspmd_coverage_ratio", collector="aws.s3")


def test_a_taken_port_is_a_configuration_error(program: Program) -> None:
    with program.running() as daemon:
        address = daemon.url.removeprefix("http://")
        program.configure(http={"listen": address}, state={"url": f"sqlite:///{program.folder / 'other.db'}"})
        done = program.cspmd("run")
    assert done.returncode == 2
    assert "http.listen: cannot listen on" in done.stderr


def test_metrics_ask_for_the_password_and_the_log_never_shows_it(program: Program) -> None:
    auth = {"username": "prometheus", "password": "swordfish-swordfish"}
    program.configure(http={"listen": "127.0.0.1:0", "basic_auth": auth})
    with program.running() as daemon:
        daemon.wait_until_ready()
        assert daemon.get("/metrics")[0] == 401
        program.configure(http={"listen": "127.0.0.1:0"})
        wait_for(lambda: daemon.get("/metrics")[0] == 200, "the password to be taken off")
        assert "swordfish" not in daemon.log.read_text()


def test_a_daemon_that_starts_with_nothing_to_reach_serves_all_the_same(program: Program) -> None:
    program.configure(targets=[program.target(endpoint_url="http://127.0.0.1:9")])
    with program.running() as daemon:
        assert daemon.get("/healthz") == (200, "ok\n")
        daemon.wait_until_ready()
        _unreachable(daemon)
        assert daemon.stop() == 0


def _unreachable(daemon: Daemon) -> None:
    assert daemon.metrics("cspmd_coverage_ratio", collector="aws.s3") == [0]
    assert daemon.metrics("cspmd_last_success_timestamp_seconds", collector="aws.s3") == [0]
    assert sum(daemon.metrics("cspmd_findings", detector="coverage.unread_scope", status="fail")) >= 1
