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


class SessionIssuer(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """Who issued temporary credentials."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None


class SessionAttributes(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """How and when a session began."""

    creation_date: str | None = None
    mfa_authenticated: str | None = None


_NO_ISSUER = SessionIssuer()
_NO_ATTRIBUTES = SessionAttributes()


class SessionContext(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """The session that temporary credentials belong to."""

    session_issuer: SessionIssuer = _NO_ISSUER
    attributes: SessionAttributes = _NO_ATTRIBUTES
    source_identity: str | None = None
    ec2_role_delivery: str | None = None
    assumed_root: bool | str | None = None
    web_id_federation_data: Json = _ABSENT


_NO_SESSION = SessionContext()


class UserIdentity(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """Who made the request, as CloudTrail's ``userIdentity`` element says it."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    invoked_by: str | None = None
    identity_provider: str | None = None
    session_context: SessionContext = _NO_SESSION
    on_behalf_of: Json = _ABSENT


NOBODY = UserIdentity()


class CloudTrailRecord(msgspec.Struct, rename="camel", dict=True):
    """One CloudTrail event. Attributes are the record's own elements; None where absent."""

    event_source: str | None = None
    event_name: str | None = None
    user_identity: UserIdentity = NOBODY
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
_PARTS: dict[type, dict[str, str]] = {
    kind: _names(kind) for kind in (UserIdentity, SessionContext, SessionIssuer, SessionAttributes)
}
_DEFAULTS = frozenset(map(id, (NOBODY, _NO_SESSION, _NO_ISSUER, _NO_ATTRIBUTES)))


def _plain(value: object) -> Any:  # noqa: ANN401 - decoded JSON of any shape
    """Decode what is still raw, and turn typed parts into mappings of what is present."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value) if bytes(value) else None
    if id(value) in _DEFAULTS:
        return None
    names = _PARTS.get(type(value))
    if names is None:
        return value
    found = ((name, _plain(getattr(value, attribute))) for name, attribute in names.items())
    return {name: part for name, part in found if part is not None}


class _File(msgspec.Struct, rename="pascal", gc=False):
    records: list[CloudTrailRecord]


_RECORD = msgspec.json.Decoder(CloudTrailRecord)
_FILE = msgspec.json.Decoder(_File)


def decode_record(line: bytes) -> CloudTrailRecord:
    """Decode one record; raise msgspec.DecodeError for what is no JSON object.

    A record that breaks the documented types (a null where a text belongs, a number as an account)
    is taken for what it plainly means rather than lost.
    """
    try:
        return _RECORD.decode(line)
    except msgspec.ValidationError:
        return _lenient(line)


def decode_file(content: bytes) -> Iterator[CloudTrailRecord]:
    """Yield the records of one delivered log file (already decompressed); raise as decode_record."""
    try:
        yield from _FILE.decode(content).records
    except msgspec.ValidationError:
        for record in _RAW_FILE.decode(content).records:
            yield decode_record(bytes(record))


class _RawFile(msgspec.Struct, rename="pascal"):
    records: list[msgspec.Raw]


_RAW_FILE = msgspec.json.Decoder(_RawFile)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _lenient(line: bytes) -> CloudTrailRecord:
    """Decode element by element, leaving out nulls and making text of what should be text."""
    elements = _OBJECT.decode(line)
    return CloudTrailRecord(**_coerced(CloudTrailRecord, elements))


def _coerced(kind: type[msgspec.Struct], elements: dict[str, msgspec.Raw]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        raw = elements.get(field.encode_name)
        if raw is None or bytes(raw) == b"null":
            continue
        if field.type is msgspec.Raw:
            found[field.name] = msgspec.Raw(bytes(raw))
        elif field.type in _PARTS:
            if bytes(raw).startswith(b"{"):
                found[field.name] = field.type(**_coerced(field.type, _OBJECT.decode(raw)))
        else:
            value = msgspec.json.decode(raw)
            found[field.name] = value if isinstance(value, str | bool) else bytes(raw).decode()
    return found
