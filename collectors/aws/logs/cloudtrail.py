"""CloudTrail records, decoded no further than somebody asks.

Source of the format: "CloudTrail record contents" in the AWS CloudTrail User Guide. The request and
the response, which differ for each of thousands of operations, stay raw JSON until a rule or a
document needs them: decoding them into dicts would cost more than everything else together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

Json = msgspec.Raw
_ABSENT = msgspec.Raw()


class UserIdentity(msgspec.Struct, rename="camel", gc=False):
    """Who made the request, as CloudTrail's ``userIdentity`` element says it."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    invoked_by: str | None = None
    identity_provider: str | None = None
    session_context: Json = _ABSENT
    on_behalf_of: Json = _ABSENT


_NOBODY = UserIdentity()


class CloudTrailRecord(msgspec.Struct, rename="camel", dict=True):
    """One CloudTrail event. Attributes are the record's own elements; None where absent."""

    event_source: str | None = None
    event_name: str | None = None
    user_identity: UserIdentity | None = None
    event_time: str | None = None
    event_id: str | None = msgspec.field(default=None, name="eventID")
    event_version: str | None = None
    event_type: str | None = None
    event_category: str | None = None
    aws_region: str | None = None
    source_ip_address: str | None = msgspec.field(default=None, name="sourceIPAddress")
    user_agent: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    request_id: str | None = msgspec.field(default=None, name="requestID")
    recipient_account_id: str | None = None
    shared_event_id: str | None = msgspec.field(default=None, name="sharedEventID")
    vpc_endpoint_id: str | None = None
    api_version: str | None = None
    read_only: bool | str | None = None
    management_event: bool | str | None = None
    timestamp: str | None = msgspec.field(default=None, name="@timestamp")
    request_parameters: Json = _ABSENT
    response_elements: Json = _ABSENT
    additional_event_data: Json = _ABSENT
    service_event_details: Json = _ABSENT
    resources: Json = _ABSENT
    tls_details: Json = _ABSENT
    insight_details: Json = _ABSENT
    edge_device_details: Json = _ABSENT
    addendum: Json = _ABSENT

    @property
    def identity_type(self) -> str | None:
        """``userIdentity.type``, None where the record names nobody."""
        return None if self.user_identity is None else self.user_identity.type

    @property
    def identity(self) -> UserIdentity:
        """``userIdentity``, empty where the record has none."""
        return _NOBODY if self.user_identity is None else self.user_identity

    @property
    def time(self) -> str:
        """When it happened, as the record says it (RFC 3339, UTC); empty where it does not."""
        return self.event_time or self.timestamp or ""

    def tree(self, head: str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
        """Return a top-level element decoded to plain JSON values, None where it is absent."""
        cached = self.__dict__.get(head, _MISSING)
        if cached is not _MISSING:
            return cached
        value = self._decode(head)
        self.__dict__[head] = value
        return value

    def _decode(self, head: str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
        attribute = _ATTRIBUTES.get(head.lower())
        if attribute is None:
            return None
        return _plain(getattr(self, attribute))

    def whole(self) -> str:
        """Return the record as compact JSON text."""
        return msgspec.json.encode(self.tree_all()).decode()

    def tree_all(self) -> dict[str, Any]:
        """Return the record as a plain mapping of its present elements."""
        values = ((name, _plain(getattr(self, attribute))) for name, attribute in _NAMES.items())
        return {name: value for name, value in values if value is not None}


_MISSING = object()


def _names(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {field.encode_name: field.name for field in msgspec.structs.fields(kind)}


_NAMES = _names(CloudTrailRecord)
_ATTRIBUTES = {name.lower(): attribute for name, attribute in _NAMES.items()}
_IDENTITY_NAMES = _names(UserIdentity)


def _plain(value: object) -> Any:  # noqa: ANN401 - decoded JSON of any shape
    """Decode what is still raw."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value) if bytes(value) else None
    if isinstance(value, UserIdentity):
        found = ((name, _plain(getattr(value, attribute))) for name, attribute in _IDENTITY_NAMES.items())
        return {name: part for name, part in found if part is not None}
    return value


class _File(msgspec.Struct, rename="pascal", gc=False):
    records: list[CloudTrailRecord]


_RECORD = msgspec.json.Decoder(CloudTrailRecord)
_FILE = msgspec.json.Decoder(_File)


def decode_record(line: bytes) -> CloudTrailRecord:
    """Decode one record; raise msgspec.DecodeError (or its ValidationError) for what is none."""
    return _RECORD.decode(line)


def decode_file(content: bytes) -> Iterator[CloudTrailRecord]:
    """Yield the records of one delivered log file (already decompressed)."""
    yield from _FILE.decode(content).records
