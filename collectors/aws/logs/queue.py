"""A queue that is told of new log files: its messages, taken, held on to, and handed back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import structlog

from collectors.aws.answers import Answer
from collectors.aws.logs.operations import CHANGE_VISIBILITY, DELETE_MESSAGES, GET_QUEUE_ATTRIBUTES, RECEIVE_MESSAGE
from collectors.aws.operations import Attempt, Operation
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known, Unread

T = TypeVar("T")

log = structlog.get_logger(__name__)

HELD_FOR = 120
"""Seconds for which a message that was taken is hidden from others; longer work asks for as much again."""

_AT_ONCE = 10
_WAIT = 5
# Regional, FIPS, VPC and dual-stack endpoints, and legacy ones (AWS General Reference, "Amazon SQS endpoints").
_REGION = r"[a-z]{2,}(?:-[a-z]+)+-\d+"
_HOST = re.compile(rf"(?:.*\.)?sqs(?:-fips)?\.(?P<region>{_REGION})\..*|(?P<legacy>{_REGION})\.queue\..*")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message: how often it was handed out so far, this time counted."""

    id: str
    handle: str
    body: str
    handed_out: int = 1


class Queue:
    """One SQS queue, used with one account's credentials. Raises nothing for what the cloud answers."""

    def __init__(self, account: AwsAccount, url: str) -> None:
        self.url = url
        self._account = account
        found = _HOST.fullmatch(urlsplit(url).hostname or "")
        self._region = (found["region"] or found["legacy"]) if found is not None else ""

    @property
    def region(self) -> str:
        """The region in the queue's URL; the account's own for an endpoint that names none."""
        return self._region or self._account.home_region

    @property
    def arn(self) -> str:
        """The queue's ARN as far as its URL tells it: what it does not tell is ``*``."""
        url = urlsplit(self.url)
        owner, _, name = url.path.strip("/").rpartition("/")
        partition = "aws-cn" if (url.hostname or "").endswith(".cn") else "aws"
        if self._region.startswith("us-gov-"):
            partition = "aws-us-gov"
        return f"arn:{partition}:sqs:{self._region or '*'}:{owner or '*'}:{name}"

    def take(self) -> Known[tuple[Message, ...]] | Unread:
        """Wait a little for messages and take up to ten; none where the queue has none now."""
        return self._read(
            RECEIVE_MESSAGE,
            _messages,
            MaxNumberOfMessages=_AT_ONCE,
            WaitTimeSeconds=_WAIT,
            VisibilityTimeout=HELD_FOR,
            AttributeNames=["ApproximateReceiveCount"],
        )

    def hold(self, handles: Iterable[str], seconds: int = HELD_FOR) -> None:
        """Keep messages hidden for so many seconds from now on; none hands them back at once."""
        self._each(CHANGE_VISIBILITY, handles, VisibilityTimeout=seconds)

    def delete(self, handles: Iterable[str]) -> None:
        """Take messages off the queue for good. Those that stay come again, and are known by their files."""
        self._each(DELETE_MESSAGES, handles)

    def sets_aside(self) -> bool | Unread:
        """Return whether the queue has a dead-letter policy, which sets aside messages that come too often."""
        found = self._read(GET_QUEUE_ATTRIBUTES, _redriving, AttributeNames=["RedrivePolicy"])
        return found if isinstance(found, Unread) else bool(found.value)

    def attempts(self) -> Iterator[Attempt]:
        """Yield each call for trying it. Handles that there are not show whether one may delete and hold."""
        where = {"QueueUrl": self.url}
        entry = {"Id": "0", "ReceiptHandle": "none"}
        yield self._attempt(GET_QUEUE_ATTRIBUTES, {**where, "AttributeNames": ["RedrivePolicy"]})
        yield self._attempt(
            RECEIVE_MESSAGE, {**where, "MaxNumberOfMessages": 1, "VisibilityTimeout": 0, "WaitTimeSeconds": 0}
        )
        yield self._attempt(CHANGE_VISIBILITY, {**where, "Entries": [{**entry, "VisibilityTimeout": 0}]})
        yield self._attempt(DELETE_MESSAGES, {**where, "Entries": [entry]})

    def _attempt(self, operation: Operation, parameters: dict[str, Any]) -> Attempt:
        return Attempt(operation=operation, region=self.region, parameters=parameters)

    def _each(self, operation: Operation, handles: Iterable[str], **more: int) -> None:
        pending = list(handles)
        for start in range(0, len(pending), _AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle, **more}
                for number, handle in enumerate(pending[start : start + _AT_ONCE])
            ]
            done = self._read(operation, _failed, Entries=entries)
            problem = done.summary if isinstance(done, Unread) else ", ".join(done.value)
            if problem:
                log.warning(
                    "messages of a queue could not be dealt with and will come again",
                    queue=self.url,
                    operation=operation.uid,
                    error=problem,
                )

    def _read(
        self,
        operation: Operation,
        take: Callable[[Answer], tuple[T, ...]],
        **parameters: Any,  # noqa: ANN401 - the API's parameters
    ) -> Known[tuple[T, ...]] | Unread:
        found: Fact[tuple[T, ...]] = self._account.read(operation, self.region, take, QueueUrl=self.url, **parameters)
        if isinstance(found, Unread):
            return msgspec.structs.replace(found, detail=f"{self.url}: {found.detail}")
        return found if isinstance(found, Known) else Known(())


def _messages(answer: Answer) -> tuple[Message, ...]:
    return tuple(
        Message(
            id=str(message["MessageId"]),
            handle=str(message["ReceiptHandle"]),
            body=str(message["Body"]),
            handed_out=int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
        )
        for message in answer.get("Messages", ())
    )


def _failed(answer: Answer) -> tuple[str, ...]:
    """Return the codes of the entries that failed."""
    return tuple(sorted({str(entry["Code"]) for entry in answer.get("Failed", ())}))


def _redriving(answer: Answer) -> tuple[str, ...]:
    """Return the redrive policy, if there is one."""
    policy = answer.get("Attributes", {}).get("RedrivePolicy")
    return (str(policy),) if policy else ()
