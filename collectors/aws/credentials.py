"""Credentials of a role in the watched account, renewed for as long as the process lives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import boto3
from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials
from botocore.session import Session

from collectors.aws.answers import Answer
from collectors.aws.descriptions import service_descriptions

SESSION_NAME = "cspmd"
"""How the role's sessions are named in the account's audit log."""


class AssumedRole(CredentialProvider):  # type: ignore[misc] # botocore ships no types
    """The only source of credentials of a session: one role, assumed anew before its keys expire.

    ``assume`` calls ``sts:AssumeRole`` and returns its answer; what it raises surfaces in the call
    that needed the credentials.
    """

    METHOD = "assume-role"
    CANONICAL_NAME = "assume-role"

    def __init__(self, assume: Callable[[], Answer]) -> None:
        super().__init__()
        self._assume = assume

    def load(self) -> DeferredRefreshableCredentials:
        """Return credentials that fetch themselves on first use and again 15 minutes before they end."""
        return DeferredRefreshableCredentials(refresh_using=self._fetch, method=self.METHOD)

    def _fetch(self) -> dict[str, str]:
        issued = self._assume()["Credentials"]
        expires: datetime = issued["Expiration"]
        return {
            "access_key": issued["AccessKeyId"],
            "secret_key": issued["SecretAccessKey"],
            "token": issued["SessionToken"],
            "expiry_time": expires.isoformat(),
        }


def own_session(profile: str | None) -> boto3.Session:
    """Return a session of the SDK's own chain of credentials, or of a profile."""
    return boto3.Session(botocore_session=_core(profile))


def role_session(profile: str | None, assume: Callable[[], Answer]) -> boto3.Session:
    """Return a session whose every client works as the assumed role, with the profile's other settings."""
    core = _core(profile)
    core.register_component("credential_provider", CredentialResolver(providers=[AssumedRole(assume)]))
    return boto3.Session(botocore_session=core)


def _core(profile: str | None) -> Session:
    core = Session(profile=profile)
    core.register_component("data_loader", service_descriptions())
    return core
