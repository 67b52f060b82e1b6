"""Hands on the fake AWS: one account's clients, aimed at the demo's server and nothing else."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

KEY = "AKIADEMODEMODEMODEMO"
SECRET = "demo"  # noqa: S105 - the fake AWS takes any

ROLE = "cspmd-read"


class Account:
    """One account of the fake AWS.

    ``client(service, region)`` returns a boto3 client whose calls can go to ``endpoint`` only.
    """

    def __init__(self, endpoint: str, account: str) -> None:
        from boto3.session import Session

        self.id = account
        self._endpoint = endpoint
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
        return client

    def _without_account_in_host(self, request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's own type
        request.url = urlunsplit(urlsplit(request.url)._replace(netloc=urlsplit(self._endpoint).netloc))
