"""Keeping credentials that a log recorded out of the documents made of it.

A presigned URL opens what it names until it expires, to whoever has its signature; access logs hold it whole.
Sources: "Authenticating Requests: Using Query Parameters" in the Amazon S3 API Reference, "Create a service SAS" in
the Azure Storage REST API reference, "Signed URLs" in the Google Cloud Storage documentation. CloudTrail holds the
session tokens that STS gave out ("CloudTrail record contents" in the AWS CloudTrail User Guide).
"""

from __future__ import annotations

import re
from typing import Any

from daemon.redaction import HIDDEN

_PARAMETERS = r"X-Amz-Signature|X-Amz-Security-Token|X-Goog-Signature|Signature|sig"
_MEMBERS = r"X-Amz-Signature|X-Amz-Security-Token|X-Goog-Signature|sessionToken"
_IN_A_URL = re.compile(
    rf"(?P<kept>(?:(?<![\w-])|(?<=\\u0026)|(?<=%26))(?:{_PARAMETERS})(?:=|%3D))[^&\s\"'\\;,<>]+",
    re.IGNORECASE,
)
_IN_JSON = re.compile(rf"(?P<kept>\"(?:{_MEMBERS})\\?\"\s*:\s*\\?\")[^\"\\]+", re.IGNORECASE)
_MEMBER = re.compile(_MEMBERS, re.IGNORECASE)
_HINT = re.compile(r"sig(?:nature)?(?:=|%3D|\\?\")|Security-Token|sessionToken", re.IGNORECASE)


def text_without_credentials(text: str) -> str:
    """Return a record or a part of one, JSON or not, with signatures and session tokens replaced."""
    if not _HINT.search(text):
        return text
    return _IN_JSON.sub(rf"\g<kept>{HIDDEN}", _IN_A_URL.sub(rf"\g<kept>{HIDDEN}", text))


def without_credentials(value: Any) -> Any:  # noqa: ANN401 - any decoded JSON
    """Return a decoded value with signatures and session tokens replaced, in texts of any depth and by their names."""
    if isinstance(value, str):
        return text_without_credentials(value)
    if isinstance(value, dict):
        return {name: _member(name, member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [without_credentials(one) for one in value]
    return value


def _member(name: object, member: Any) -> Any:  # noqa: ANN401 - any decoded JSON
    if isinstance(member, str) and member and isinstance(name, str) and _MEMBER.fullmatch(name):
        return HIDDEN
    return without_credentials(member)
