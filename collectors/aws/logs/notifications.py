"""What the messages of a queue say about new objects in a bucket.

Sources: "Event message structure" and "EventBridge event message structure" in the Amazon S3 User Guide;
"Amazon SNS message and JSON formats" in the Amazon SNS Developer Guide (a queue gets SNS's envelope unless raw
delivery is on); "Configuring Amazon SNS notifications for CloudTrail" in the AWS CloudTrail User Guide.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

import msgspec

_DEEPEST = 3


class UnknownMessageError(ValueError):
    """A message is none that S3, SNS, EventBridge or CloudTrail write about objects. The text says why."""


class Put(msgspec.Struct, frozen=True):
    """An object that was put into a bucket; the key as it is, decoded."""

    bucket: str
    key: str


def objects_put(body: str) -> tuple[Put, ...]:
    """Return the objects that a message says were put; none for messages about anything else.

    Raises UnknownMessageError for what is no message of these services at all.
    """
    return _of(_decoded(body), 0)


def _of(message: Any, depth: int) -> tuple[Put, ...]:  # noqa: ANN401 - decoded JSON of any shape
    if not isinstance(message, dict):
        text = "not a JSON object"
        raise UnknownMessageError(text)
    try:
        if message.get("Type") == "Notification" and isinstance(message.get("Message"), str) and depth < _DEEPEST:
            return _inside_sns(message["Message"], depth)
        if isinstance(message.get("Records"), list):
            return tuple(put for record in message["Records"] for put in _of_s3(record))
        if message.get("Event") == "s3:TestEvent":
            return ()
        if "detail-type" in message and isinstance(message.get("detail"), dict):
            return _of_event_bridge(message)
        if "s3Bucket" in message and isinstance(message.get("s3ObjectKey"), list):
            return tuple(Put(str(message["s3Bucket"]), str(key)) for key in message["s3ObjectKey"])
    except (KeyError, TypeError) as error:
        text = f"a message about objects without {error}"
        raise UnknownMessageError(text) from error
    text = "no message about objects in a bucket"
    raise UnknownMessageError(text)


def _inside_sns(text: str, depth: int) -> tuple[Put, ...]:
    # CloudTrail says in plain words over SNS that it can deliver to the bucket.
    return () if text.startswith("CloudTrail validation message") else _of(_decoded(text), depth + 1)


def _of_s3(record: Any) -> tuple[Put, ...]:  # noqa: ANN401 - decoded JSON of any shape
    if not str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated:"):
        return ()
    put = record["s3"]
    return (Put(str(put["bucket"]["name"]), unquote_plus(str(put["object"]["key"]))),)


def _of_event_bridge(message: Any) -> tuple[Put, ...]:  # noqa: ANN401 - decoded JSON of any shape
    if message["detail-type"] != "Object Created":
        return ()
    # EventBridge does not encode keys.
    return (Put(str(message["detail"]["bucket"]["name"]), str(message["detail"]["object"]["key"])),)


def _decoded(text: str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "not JSON"
        raise UnknownMessageError(reason) from error
