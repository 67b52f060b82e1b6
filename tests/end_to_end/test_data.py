"""The whole program on databases, tables and file systems in two regions, one of them forbidden."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from detectors.catalogue import catalogue
from tests.collectors.aws.data.small import HOME, file_system, instance, supplement, table
from tests.fakes.aws_faults import Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto
from tests.fakes.program import Program

FAR = "us-east-1"
PUBLIC = "data.public_database"
ENCRYPTED = "data.encryption_at_rest"
PLACED = "residency.out_of_region"
COPIED = "residency.copy_out_of_region"


@pytest.fixture
def estate(moto: Moto, faults: Faults, program: Program) -> Program:
    """The program behind a proxy that knows file systems' replications, judging data and where it lies."""
    supplement(faults)
    instance(moto, "shop", PubliclyAccessible=True)
    instance(moto, "orders", StorageEncrypted=False)
    moto.client("rds", region=FAR).create_db_instance_read_replica(
        DBInstanceIdentifier="orders-us",
        SourceDBInstanceIdentifier=f"arn:aws:rds:{HOME}:{ACCOUNT}:db:orders",
        SourceRegion=HOME,
    )
    table(moto, "sessions")
    table(moto, "leads", region=FAR)
    file_system(moto, "home", Encrypted=False)
    program.endpoint = faults.url
    settings = program.settings(
        targets=[program.target(regions=[HOME, FAR])],
        policy={"residency": {"default": {"allow": ["aws:eu-*"]}}},
    )
    judged = ("data.", "residency.", "coverage.")
    settings["detectors"]["disable"] = [uid for uid in catalogue() if not uid.startswith(judged)]
    program.configuration.write_text(yaml.safe_dump(settings))
    return program


def failing(judgements: dict[tuple[str, str], dict[str, Any]]) -> set[tuple[str, str]]:
    """What fails, but for buckets and for what RDS and KMS make by themselves."""
    return {
        (detector, name)
        for (detector, name), line in judgements.items()
        if line["verdict"] == "FAIL" and line["resource"]["kind"] in {"database", "table", "file_system"}
    }


def test_a_scan_tells_what_is_open_bare_and_out_of_place(estate: Program) -> None:
    code, judgements = estate.scan()
    assert code == 0
    assert failing(judgements) == {
        (PUBLIC, "shop"),
        (ENCRYPTED, "orders"),
        (ENCRYPTED, "orders-us"),
        (ENCRYPTED, "home"),
        (PLACED, "orders-us"),
        (PLACED, "leads"),
        (COPIED, "orders"),
    }
    assert not [line for line in judgements.values() if line["verdict"] == "UNKNOWN"]
    line = judgements[PUBLIC, "shop"]
    assert line["resource"] == {"uid": f"arn:aws:rds:{HOME}:{ACCOUNT}:db:shop", "name": "shop", "kind": "database"}
    assert (line["region"], line["account"], line["severity"]) == (HOME, ACCOUNT, "critical")
    assert "ISO/IEC 27001:2022 A.5.23" in line["controls"]
    assert "aws rds modify-db-instance" in line["remediation"]
    messages = [document["message"] for document in estate.documents()]
    assert any(message.startswith("RDS database shop in AWS account") for message in messages)
    assert estate.scan() == (code, judgements)


def test_a_refused_list_closes_no_finding_and_says_so(estate: Program, faults: Faults) -> None:
    estate.scan()
    faults.plan(
        "rds:DescribeDBInstances", Fault(status=403, code="AccessDenied"), when=lambda call: call.region == HOME
    )
    code, judgements = estate.scan()
    assert code == 3
    assert (PUBLIC, "shop") not in judgements
    assert {(PUBLIC, "shop"), (ENCRYPTED, "orders")} <= set(estate.open_findings())
    assert (PLACED, "orders-us") in failing(judgements)
    scope = next(
        line
        for (detector, _), line in judgements.items()
        if detector == "coverage.unread_scope" and line["verdict"] == "FAIL"
    )
    assert "rds:DescribeDBInstances" in scope["remediation"] + str(scope["evidence"])


def test_what_becomes_public_is_a_drift(estate: Program, moto: Moto) -> None:
    estate.scan()
    moto.client("rds", region=HOME).modify_db_instance(DBInstanceIdentifier="orders", PubliclyAccessible=True)
    _, judgements = estate.scan()
    assert (PUBLIC, "orders") in failing(judgements)
    told = [document for document in estate.documents() if document["event"]["action"] == "finding-regressed"]
    assert [document["message"].partition(":")[0] for document in told] == [
        f"RDS database orders in AWS account {ACCOUNT} ({HOME}) became reachable by the public"
    ]
