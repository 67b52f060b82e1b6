"""S3 server access log lines.

Source of the format: "Amazon S3 server access log format" in the Amazon S3 User Guide. Fields stand in
a fixed order, parted by spaces; new ones are only ever added at the end. The request line, the referrer
and the user agent are quoted, but quotes inside them are not escaped, and what stands in them comes from
whoever made the request.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from collectors.model.log_records import UndecodableRecordError, rfc3339

_LINE = re.compile(
    r"(?P<bucket_owner>\S+) (?P<bucket>\S+) \[(?P<time>[^\]]*)\] (?P<remote_ip>\S+) (?P<requester>\S+) "
    r"(?P<request_id>\S+) (?P<operation>\S+) (?P<key>\S+) (?:-|\"(?P<request_uri>.*?)\") "
    r"(?P<http_status>\d{3}|-) (?P<error_code>\S+) (?P<bytes_sent>\d{1,18}|-) (?P<object_size>\d{1,18}|-) "
    r"(?P<total_time>\d{1,18}|-) (?P<turn_around_time>\d{1,18}|-) (?P<rest>.*)",
    re.ASCII,
)
_LATER = (
    "version_id",
    "host_id",
    "signature_version",
    "cipher_suite",
    "authentication_type",
    "host_header",
    "tls_version",
    "access_point_arn",
    "acl_required",
    "source_region",
)
"""The fields after the user agent, in the order in which they were added to the format."""

_TEXTS = (
    "bucket_owner",
    "bucket",
    "remote_ip",
    "requester",
    "request_id",
    "operation",
    "key",
    "request_uri",
    "error_code",
)
_NUMBERS = ("http_status", "bytes_sent", "object_size", "total_time", "turn_around_time")
_ANYBODY = ("REST.", "SOAP.", "WEBSITE.")
"""Operations that somebody asked for; others S3 does by itself, and those too have no requester at times."""
_MANY_OF_ONE_REQUEST = ("BATCH.", "REST.COPY.")
_REGION = re.compile(r"\.s3[.-](?:website[.-]|dualstack\.|accesspoint\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.", re.ASCII)


class S3AccessRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request to a bucket. Attributes carry the names of the log format; None where it says ``-``.

    ``time`` is RFC 3339 in UTC. Sizes are bytes, times milliseconds. ``key`` and ``request_uri`` are as
    logged, URL-encoded. ``further`` are fields that the format has gained since.
    """

    bucket_owner: str | None
    bucket: str | None
    time: str
    remote_ip: str | None
    requester: str | None
    request_id: str | None
    operation: str | None
    key: str | None
    request_uri: str | None
    http_status: int | None
    error_code: str | None
    bytes_sent: int | None
    object_size: int | None
    total_time: int | None
    turn_around_time: int | None
    referrer: str | None = None
    user_agent: str | None = None
    version_id: str | None = None
    host_id: str | None = None
    signature_version: str | None = None
    cipher_suite: str | None = None
    authentication_type: str | None = None
    host_header: str | None = None
    tls_version: str | None = None
    access_point_arn: str | None = None
    acl_required: str | None = None
    source_region: str | None = None
    further: tuple[str, ...] = ()
    line: str = ""

    @property
    def anonymous(self) -> bool:
        """Whether the request came without authentication: the requester is ``-``."""
        return self.requester is None and (self.operation or "").startswith(_ANYBODY)

    @property
    def uid(self) -> str | None:
        """The request's id; where one request writes a line for each object, with the object's mark."""
        if self.request_id is None or not (self.operation or "").startswith(_MANY_OF_ONE_REQUEST):
            return self.request_id
        what = "\0".join((self.operation or "", self.key or "", self.version_id or ""))
        return f"{self.request_id}-{blake2b(what.encode(), digest_size=8).hexdigest()}"

    @property
    def region(self) -> str | None:
        """The region as far as the host name that was asked tells it."""
        match = _REGION.search(f".{self.host_header}") if self.host_header else None
        return match[1] if match else None

    def tree(self, head: str) -> Any:  # noqa: ANN401 - text, number or truth value
        """Return a field by its name in the log format (letter case and underscores do not matter)."""
        attribute = _NAMES.get(head.replace("_", "").lower())
        return None if attribute is None else getattr(self, attribute)

    def whole(self) -> str:
        """Return the line as it came."""
        return self.line


_NAMES = {
    name.replace("_", ""): name
    for name in (*S3AccessRecord.__struct_fields__, "anonymous")
    if name not in {"further", "line"}
}


def decode_line(line: bytes) -> S3AccessRecord:
    """Decode one line; raise UndecodableRecordError for one that is not of the format."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    match = _LINE.fullmatch(text)
    quoted = None if match is None else _quoted(match["rest"])
    if match is None or quoted is None:
        reason = "not an S3 server access log line: its fields are not where the format has them"
        raise UndecodableRecordError(reason)
    referrer, user_agent, later = quoted
    texts = {name: _absent(match[name]) for name in _TEXTS}
    numbers = {name: None if match[name] == "-" else int(match[name]) for name in _NUMBERS}
    known = dict(zip(_LATER, map(_absent, later), strict=False))
    return msgspec.convert(
        {
            **texts,
            **numbers,
            **known,
            "time": _time(match["time"]),
            "referrer": _absent(referrer),
            "user_agent": _absent(user_agent),
            "further": later[len(_LATER) :],
            "line": text,
        },
        S3AccessRecord,
    )


def _quoted(rest: str) -> tuple[str | None, str | None, list[str]] | None:
    """Return referrer, user agent and the fields after them; None where they are not there.

    What follows the user agent holds no quote, so that the last quote ends it whatever stands in it.
    """
    end = rest.rfind('"') + 1
    front, later = rest[:end], rest[end:].split()
    if rest[end : end + 1].strip() and front:
        return None
    if not front:
        return (None, None, later[2:]) if later[:2] == ["-", "-"] else None
    if front.startswith('- "'):
        return None, front[3:-1], later
    if '" "' in front[1:-1]:
        referrer, _, user_agent = front[1:-1].partition('" "')
        return (referrer, user_agent, later) if front.startswith('"') else None
    return (front[1:-1], None, later[1:] if later[:1] == ["-"] else later) if front.startswith('"') else None


def _absent(value: str | None) -> str | None:
    return None if value in {None, "", "-"} else value


def _time(value: str) -> str:
    try:
        return rfc3339(datetime.strptime(value, "%d/%b/%Y:%H:%M:%S %z").isoformat())
    except ValueError:
        reason = "not an S3 server access log line: its time cannot be read"
        raise UndecodableRecordError(reason) from None
