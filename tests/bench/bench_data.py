"""What reading and judging what keeps data and records costs: ``python -m tests.bench.bench_data``.

Each case reads a moto server through a proxy that delays each answer, in a process of its own, and prints a row of a
Markdown table. Everything lies in three of the seventeen regions; the others cost their lists alone.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.measure import run

COLUMNS = ("family", "resources", "regions", "ms a call", "calls", "wall s", "CPU s", "peak MB", "judgements")
REGIONS = (
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    *("ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
)
SETTLED = ("eu-central-1", "eu-west-1", "us-east-1")
FAMILIES = {
    "RDS": "collectors.aws.rds:RdsCollector",
    "DynamoDB": "collectors.aws.dynamodb:DynamoDbCollector",
    "EFS": "collectors.aws.efs:EfsCollector",
    "CloudTrail, as a whole": "collectors.aws.cloudtrail:AuditLoggingCollector",
    "CloudTrail, each trail": "collectors.aws.cloudtrail:TrailCollector",
    "KMS": "collectors.aws.kms:KeyCollector",
    "Secrets Manager": "collectors.aws.secretsmanager:SecretCollector",
    "ECR": "collectors.aws.ecr:RepositoryCollector",
    "Backup": "collectors.aws.backup:BackupCollector",
}
MOST_TRAILS = 5
AT_ONCE = 8
"""Regions read at the same time."""


class Case(NamedTuple):
    """One family, and by how many milliseconds each answer is late."""

    family: str
    delay: int


CASES = tuple(Case(family, delay) for delay in (0, 30) for family in FAMILIES)
EACH = 60
"""Of each kind in each settled region; trails are as many as AWS allows there."""


def collect(family: str, endpoint: str) -> dict[str, int]:
    """Read and judge one family in every region; return how many calls, resources and judgements that were."""
    from concurrent.futures import ThreadPoolExecutor
    from datetime import UTC, datetime

    from collectors.aws.session import AwsAccount
    from collectors.model import GLOBAL, Provider, Scope, Unread
    from detectors.catalogue import detectors_for
    from detectors.engine import judge
    from detectors.model import Policy, Residency

    module, _, name = FAMILIES[family].partition(":")
    collector = getattr(importlib.import_module(module), name)
    policy, now = Policy(residency=Residency(default=("aws:eu-*",))), datetime.now(UTC)
    calls: list[str] = []
    account = AwsAccount(
        "123456789012", endpoint_url=endpoint, observer=lambda *, operation, **_: calls.append(operation)
    )

    def read(region: str) -> tuple[int, int]:
        scope = Scope(
            target="bench", provider=Provider.AWS, account="123456789012", region=region, collector=collector.uid
        )
        resources = judgements = 0
        for item in collector(account).collect(scope):
            if isinstance(item, Unread):
                raise SystemExit(item.summary)
            resources += 1
            judgements += sum(judge(one, item, policy, now) is not None for one in detectors_for(type(item)))
        return resources, judgements

    with ThreadPoolExecutor(AT_ONCE) as pool:
        counted = list(pool.map(read, REGIONS if collector.regional else (GLOBAL,)))
    return {
        "calls": len(calls),
        "resources": sum(resources for resources, _ in counted),
        "judgements": sum(judgements for _, judgements in counted),
    }


@contextmanager
def estate() -> Iterator[tuple[str, Callable[[int], None]]]:
    """Start the server in a process of its own; yield its address, and what sets by how much answers are late.

    On Linux a child's peak memory is never reported below its parent's: this process stays small.
    """
    command = (sys.executable, "-m", "tests.bench.bench_data", "--serve")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    told, heard = process.stdin, process.stdout

    def delay(milliseconds: int) -> None:
        print(milliseconds, file=told, flush=True)
        heard.readline()

    try:
        yield heard.readline().strip(), delay
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


def serve(each: int) -> None:
    """Fill a server, say its address, and delay answers by what each line of stdin says, until stdin ends."""
    from tests.collectors.aws.data.small import file_system, instance, supplement, table
    from tests.fakes.aws_faults import fault_proxy, slow
    from tests.fakes.aws_moto import moto_server

    with moto_server() as moto, fault_proxy(moto.port) as faults:
        for region in SETTLED:
            key = moto.client("kms", region=region).create_key()["KeyMetadata"]["Arn"]
            encrypted: dict[str, Any] = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
            for number in range(each):
                instance(moto, f"db-{number}", region=region, KmsKeyId=key)
                table(moto, f"table-{number}", region=region, SSESpecification=encrypted)
                file_system(moto, f"files-{number}", region=region, KmsKeyId=key)
                if number % 3 == 0:
                    moto.client("rds", region=region).create_db_snapshot(
                        DBSnapshotIdentifier=f"manual-{number}", DBInstanceIdentifier=f"db-{number}"
                    )
            _keep(moto, region, key, each)
        print(faults.url, flush=True)
        for line in sys.stdin:
            faults.clear()
            for operation in _operations():
                faults.plan(operation, slow(int(line) / 1000))
            supplement(faults)
            print("set", flush=True)


def _keep(moto: Any, region: str, key: str, each: int) -> None:
    """Make keys, secrets, repositories, vaults, plans and trails."""
    from tests.fakes.aws_trails import AuditedAccount

    audited = AuditedAccount(moto, moto_account(), f"bench-{region}")
    audited.bucket()
    for number in range(MOST_TRAILS):
        audited.trail(f"trail-{region}-{number}", region=region)
    far = f"arn:aws:backup:eu-west-3:{moto_account()}:backup-vault:far"
    for number in range(each):
        made = moto.client("kms", region=region).create_key()["KeyMetadata"]["KeyId"]
        moto.client("kms", region=region).create_alias(AliasName=f"alias/key-{number}", TargetKeyId=made)
        moto.client("secretsmanager", region=region).create_secret(
            Name=f"secret-{number}", SecretString="-", KmsKeyId=key
        )
        moto.client("ecr", region=region).create_repository(repositoryName=f"images-{number}")
        moto.client("backup", region=region).create_backup_vault(BackupVaultName=f"vault-{number}")
        rule = {"RuleName": "r", "TargetBackupVaultName": "v", "CopyActions": [{"DestinationBackupVaultArn": far}]}
        moto.client("backup", region=region).create_backup_plan(
            BackupPlan={"BackupPlanName": f"plan-{number}", "Rules": [rule]}
        )


def moto_account() -> str:
    """Return the account that moto takes any access key for."""
    from tests.fakes.aws_moto import ACCOUNT

    return ACCOUNT


def _operations() -> Iterator[str]:
    for where in FAMILIES.values():
        module, _, name = where.partition(":")
        yield from (one.uid for one in getattr(importlib.import_module(module), name).operations)


def measured(case: Case, endpoint: str) -> tuple[str, ...]:
    """Run one case and return its row."""
    with tempfile.TemporaryDirectory(prefix="cspmd-bench-") as name:
        folder = Path(name)
        command = (sys.executable, "-m", "tests.bench.bench_data", "--family", case.family, "--endpoint", endpoint)
        cost = run(command, environment=dict(os.environ), out=folder / "out", log=folder / "log")
        if cost.code != 0:
            sys.exit((folder / "log").read_text())
        counted = json.loads((folder / "out").read_text())
    return (
        case.family,
        f"{counted['resources']:,}",
        str(len(REGIONS)),
        str(case.delay),
        f"{counted['calls']:,}",
        f"{cost.wall:.2f}",
        f"{cost.cpu:.2f}",
        f"{cost.peak / 1e6:.0f}",
        f"{counted['judgements']:,}",
    )


def main() -> None:
    """Run the cases, or read the one family that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=FAMILIES, help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--endpoint", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "bench")
    if options.serve:
        serve(EACH)
        return
    if options.family:
        print(json.dumps(collect(options.family, options.endpoint)))
        return
    print("|", " | ".join(COLUMNS), "|")
    print("|", " | ".join(["---"] + ["---:"] * (len(COLUMNS) - 1)), "|")
    with estate() as (endpoint, delay):
        for case in CASES:
            delay(case.delay)
            print("|", " | ".join(measured(case, endpoint)), "|", flush=True)


if __name__ == "__main__":
    main()
