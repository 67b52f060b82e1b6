"""Documents as they lie in the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from collectors.model import encode
from daemon.documents.ecs import Stamp, transition_document
from daemon.documents.posture import posture_document, posture_uid
from daemon.model import Dataset, Document
from daemon.state import OutboxItem, State
from daemon.state.outbox import put
from tests.fakes.documents import AT, RULE, full_judgement, full_transition

STAMP = Stamp(namespace="default", version="1")


def finding(number: int, sink: str = "elasticsearch", namespace: str = "default") -> Document:
    """Return a document of one transition; equal numbers, equal documents."""
    stamp = msgspec.structs.replace(STAMP, namespace=namespace)
    transition = msgspec.structs.replace(full_transition(), uid=f"t-{number:06d}")
    body = encode(transition_document(transition, "finding", rule=RULE, stamp=stamp))
    return Document(sink=sink, uid=transition.uid, dataset=Dataset.FINDINGS, body=body)


def posture(number: int, sink: str = "elasticsearch") -> Document:
    """Return a posture document."""
    judgement = full_judgement()
    resource = msgspec.structs.replace(judgement.resource, uid=f"arn:aws:s3:::b{number}")
    judgement = msgspec.structs.replace(judgement, resource=resource)
    body = encode(posture_document(judgement, AT, rule=RULE, stamp=STAMP))
    return Document(sink=sink, uid=posture_uid(judgement, AT), dataset=Dataset.MISCONFIGURATION, body=body)


def odd(number: int, sink: str = "elasticsearch") -> Document:
    """Return a document that the installed mapping refuses: it has a field of ours that no template has."""
    good = finding(number, sink)
    body = msgspec.json.decode(good.body)
    body["cspmd"]["made_up"] = 1
    return msgspec.structs.replace(good, body=encode(body))


def items(documents: Iterable[Document], *, attempts: int = 0, queued_at: datetime | None = None) -> list[OutboxItem]:
    """Return documents as a claim gives them."""
    return [
        OutboxItem(
            id=number,
            sink=document.sink,
            uid=document.uid,
            dataset=document.dataset,
            body=document.body,
            attempts=attempts,
            queued_at=queued_at or datetime.now(UTC),
        )
        for number, document in enumerate(documents)
    ]


def queue(state: State, documents: Iterable[Document], now: datetime | None = None) -> None:
    """Put documents into the outbox as a pass does."""
    with state.write() as connection:
        put(connection, documents, now or datetime.now(UTC))
