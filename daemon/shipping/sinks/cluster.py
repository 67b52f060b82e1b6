"""An Elasticsearch cluster through the official client: the one place that knows the client's errors.

Imports the client, so whoever needs a cluster imports this module only then. The client's own
retries are off: trying again is the shipper's business alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
from elasticsearch import ApiError, Elasticsearch, SerializationError, TransportError, UnsupportedProductError
from elasticsearch import ConnectionTimeout as RequestTimeout

from daemon.shipping.sinks.access import Access, Answer, ClusterError, bare, credentials_of

REQUEST_TIMEOUT = 15.0
"""Seconds for one request: a stop waits no longer for one that is under way."""

_LONGEST_REASON = 400
_FIELDS = ("_id", "status", "error.type", "error.reason", "error.caused_by")
_ANSWER = ("errors", *(f"items.*.{field}" for field in _FIELDS))


class Cluster:
    """The few requests that shipping needs. Every method may raise ClusterError."""

    def __init__(self, access: Access) -> None:
        self._shown = access.shown
        credentials: dict[str, Any] = {}
        username, password = access.username, access.password
        if not access.api_key and not username:
            username, password = credentials_of(access.hosts[0])
        if access.api_key:
            credentials["api_key"] = access.api_key
        elif username:
            credentials["basic_auth"] = (username, password)
        if access.ca_certs:
            credentials["ca_certs"] = access.ca_certs
        self.client = Elasticsearch(
            [bare(host) for host in access.hosts],
            request_timeout=REQUEST_TIMEOUT,
            max_retries=0,
            retry_on_timeout=False,
            retry_on_status=(),
            **credentials,
        )

    def create(self, stream: str, documents: Sequence[tuple[str, bytes]]) -> list[Answer]:
        """Create documents (id, JSON body) in a data stream; return one answer for each, in order."""
        operations: list[Any] = []
        for uid, body in documents:
            operations += (b'{"create":{"_id":%b}}' % msgspec.json.encode(uid), body)
        with self._translated(writing=True):
            response = self.client.bulk(index=stream, operations=operations, filter_path=_ANSWER)
        items = response.body.get("items", [])
        answers = [_answer(item.get("create", {})) for item in items]
        if [item.get("create", {}).get("_id") for item in items] != [uid for uid, _ in documents]:
            message = f"{self._where} answered for other documents than it was sent; what it holds is looked up"
            raise ClusterError(message, in_doubt=True)
        return answers

    def present(self, stream: str, uids: Sequence[str]) -> set[str]:
        """Return which of these ids any backing index of the data stream holds."""
        with self._translated():
            try:
                self.client.indices.refresh(index=stream, ignore_unavailable=True)
            except ApiError as error:
                # Without the privilege the look-up may miss what came in the last second; the index
                # itself still refuses a second document of one id until it rolls over.
                if error.meta.status not in {401, 403}:
                    raise
            response = self.client.search(
                index=stream,
                query={"ids": {"values": list(uids)}},
                size=len(uids),
                source=False,
                track_total_hits=False,
                allow_partial_search_results=False,
                ignore_unavailable=True,
                filter_path="hits.hits._id",
            )
        return {hit["_id"] for hit in response.body.get("hits", {}).get("hits", [])}

    @contextmanager
    def asking(self) -> Iterator[Elasticsearch]:
        """Give the client for requests that may safely be made again; its errors become ClusterError."""
        with self._translated():
            yield self.client

    def close(self) -> None:
        """Close all connections."""
        self.client.close()

    @property
    def _where(self) -> str:
        return f"Elasticsearch at {self._shown}"

    @contextmanager
    def _translated(self, *, writing: bool = False) -> Iterator[None]:
        """Turn the client's errors into ours; ``writing`` says that an unanswered request leaves a doubt."""
        try:
            yield
        except UnsupportedProductError as error:
            message = f"what answers at {self._shown} is not Elasticsearch (no X-Elastic-Product header); check hosts:"
            raise ClusterError(message, status=error.meta.status, in_doubt=writing) from None
        except ApiError as error:
            raise self._refused(error, writing=writing) from None
        except RequestTimeout:
            message = f"{self._where} did not answer within {REQUEST_TIMEOUT:g} s"
            raise ClusterError(message, in_doubt=writing) from None
        except SerializationError:
            message = f"what answers at {self._shown} did not answer in JSON: is a proxy in between?"
            raise ClusterError(message, in_doubt=writing) from None
        except TransportError as error:
            message = f"{self._where} cannot be reached: {_shortened(str(error.message))}"
            raise ClusterError(message, in_doubt=writing) from None

    def _refused(self, error: ApiError, *, writing: bool) -> ClusterError:
        status = error.meta.status
        reason = _reason_in(error.body) or f"HTTP status {status}"
        hint = {
            401: "; the credentials are wrong or have expired: check api_key: or username: and password:",
            403: "; the credentials lack a privilege: cspmd doctor lists what is needed",
            429: "; the cluster is overloaded",
        }.get(status, "")
        return ClusterError(
            f"{self._where} refused: {reason}{hint}",
            status=status,
            in_doubt=writing and status >= 500,  # noqa: PLR2004 - the class of server errors in HTTP
            after=_retry_after(error.meta.headers),
        )


def _answer(result: Mapping[str, Any]) -> Answer:
    error = result.get("error") or {}
    reason = str(error.get("reason", ""))
    cause = error.get("caused_by")
    if isinstance(cause, Mapping) and cause.get("reason"):
        reason = f"{reason}: {cause['reason']}"
    return Answer(status=int(result.get("status", 0)), type=str(error.get("type", "")), reason=_shortened(reason))


def _reason_in(body: object) -> str:
    """Return what an error answer says, empty where it is no answer of Elasticsearch."""
    if not isinstance(body, Mapping):
        return ""
    error = body.get("error")
    if isinstance(error, Mapping):
        return _shortened(f"{error.get('type', 'error')}: {error.get('reason', '')}")
    return _shortened(str(error)) if error else ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return Retry-After in seconds; it may be a number or a date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_REASON else f"{flat[: _LONGEST_REASON - 1]}…"
