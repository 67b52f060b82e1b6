"""What Elasticsearch's answer for one document means: taken, try again, or never.

Sources: Elasticsearch 8 reference, "Bulk index or delete documents"; exception names as the server
gives them in ``error.type``.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon.shipping.sinks.access import Answer
from daemon.shipping.sinks.base import Delivered, Outcome, Rejected, Retry

CREATED = frozenset({200, 201})
CONFLICT = 409
NOT_FOUND = 404
OVERLOADED = 429
TOO_LARGE = 413
BAD_REQUEST = 400
_SERVER_ERROR = 500

_ABOUT_THE_DOCUMENT = frozenset(
    {
        "document_parsing_exception",
        "mapper_parsing_exception",
        "parsing_exception",
        "strict_dynamic_mapping_exception",
        "x_content_parse_exception",
    }
)
"""Errors that the same document will always meet under the same mapping."""


def outcomes(answers: Sequence[Answer]) -> list[Outcome]:
    """Return what each answer of one bulk request to one data stream means.

    A 400 that is not about parsing (an illegal argument, a failed validation) may be the document's
    fault or that of the whole stream: a missing pipeline, too many shards. It counts as the
    document's only where the same request shows that the stream does take documents.
    """
    stream_takes = any(answer.status in CREATED or answer.status == CONFLICT for answer in answers)
    return [_outcome(answer, stream_takes=stream_takes) for answer in answers]


def in_doubt(answer: Answer) -> bool:
    """Whether the document may have been stored though the answer is an error."""
    return answer.status >= _SERVER_ERROR or not answer.status


def _outcome(answer: Answer, *, stream_takes: bool) -> Outcome:
    if answer.status in CREATED:
        return Delivered()
    if answer.status == CONFLICT:
        return Delivered(already=True)
    what = f"{answer.type or 'error'}: {answer.reason}" if answer.reason else (answer.type or f"HTTP {answer.status}")
    if answer.status == BAD_REQUEST and (stream_takes or answer.type in _ABOUT_THE_DOCUMENT):
        return Rejected(reason=f"Elasticsearch refused the document: {what}")
    return Retry(reason=f"Elasticsearch put the document off: {what}")
