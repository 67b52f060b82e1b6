"""Hands on the fake AWS: one account's clients, aimed at the demo's server and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

KEY = "AKIADEMODEMODEMODEMO"
SECRET = "demo"  # noqa: S105 - the fake AWS takes any

ROLE = "cspmd-read"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One call that changed something: the SDK's names of service, operation and parameters, where and when (UTC)."""

    service: str
    operation: str
    region: str
    parameters: Mapping[str, Any]
    at: datetime


class Account:
    """One account of the fake AWS.

    ``client(service, region)`` returns a boto3 client whose calls can go to ``endpoint`` only. Calls that
    change something are kept until :meth:`changes` takes them.
    """

    def __init__(self, endpoint: str, account: str) -> None:
        from boto3.session import Session

        self.id = account
        self._endpoint = endpoint
        self._changes: list[Change] = []
        self._recording = True
        self._session = Session(aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="eu-central-1")
        credentials = self._client("sts", "eu-central-1").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{ROLE}", RoleSessionName="demo"
        )["Credentials"]
        self._session = Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name="eu-central-1",
        )
        self._clients: dict[tuple[str, str], Any] = {}

    def changes(self) -> list[Change]:
        """Return the changes made since the last call, oldest first."""
        taken, self._changes = self._changes, []
        return taken

    @contextmanager
    def unrecorded(self) -> Iterator[None]:
        """Keep none of the changes made meanwhile: they are nobody's."""
        self._recording = False
        try:
            yield
        finally:
            self._recording = True

    def client(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Return the client of a service in a region."""
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self._client(service, region)
        return self._clients[key]

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401 - the same
        from botocore.config import Config

        client = self._session.client(
            service,
            region_name=region,
            endpoint_url=self._endpoint,
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )
        # S3 Control puts the account before the host name, which a loopback address has no room for.
        client.meta.events.register("before-sign.s3-control", self._without_account_in_host)
        for prefix in ("s3", "s3-control"):
            client.meta.events.register(f"provide-client-params.{prefix}", _remember)
            client.meta.events.register(f"after-call.{prefix}", self._record)
        return client

    def _record(self, model: Any, context: dict[str, Any], **_: object) -> None:  # noqa: ANN401 - botocore's own type
        if not self._recording or model.http["method"] == "GET":
            return
        change = Change(
            service=model.service_model.service_name,
            operation=model.name,
            region=context["client_region"],
            parameters=context.get(_ASKED, {}),
            at=datetime.now(UTC),
        )
        self._changes.append(change)

    def _without_account_in_host(self, request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's own type
        request.url = urlunsplit(urlsplit(request.url)._replace(netloc=urlsplit(self._endpoint).netloc))


_ASKED = "demo_parameters"


def _remember(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    context[_ASKED] = dict(params)
