"""From what happened to the documents that are queued for each sink."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from collectors.model import encode
from daemon.documents.alert import alert_document
from daemon.documents.ecs import Stamp, transition_document
from daemon.documents.posture import posture_document, posture_uid
from daemon.documents.rules import RuleFacts, Rules
from daemon.following.detections import Detection
from daemon.model import Dataset, Document, Transition
from daemon.passes.identity import finding_id
from detectors.model import Detector, Judgement


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """One sink as the publisher sees it: its name, and whether it takes posture documents."""

    sink: str
    posture: bool


class EcsPublisher:
    """Makes ECS documents for every sink that wants them.

    Pure: the same transition or judgement gives the same documents with the same ids, so that a
    second delivery changes nothing. ``catalogue`` is that of
    :func:`detectors.catalogue.catalogue`, ``namespace`` the data streams' namespace.
    """

    def __init__(
        self,
        audiences: Sequence[Audience],
        *,
        version: str,
        catalogue: Mapping[str, Detector],
        namespace: str = "default",
    ) -> None:
        self._everyone = tuple(audience.sink for audience in audiences)
        self._posture = tuple(audience.sink for audience in audiences if audience.posture)
        self._stamp = Stamp(namespace=namespace, version=version)
        self._rules = Rules(catalogue)

    @property
    def posture_sinks(self) -> tuple[str, ...]:
        """The names of the sinks that take posture documents."""
        return self._posture

    def transition(self, transition: Transition, finding_id: str) -> Iterator[Document]:
        """Yield the documents of one transition, one for each sink."""
        if not self._everyone:
            return
        rule = self._rules.of(transition.judgement.detector, transition.judgement.controls)
        body = encode(transition_document(transition, finding_id, rule=rule, stamp=self._stamp))
        for sink in self._everyone:
            yield Document(sink=sink, uid=transition.uid, dataset=Dataset.FINDINGS, body=body)

    def detection(self, detection: Detection, judgement: Judgement, at: datetime) -> Iterator[Document]:
        """Yield the documents of one rule that an event matched, one for each sink; made at ``at`` (aware, UTC)."""
        if not self._everyone:
            return
        rule = RuleFacts(
            uid=detection.detector,
            title=detection.title,
            description=detection.description,
            references=detection.references,
        )
        body = encode(
            alert_document(
                detection.uid,
                judgement,
                detection.event,
                detection.document,
                at,
                rule=rule,
                finding_id=finding_id(judgement.detector, judgement.resource.uid),
                stamp=self._stamp,
            )
        )
        for sink in self._everyone:
            yield Document(sink=sink, uid=detection.uid, dataset=Dataset.FINDINGS, body=body)

    def posture(self, judgement: Judgement, at: datetime) -> Iterator[Document]:
        """Yield the documents that say how a resource stands with a rule at ``at`` (aware, UTC)."""
        if not self._posture:
            return
        rule = self._rules.of(judgement.detector, judgement.controls)
        body = encode(posture_document(judgement, at, rule=rule, stamp=self._stamp))
        uid = posture_uid(judgement, at)
        for sink in self._posture:
            yield Document(sink=sink, uid=uid, dataset=Dataset.MISCONFIGURATION, body=body)
