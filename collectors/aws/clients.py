"""How the SDK's clients are made for one account: their limits, and what they say of each attempt of a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from collectors.aws.answers import ROOT, Answer

if TYPE_CHECKING:
    import boto3

MOST_CONNECTIONS = 32
"""Connections, and therefore calls in flight, per client."""

_CONNECT_TIMEOUT = 5
_READ_TIMEOUT = 10
_ATTEMPTS = 5
_PROGRAM = "cspmd"
_REDIRECTED = 300
_ROOT_ELEMENT = re.compile(rb"\s*(?:<\?[^>]*>\s*)?<(?:[\w.-]+:)?([\w.-]+)")


def make_client(  # noqa: PLR0913 - what the client is for, by name
    session: boto3.Session,
    service: str,
    region: str,
    *,
    account: str,
    endpoint_url: str | None,
    on_throttle: Callable[[str], None],
) -> Any:  # noqa: ANN401 - the SDK builds its clients at run time
    """Return a client of a service in a region; raises what botocore raises for a configuration that cannot work.

    ``account`` is whose calls it makes, ``endpoint_url`` replaces the service's own endpoint, and ``on_throttle``
    gets the name of each operation that the cloud throttles, once an attempt.
    """
    import boto3
    import botocore
    from botocore.config import Config

    client = session.client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        config=Config(
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=_READ_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=MOST_CONNECTIONS,
            tcp_keepalive=True,
            # One string made once: botocore would otherwise build its own twice a call.
            user_agent=f"{_PROGRAM} Boto3/{boto3.__version__} Botocore/{botocore.__version__}",
            # Parameters come from this package alone, and bodies are small and read whole.
            parameter_validation=False,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            disable_request_compression=True,
            s3_disable_express_session_auth=True,
            s3={"addressing_style": "path"} if endpoint_url else None,
        ),
    )
    events, hyphenated = client.meta.events, client.meta.service_model.service_id.hyphenize()
    events.register(f"needs-retry.{hyphenated}", partial(_after_attempt, on_throttle))
    events.register(f"before-parse.{hyphenated}", _keep_root)
    if client.meta.service_model.protocol == "query":
        events.register(f"before-parse.{hyphenated}", _expect_result)
    if service == "s3control" and endpoint_url is not None:
        events.register(f"before-sign.{hyphenated}", partial(_without_account_host, account))
    return client


def _after_attempt(
    on_throttle: Callable[[str], None],
    response: tuple[Any, Answer] | None,
    operation: Any,  # noqa: ANN401 - botocore's model
    **_: object,
) -> None:
    """Listen to each attempt of a call, which is how botocore lets one see them."""
    from collectors.aws import errors

    if response is not None and errors.throttled(response[0].status_code, response[1]):
        on_throttle(operation.name)


def _without_account_host(account: str, request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's request
    """Take ``<account>.`` off the host: an endpoint of one's own has no such name.

    The account still travels in ``x-amz-account-id``. S3 Control's endpoint rules add the prefix
    whatever ``inject_host_prefix`` says.
    """
    url = urlsplit(request.url)
    host = url.netloc.removeprefix(f"{account}.")
    request.url = urlunsplit(url._replace(netloc=host))


def _expect_result(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:  # noqa: ANN401 - botocore's model
    """Raise ResponseParserError for an answer of success without the operation's result in it.

    botocore's parser of the query protocol stumbles over such a page of some gateway in between.
    """
    from botocore.parsers import ResponseParserError

    shape = operation_model.output_shape
    wrapper = "" if shape is None else shape.serialization.get("resultWrapper", "")
    if response_dict["status_code"] < _REDIRECTED and wrapper.encode() not in response_dict["body"]:
        message = f"no {wrapper}"
        raise ResponseParserError(message)


def _keep_root(response_dict: Mapping[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Keep the name of an XML body's root element, which botocore's parser looks past."""
    body = response_dict["body"]
    found = _ROOT_ELEMENT.match(body) if isinstance(body, bytes) else None
    if found is not None:
        customized_response_dict[ROOT] = found[1].decode()
    elif body:
        customized_response_dict[ROOT] = ""
