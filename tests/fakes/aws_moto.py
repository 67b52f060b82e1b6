"""A real moto server in a process of its own, so that the boto3 under test is an unmodified one.

Importing moto hooks into botocore; this module therefore imports it only in the child process.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ACCOUNT = "123456789012"
"""The account that moto takes any access key for."""

_ROOT = Path(__file__).parents[2]


class Moto:
    """A running server: ``url`` for ``endpoint_url``."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._clients: dict[tuple[str, str, str], Any] = {}

    def reset(self) -> None:
        """Forget every resource of every account, and with them the roles that were assumed to seed other accounts."""
        self._clients = {key: client for key, client in self._clients.items() if key[2] == ACCOUNT}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", "/moto-api/reset")
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        connection.close()

    def session(self, account: str = ACCOUNT) -> Any:
        """Return a boto3 session that works in ``account``, by assuming a role there if need be."""
        import boto3

        own = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        if account == ACCOUNT:
            return own
        issued = own.client("sts", endpoint_url=self.url).assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/seed", RoleSessionName="seed"
        )["Credentials"]
        return boto3.Session(
            aws_access_key_id=issued["AccessKeyId"],
            aws_secret_access_key=issued["SecretAccessKey"],
            aws_session_token=issued["SessionToken"],
            region_name="us-east-1",
        )

    def client(self, service: str, *, region: str = "us-east-1", account: str = ACCOUNT) -> Any:
        """Return a client to seed the server with, the same one for the same words."""
        key = (service, region, account)
        if key not in self._clients:
            self._clients[key] = self._client(*key)
        return self._clients[key]

    def _client(self, service: str, region: str, account: str) -> Any:
        from botocore.config import Config

        client = self.session(account).client(
            service,
            endpoint_url=self.url,
            region_name=region,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )
        if service == "s3control":
            client.meta.events.register("before-sign.s3-control", _without_account_host)
        return client


def _without_account_host(request: Any, **_: object) -> None:
    scheme, _, rest = request.url.partition("://")
    account, _, host = rest.partition(".")
    if account.isdigit() and len(account) == 12:
        request.url = f"{scheme}://{host}"


@contextmanager
def moto_server() -> Iterator[Moto]:
    """Start a server on a free port and end it with the block; it ends by itself when this process dies."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.aws_moto"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={
            **os.environ,
            "MOTO_ENABLE_ISO_REGIONS": "false",
            # Over a thousand of Amazon's own images and snapshots in each region cost seconds each.
            "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Moto(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


def _tell_whether_the_root_has_a_password() -> None:
    """Let the account summary say what AWS's says and moto's leaves out: here, that there is none."""
    from moto.iam.models import AccountSummary

    told = AccountSummary.summary_map.fget
    AccountSummary.summary_map = property(lambda summary: {**told(summary), "AccountPasswordPresent": 0})


def _list_no_automated_backups_of_clusters() -> None:
    """Let RDS answer for a list that moto has not: here, that there is none."""
    from moto.core.responses import ActionResult
    from moto.rds.responses import RDSResponse

    RDSResponse.describe_db_cluster_automated_backups = lambda _: ActionResult({"DBClusterAutomatedBackups": []})


def _list_the_tags_of_repositories_and_plans() -> None:
    """Let the list of all that is tagged hold what AWS's does and moto's leaves out."""
    from moto.backup.models import backup_backends
    from moto.core.resource_tagging import TaggedResource
    from moto.ecr.models import ecr_backends
    from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

    told = ResourceGroupsTaggingAPIBackend._get_resources_generator  # noqa: SLF001 - moto has no public way

    def every(
        own: Any, tag_filters: Any = None, resource_type_filters: Any = None, resource_arn_list: Any = None
    ) -> Any:
        yield from told(own, tag_filters, resource_type_filters, resource_arn_list)
        images, backups = (each[own.account_id][own.region_name] for each in (ecr_backends, backup_backends))
        left_out = {
            "ecr:repository": [(images, one.arn) for one in images.repositories.values()],
            "backup:backup-plan": [(backups, one.backup_plan_arn) for one in backups.plans.values()],
        }
        for kind in left_out.keys() & set(resource_type_filters or ()):
            for backend, arn in left_out[kind]:
                tags = backend.tagger.get_tag_dict_for_resource(arn)
                if tags:
                    yield TaggedResource(arn=arn, tags=tags, resource_type=kind)

    ResourceGroupsTaggingAPIBackend._get_resources_generator = every  # noqa: SLF001 - as above


def _serve() -> None:
    from moto.server import ThreadedMotoServer

    _tell_whether_the_root_has_a_password()
    _list_no_automated_backups_of_clusters()
    _list_the_tags_of_repositories_and_plans()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    print(port, flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    _serve()
