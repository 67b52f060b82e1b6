"""A log to follow: what a test wrote into a file, delivered in pieces, and everything that goes with following it."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from collectors.api import Delivery, Permission
from collectors.model import Provider, Unread
from daemon.exceptions import Exceptions
from daemon.following.detections import Alerting, Detection
from daemon.following.follower import Follower, Matching, Round
from daemon.model import Dataset, Document
from daemon.state import State
from daemon.targets import LogUnit
from detectors.model import Judgement
from detectors.sigma.rules import RuleSet, load_rules
from tests.fakes.posture import ACCOUNT, START, Clock

RULES = """\
title: A policy was written
id: 11111111-0000-0000-0000-000000000001
name: policy_written
status: test
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: PutBucketPolicy}
  condition: selection
level: high
---
title: Somebody was refused
id: 11111111-0000-0000-0000-000000000002
name: refused
status: test
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {errorCode: AccessDenied}
  condition: selection
level: low
---
title: Refused again and again
id: 11111111-0000-0000-0000-000000000003
status: test
correlation:
  type: event_count
  rules: [refused]
  group-by: [userIdentity.userName]
  timespan: 10m
  condition: {gte: 3}
level: high
---
title: A region was used for the first time
id: 11111111-0000-0000-0000-000000000004
status: test
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: CreateQueue}
  condition: selection
first_seen: {field: awsRegion, group-by: [recipientAccountId], history: 90d, learning: 7d}
level: medium
"""
WRITTEN = "11111111-0000-0000-0000-000000000001"
AGAIN = "11111111-0000-0000-0000-000000000003"
NEW_REGION = "11111111-0000-0000-0000-000000000004"


def rules() -> RuleSet:
    loaded = load_rules([("rules.yml", RULES)])
    assert loaded.refused == ()
    return loaded


def event(
    number: int, name: str = "PutBucketPolicy", *, at: datetime = START, user: str = "alice", **more: Any
) -> dict[str, Any]:
    """Return a CloudTrail event about a bucket."""
    bucket = more.pop("bucket", "b")
    return {
        "eventVersion": "1.09",
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "eventID": f"event-{number}",
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2",
        "recipientAccountId": ACCOUNT,
        "readOnly": False,
        "managementEvent": True,
        "eventType": "AwsApiCall",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
            "accountId": ACCOUNT,
            "userName": user,
        },
        "requestParameters": {"bucketName": bucket},
        **more,
    }


def read_of(number: int, *, at: datetime = START, bucket: str = "b", ip: str = "203.0.113.9") -> dict[str, Any]:
    """Return a CloudTrail data event: somebody who signed nothing read an object."""
    return event(
        number,
        "GetObject",
        at=at,
        bucket=bucket,
        readOnly=True,
        managementEvent=False,
        eventCategory="Data",
        sourceIPAddress=ip,
        userIdentity={"type": "AWSAccount", "principalId": "", "accountId": "anonymous"},
        requestParameters={"bucketName": bucket, "key": "k"},
        resources=[{"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}", "accountId": ACCOUNT}],
    )


class FileLog:
    """A log source over a file of JSON lines; its cursor is the line. ``unread`` fails the rest of a round."""

    uid: ClassVar[str] = "aws.cloudtrail"
    provider: ClassVar[Provider] = Provider.AWS
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def __init__(self, path: Path, piece: int = 100, position: str = "test/aws.cloudtrail") -> None:
        self.path = path
        self.piece = piece
        self.position = position
        self.unread: Unread | None = None
        self.until: datetime | None = None
        self.settled: list[bytes] = []

    def write(self, *events: dict[str, Any]) -> None:
        """Add events to the log."""
        with self.path.open("ab") as file:
            file.writelines(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in events)

    def read(self, cursor: bytes | None) -> Iterator[Delivery | Unread]:
        at = int(cursor or b"0")
        if self.unread is not None:
            yield self.unread
            return
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            piece: list[bytes] = []
            for number, line in enumerate(file):
                if number < at:
                    continue
                piece.append(line.rstrip(b"\n"))
                if len(piece) == self.piece:
                    at += len(piece)
                    yield self._delivery(piece, at)
                    piece = []
        at += len(piece)
        yield self._delivery(piece, at)

    def settle(self, delivery: Delivery) -> None:
        self.settled.append(delivery.cursor)

    def _delivery(self, piece: Iterable[bytes], at: int) -> Delivery:
        return Delivery(records=tuple(piece), cursor=str(at).encode(), until=self.until)


class Sink:
    """Publishes detections as they are, for one sink; ``torn`` is raised instead, once."""

    def __init__(self) -> None:
        self.detections: list[Detection] = []
        self.torn: Exception | None = None

    def detection(self, detection: Detection, judgement: Judgement, at: datetime) -> Iterable[Document]:
        torn, self.torn = self.torn, None
        if torn is not None:
            raise torn
        self.detections.append(detection)
        body = json.dumps({"detector": judgement.detector, "at": at.isoformat()}).encode()
        yield Document(sink="test", uid=detection.uid, dataset=Dataset.FINDINGS, body=body)


class LogCounts:
    """Remembers what was counted."""

    def __init__(self) -> None:
        self.read: Counter[tuple[str, str]] = Counter()
        self.odd: Counter[tuple[str, str]] = Counter()
        self.matched: Counter[tuple[str, str, str]] = Counter()
        self.missed_in: list[tuple[str, str]] = []
        self.looks: list[str] = []

    @property
    def told(self) -> int:
        return self.read.total()

    @property
    def undecodable(self) -> int:
        return self.odd.total()

    @property
    def detected(self) -> set[str]:
        return {detector for _, _, detector in self.matched}

    def log_told(self, source: str, target: str, records: int) -> None:
        self.read[source, target] += records

    def log_undecodable(self, source: str, target: str, records: int) -> None:
        self.odd[source, target] += records

    def log_detected(self, source: str, target: str, detector: str, matches: int) -> None:
        self.matched[source, target, detector] += matches

    def missed(self, provider: str, account: str) -> None:
        self.missed_in.append((provider, account))

    def looked(self, outcome: str) -> None:
        self.looks.append(outcome)


class Followed:
    """One log and its follower on a state."""

    def __init__(
        self,
        state: State,
        source: FileLog,
        *,
        exceptions: Exceptions | None = None,
        clock: Clock | None = None,
        **alerting_more: Any,
    ) -> None:
        self.state = state
        self.source = source
        self.clock = clock or Clock()
        self.sink = Sink()
        self.counts = LogCounts()
        self.wanted: list[str] = []
        self.stopping = threading.Event()
        alerting = Alerting(exceptions=exceptions or Exceptions(), publisher=self.sink, **alerting_more)
        self.matching = Matching(rules(), alerting)
        self.unit = LogUnit(target="prod", account=ACCOUNT, interval=timedelta(minutes=1), source=source)
        self.follower = Follower(
            state, lambda: self.matching, self._want, tally=self.counts, stopping=self.stopping, clock=self.clock
        )

    def round(self) -> Round:
        return self.follower.follow(self.unit)

    def queued(self) -> list[str]:
        """Return the uids of the documents that wait for delivery."""
        items = self.state.outbox.claim("test", 100_000, self.clock.now + timedelta(days=1))
        self.state.outbox.release(items)
        return sorted(item.uid for item in items)

    def _want(self, uids: Collection[str]) -> None:
        self.wanted.extend(sorted(uids))
