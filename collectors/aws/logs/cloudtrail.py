"""CloudTrail records, decoded no further than somebody asks.

Source of the format: "CloudTrail record contents" in the AWS CloudTrail User Guide. The request and
the response, which differ for each of thousands of operations, stay raw JSON until a rule or a
document needs them: decoding them into dicts would cost more than everything else together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec

from collectors.aws.logs.openings import open_ports, public_statements
from collectors.model.log_records import UndecodableRecordError, compact, decode_json, rfc3339

Json = msgspec.Raw
_ABSENT = msgspec.Raw()


class SessionIssuer(msgspec.Struct, rename="camel", frozen=True, gc=False, forbid_unknown_fields=True):
    """Who issued temporary credentials."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None


class SessionAttributes(msgspec.Struct, rename="camel", frozen=True, gc=False, forbid_unknown_fields=True):
    """How and when a session began."""

    creation_date: str | None = None
    mfa_authenticated: str | None = None


_NO_ISSUER = SessionIssuer()
_NO_ATTRIBUTES = SessionAttributes()


class SessionContext(msgspec.Struct, rename="camel", frozen=True, gc=False, forbid_unknown_fields=True):
    """The session that temporary credentials belong to."""

    session_issuer: SessionIssuer = _NO_ISSUER
    attributes: SessionAttributes = _NO_ATTRIBUTES
    source_identity: str | None = None
    ec2_role_delivery: str | None = None
    assumed_root: bool | str | None = None
    web_id_federation_data: Json = _ABSENT


_NO_SESSION = SessionContext()


class UserIdentity(msgspec.Struct, rename="camel", frozen=True, gc=False, forbid_unknown_fields=True):
    """Who made the request, as CloudTrail's ``userIdentity`` element says it."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    session_context: SessionContext = _NO_SESSION
    invoked_by: str | None = None
    identity_provider: str | None = None
    credential_id: str | None = None
    on_behalf_of: Json = _ABSENT
    in_scope_of: Json = _ABSENT
    invoked_by_delegate: Json = _ABSENT


NOBODY = UserIdentity()


@lru_cache(maxsize=4096)
def _read_time(told: str | None) -> str:
    """Read a time; records of the same second come together."""
    return rfc3339(told)


class CloudTrailRecord(msgspec.Struct, rename="camel", dict=True, forbid_unknown_fields=True):
    """One CloudTrail event. Attributes are the record's own elements; None (or empty JSON) where absent.

    They stand in the order in which CloudTrail writes them: that decodes fastest. ``beyond`` holds
    elements that are not documented (yet), so that a new one is not lost.
    """

    event_version: str | None = None
    user_identity: UserIdentity = NOBODY
    event_time: str | None = None
    event_source: str | None = None
    event_name: str | None = None
    aws_region: str | None = None
    source_ip_address: str | None = msgspec.field(default=None, name="sourceIPAddress")
    user_agent: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    request_parameters: Json = _ABSENT
    response_elements: Json = _ABSENT
    additional_event_data: Json = _ABSENT
    request_id: str | None = msgspec.field(default=None, name="requestID")
    event_id: str | None = msgspec.field(default=None, name="eventID")
    read_only: bool | str | None = None
    resources: Json = _ABSENT
    event_type: str | None = None
    api_version: str | None = None
    management_event: bool | str | None = None
    recipient_account_id: str | None = None
    shared_event_id: str | None = msgspec.field(default=None, name="sharedEventID")
    vpc_endpoint_id: str | None = None
    vpc_endpoint_account_id: str | None = None
    event_category: str | None = None
    session_credential_from_console: bool | str | None = None
    tls_details: Json = _ABSENT
    service_event_details: Json = _ABSENT
    event_context: Json = _ABSENT
    insight_details: Json = _ABSENT
    insight_context: Json = _ABSENT
    edge_device_details: Json = _ABSENT
    addendum: Json = _ABSENT
    timestamp: str | None = msgspec.field(default=None, name="@timestamp")
    beyond: dict[str, Any] | None = msgspec.field(default=None, name="(beyond)")

    @property
    def time(self) -> str:
        """When it happened (RFC 3339, UTC); empty where the record does not say it."""
        return _read_time(self.event_time or self.timestamp)

    @property
    def reading(self) -> str | None:
        """What ``readOnly`` says, as text: ``true`` for a call that only reads; None where it says nothing."""
        told = self.read_only
        return told if told is None or isinstance(told, str) else "true" if told else "false"

    @property
    def failed(self) -> bool:
        """Whether the call was refused or went wrong, a console sign-in included."""
        if self.error_code is not None or self.error_message is not None:
            return self.error_code != "Success"
        if self.event_name != "ConsoleLogin":
            return False
        answer = self.tree("responseElements")
        return isinstance(answer, dict) and answer.get("ConsoleLogin") == "Failure"

    @property
    def public_statements(self) -> list[str]:
        """The statements of the policy in the request that grant to everybody, by their names."""
        return public_statements(self.tree("requestParameters"))

    @property
    def open_ports(self) -> list[str]:
        """What the firewall rules in the request open to the internet beyond the web's ports."""
        return open_ports(self.tree("requestParameters"))

    def tree(self, head: str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
        """Return a top-level element decoded to plain JSON values, None where it is absent."""
        cached = self.__dict__.get(head, _MISSING)
        if cached is not _MISSING:
            return cached
        value = self._decode(head)
        self.__dict__[head] = value
        return value

    def _decode(self, head: str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
        beyond = self.beyond
        if beyond is not None and head in beyond:
            return beyond[head]
        lowered = head.lower()
        attribute = _ATTRIBUTES.get(lowered)
        if attribute is not None:
            return _plain(getattr(self, attribute))
        if beyond is not None:
            return next((value for name, value in beyond.items() if name.lower() == lowered), None)
        return None

    def whole(self) -> str:
        """Return the record as compact JSON text."""
        return compact(self.tree_all())

    def tree_all(self) -> dict[str, Any]:
        """Return the record as a plain mapping of its present elements."""
        beyond = self.beyond or {}
        values = ((name, self.tree(name)) for name in _NAMES if name not in beyond)
        return {name: value for name, value in values if value is not None} | beyond


_MISSING = object()


def _names(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {field.encode_name: field.name for field in msgspec.structs.fields(kind) if field.name != "beyond"}


_NAMES = _names(CloudTrailRecord)
_ATTRIBUTES = {name.lower(): attribute for name, attribute in _NAMES.items()}
_PARTS: dict[type, dict[str, str]] = {
    kind: _names(kind) for kind in (UserIdentity, SessionContext, SessionIssuer, SessionAttributes)
}
_DEFAULTS = frozenset(map(id, (NOBODY, _NO_SESSION, _NO_ISSUER, _NO_ATTRIBUTES)))


def _plain(value: object) -> Any:  # noqa: ANN401 - decoded JSON of any shape
    """Decode what is still raw, and turn typed parts into mappings of what is present."""
    if isinstance(value, msgspec.Raw):
        return decode_json(bytes(value)) if bytes(value) else None
    if id(value) in _DEFAULTS:
        return None
    names = _PARTS.get(type(value))
    if names is None:
        return value
    found = ((name, _plain(getattr(value, attribute))) for name, attribute in names.items())
    return {name: part for name, part in found if part is not None}


class _File(msgspec.Struct, rename="pascal", gc=False):
    records: list[CloudTrailRecord]


class _RawFile(msgspec.Struct, rename="pascal"):
    records: list[msgspec.Raw]


_RECORD = msgspec.json.Decoder(CloudTrailRecord)
_FILE = msgspec.json.Decoder(_File)
_RAW_FILE = msgspec.json.Decoder(_RawFile)
_SOME = msgspec.json.Decoder(list[CloudTrailRecord])
_HEAD = b'{"Records":['
_BETWEEN = b'},{"eventVersion":'
_MOST = 1_048_576
_AT_ONCE = 32_768
"""Bytes decoded at once. What lies between records may also stand inside one: what is cut there is no JSON."""

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode_record(line: bytes) -> CloudTrailRecord:
    """Decode one record, as a trail delivers it or inside an EventBridge or LookupEvents envelope.

    Raises UndecodableRecordError for what is no JSON object and for an object without a single element
    of a CloudTrail event. A record that breaks the documented types (a null where a text belongs, a
    number as an account) is taken for what it plainly means rather than lost.
    """
    try:
        record = _RECORD.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _lenient(line)
    if record.event_name is None and record == _NOTHING:
        raise UndecodableRecordError(_NO_ELEMENT)
    return record


def decode_file(
    content: Iterable[bytes], refused: Callable[[UndecodableRecordError], None] | None = None
) -> Iterator[CloudTrailRecord]:
    """Yield the records of one delivered log file; ``content`` is the unpacked file in pieces of any size.

    Each record that cannot be decoded is handed to ``refused``; without it the error is raised, as it
    is for content that is no log file. Memory follows the pieces, unless records are hard to tell apart.
    """
    pieces = iter(content)
    rest = next(pieces, b"")
    if rest.startswith(_HEAD):
        at = len(_HEAD)
        for piece in chain(pieces, [b""]):
            try:
                while (cut := rest.rfind(_BETWEEN, at, at + _AT_ONCE)) > 0:
                    records = _SOME.decode(b"".join((b"[", memoryview(rest)[at : cut + 1], b"]")))
                    at = cut + 2
                    yield from records
            except (msgspec.DecodeError, UnicodeDecodeError):
                rest += piece
                break
            rest, at = rest[at:] + piece, 0
            if len(rest) > _MOST:
                break
        rest = _HEAD + rest[at:]
    yield from _decode_whole(b"".join((rest, *pieces)), refused)


def _decode_whole(
    content: bytes, refused: Callable[[UndecodableRecordError], None] | None
) -> Iterator[CloudTrailRecord]:
    try:
        yield from _FILE.decode(content).records
    except (msgspec.DecodeError, UnicodeDecodeError):
        for line in _lines(content):
            try:
                record = decode_record(line)
            except UndecodableRecordError as error:
                if refused is None:
                    raise
                refused(error)
            else:
                yield record


def _lines(content: bytes) -> list[bytes]:
    try:
        return [bytes(record) for record in _RAW_FILE.decode(content).records]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = f"not a CloudTrail log file: {error}"
        raise UndecodableRecordError(reason) from None


_NOTHING = CloudTrailRecord()
_NO_ELEMENT = "not a CloudTrail event: it has none of an event's elements, such as eventSource or eventName"
_ENVELOPES = {"detail": "detail-type", "CloudTrailEvent": "CloudTrailEvent"}
"""Where an envelope holds the event (EventBridge, LookupEvents), and the name by which it is known."""


def _lenient(line: bytes) -> CloudTrailRecord:
    """Decode element by element, leaving out nulls and making text of what should be text."""
    try:
        elements = _OBJECT.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        decode_json(line)
        reason = "not a CloudTrail event: JSON, but no object"
        raise UndecodableRecordError(reason) from None
    for place, mark in _ENVELOPES.items():
        if mark in elements and place in elements and "eventName" not in elements:
            inner = decode_json(bytes(elements[place]))
            return decode_record(inner.encode() if isinstance(inner, str) else bytes(elements[place]))
    values, beyond = _coerced(CloudTrailRecord, elements)
    if not values:
        raise UndecodableRecordError(_NO_ELEMENT)
    return CloudTrailRecord(**values, beyond=beyond or None)


def _coerced(kind: type[msgspec.Struct], elements: dict[str, msgspec.Raw]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what fits the typed record, and decoded what goes beyond it.

    An element of a typed part that the part does not know makes the whole part go beyond as well.
    """
    found: dict[str, Any] = {}
    beyond: dict[str, Any] = {}
    for name, raw in elements.items():
        content = bytes(raw)
        field = _FIELDS[kind].get(name)
        if content == b"null":
            continue
        if field is None:
            beyond[name] = decode_json(content)
        elif field.type is msgspec.Raw:
            found[field.name] = msgspec.Raw(content)
        elif field.type in _PARTS:
            if content.startswith(b"{"):
                values, strange = _coerced(field.type, _OBJECT.decode(content))
                found[field.name] = field.type(**values)
                if strange:
                    beyond[name] = decode_json(content)
            else:
                beyond[name] = decode_json(content)
        else:
            value = decode_json(content)
            fits = isinstance(value, str) or (isinstance(value, bool) and field.name in _TRUTHS)
            found[field.name] = value if fits else content.decode()
    return found, beyond


_TRUTHS = frozenset({"read_only", "management_event", "session_credential_from_console", "assumed_root"})
_FIELDS: dict[type[msgspec.Struct], dict[str, msgspec.structs.FieldInfo]] = {
    kind: {field.encode_name: field for field in msgspec.structs.fields(kind) if field.name != "beyond"}
    for kind in (CloudTrailRecord, UserIdentity, SessionContext, SessionIssuer, SessionAttributes)
}
