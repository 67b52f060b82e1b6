"""Every way in which a call can fail, as the fact it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore import exceptions as sdk
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from collectors.aws import errors
from collectors.aws.answers import GoneError, MalformedAnswerError, expect_root, member
from collectors.aws.operations import Operation
from collectors.model import Known, Unread, UnreadReason

OPERATION = Operation(
    service="s3",
    name="GetBucketThing",
    action="s3:GetBucketThing",
    why="to test",
    absent=frozenset({"NoSuchThing"}),
    gone=frozenset({"NoSuchBucket"}),
)


def refused(code: str, status: int = 400, **more: Any) -> ClientError:
    answer = {
        "Error": {"Code": code, "Message": "request id 0000-dead-beef, key AKIAFAKEFAKEFAKEFAKE"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "0000-dead-beef"},
        **more,
    }
    return ClientError(answer, "GetBucketThing")


def read(error: Exception) -> Any:
    return errors.read(failing(error), OPERATION, dict, Known({"nothing": True}))


def failing(error: Exception) -> Callable[[], Any]:
    def call() -> Any:
        raise error

    return call


CODES = {
    ("AccessDenied", 403): UnreadReason.DENIED,
    ("AccessDeniedException", 400): UnreadReason.DENIED,
    ("AllAccessDisabled", 403): UnreadReason.DENIED,
    ("UnauthorizedOperation", 403): UnreadReason.DENIED,
    ("403", 403): UnreadReason.DENIED,
    ("SomethingNewlyRefused", 403): UnreadReason.DENIED,
    ("SlowDown", 503): UnreadReason.THROTTLED,
    ("ServiceUnavailable", 503): UnreadReason.THROTTLED,
    ("Throttling", 400): UnreadReason.THROTTLED,
    ("ThrottlingException", 400): UnreadReason.THROTTLED,
    ("RequestLimitExceeded", 503): UnreadReason.THROTTLED,
    ("TooManyRequestsException", 429): UnreadReason.THROTTLED,
    ("ExpiredToken", 400): UnreadReason.CREDENTIALS,
    ("ExpiredTokenException", 400): UnreadReason.CREDENTIALS,
    ("InvalidClientTokenId", 403): UnreadReason.CREDENTIALS,
    ("InvalidAccessKeyId", 403): UnreadReason.CREDENTIALS,
    ("UnrecognizedClientException", 400): UnreadReason.CREDENTIALS,
    ("SignatureDoesNotMatch", 403): UnreadReason.CREDENTIALS,
    ("RequestTimeTooSkewed", 403): UnreadReason.CREDENTIALS,
    ("OptInRequired", 403): UnreadReason.SERVICE_DISABLED,
    ("MethodNotAllowed", 405): UnreadReason.UNSUPPORTED,
    ("NotImplemented", 501): UnreadReason.UNSUPPORTED,
    ("RequestTimeout", 400): UnreadReason.UNREACHABLE,
    ("502", 502): UnreadReason.UNREACHABLE,
    ("504", 504): UnreadReason.UNREACHABLE,
    ("InternalError", 500): UnreadReason.ERROR,
    ("InvalidRequest", 400): UnreadReason.ERROR,
    ("PermanentRedirect", 301): UnreadReason.ERROR,
}


@pytest.mark.parametrize(("code", "status"), CODES)
def test_each_code_has_its_reason(code: str, status: int) -> None:
    reason = CODES[code, status]
    assert read(refused(code, status)) == Unread(
        reason=reason,
        operation="s3:GetBucketThing",
        permission="s3:GetBucketThing" if reason is UnreadReason.DENIED else "",
        detail=code,
    )


EXCEPTIONS = {
    sdk.NoCredentialsError(): UnreadReason.CREDENTIALS,
    sdk.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"): UnreadReason.CREDENTIALS,
    sdk.CredentialRetrievalError(provider="process", error_msg="secret"): UnreadReason.CREDENTIALS,
    sdk.TokenRetrievalError(provider="sso", error_msg="secret"): UnreadReason.CREDENTIALS,
    sdk.ProfileNotFound(profile="prod"): UnreadReason.CREDENTIALS,
    sdk.UnauthorizedSSOTokenError(): UnreadReason.CREDENTIALS,
    sdk.EndpointConnectionError(endpoint_url="https://x"): UnreadReason.UNREACHABLE,
    sdk.ConnectTimeoutError(endpoint_url="https://x"): UnreadReason.UNREACHABLE,
    sdk.ReadTimeoutError(endpoint_url="https://x"): UnreadReason.UNREACHABLE,
    sdk.ConnectionClosedError(endpoint_url="https://x"): UnreadReason.UNREACHABLE,
    sdk.SSLError(endpoint_url="https://x", error="bad certificate"): UnreadReason.UNREACHABLE,
    sdk.ProxyConnectionError(proxy_url="http://user:secret@proxy"): UnreadReason.UNREACHABLE,
    sdk.IncompleteReadError(actual_bytes=1, expected_bytes=2): UnreadReason.UNREACHABLE,
    ResponseParserError("Unable to parse response: secret"): UnreadReason.MALFORMED,
    sdk.ParamValidationError(report="secret"): UnreadReason.ERROR,
}


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: type(error).__name__)
def test_each_exception_of_the_sdk_has_its_reason_and_tells_no_secret(error: Exception) -> None:
    fact = read(error)
    assert isinstance(fact, Unread)
    assert fact.reason is EXCEPTIONS[error]
    assert "secret" not in fact.summary
    assert fact.detail


def test_not_configured_is_an_answer() -> None:
    assert read(refused("NoSuchThing", 404)) == Known({"nothing": True})


def test_without_a_meaning_not_configured_is_a_failure() -> None:
    fact = errors.read(failing(refused("NoSuchThing", 404)), OPERATION, dict, None)
    assert isinstance(fact, Unread)


def test_what_does_not_exist_is_gone() -> None:
    with pytest.raises(GoneError):
        read(refused("NoSuchBucket", 404))


ASSUMING = {
    ("AccessDenied", 403): (UnreadReason.CREDENTIALS, "sts:AssumeRole"),
    ("ExpiredToken", 400): (UnreadReason.CREDENTIALS, ""),
    ("Throttling", 400): (UnreadReason.THROTTLED, ""),
    ("ServiceUnavailable", 503): (UnreadReason.THROTTLED, ""),
    ("InternalFailure", 500): (UnreadReason.ERROR, ""),
}


@pytest.mark.parametrize(("code", "status"), ASSUMING)
def test_a_role_that_is_not_assumed_is_told_with_the_reason_why_not(code: str, status: int) -> None:
    reason, permission = ASSUMING[code, status]
    error = refused(code, status)
    error.operation_name = "AssumeRole"
    assert read(error) == Unread(reason=reason, operation="sts:AssumeRole", permission=permission, detail=code)


def test_an_error_without_a_code_is_told_by_its_status() -> None:
    assert read(ClientError({"ResponseMetadata": {"HTTPStatusCode": 403}}, "X")).detail == "403"


def test_a_strangers_code_is_cut_to_what_is_harmless() -> None:
    fact = read(refused("<script>\n\x1b[31m" + "A" * 500, 400))
    assert fact.detail == ("script31m" + "A" * 500)[:64]


def test_nothing_but_the_sdks_own_is_caught() -> None:
    with pytest.raises(ZeroDivisionError):
        read(ZeroDivisionError())


@pytest.mark.parametrize("answer", [{}, {"Thing": None}, {"Thing": []}, None])
def test_an_answer_without_what_it_must_hold_is_malformed(answer: Any) -> None:
    fact = errors.read(lambda: answer, OPERATION, lambda found: found["Thing"]["Name"], None)
    assert isinstance(fact, Unread)
    assert fact.reason is UnreadReason.MALFORMED


def test_a_missing_member_is_named() -> None:
    fact = errors.read(dict, OPERATION, lambda found: member(found, "Thing"), None)
    assert isinstance(fact, Unread)
    assert fact.detail == "noThing"
    with pytest.raises(MalformedAnswerError):
        expect_root({"RootElement": "html"}, "Versioning")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (refused("NoSuchThing", 404), "ok"),
        (refused("NoSuchBucket", 404), "ok"),
        (refused("AccessDenied", 403), "denied"),
        (sdk.ReadTimeoutError(endpoint_url="https://x"), "unreachable"),
    ],
)
def test_the_call_counter_takes_not_configured_for_an_answer(error: Exception, outcome: str) -> None:
    assert errors.outcome(error, OPERATION) == outcome


@pytest.mark.parametrize(
    ("status", "answer", "throttled"),
    [
        (200, {}, False),
        (404, {"Error": {"Code": "NoSuchBucketPolicy"}}, False),
        (503, {}, True),
        (429, {}, True),
        (400, {"Error": {"Code": "ThrottlingException"}}, True),
    ],
)
def test_an_attempt_says_whether_to_slow_down(status: int, answer: dict[str, Any], throttled: bool) -> None:
    assert errors.throttled(status, answer) is throttled
