"""The one place that turns what AWS and its SDK raise into facts.

Error codes are those of the services' API references: Amazon S3 "Error responses", "Common error
types" of AWS APIs, and botocore's own exceptions for what never reached a service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from collectors.aws.answers import ROOT, Answer, GoneError, MalformedAnswerError
from collectors.aws.operations import ASSUME_ROLE, Operation
from collectors.model import Fact, Known, Unread, UnreadReason

T = TypeVar("T")

SDK_ERRORS = (sdk.ClientError, sdk.BotoCoreError, ResponseParserError)
"""Everything that a call through the SDK raises for what the cloud, the network or the credentials do."""

THROTTLES = frozenset(
    {
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
    }
)

_REASONS: dict[str, UnreadReason] = {
    **dict.fromkeys(THROTTLES, UnreadReason.THROTTLED),
    **dict.fromkeys(
        (
            "AccessDenied",
            "AccessDeniedException",
            "AccessDeniedForDependencyException",
            "AccountProblem",
            "AllAccessDisabled",
            "Forbidden",
            "NotAuthorized",
            "UnauthorizedOperation",
            "UnauthorizedAccess",
        ),
        UnreadReason.DENIED,
    ),
    **dict.fromkeys(
        (
            "AuthFailure",
            "CredentialsExpired",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSecurity",
            "InvalidSignatureException",
            "InvalidToken",
            "MissingAuthenticationToken",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "UnrecognizedClientException",
        ),
        UnreadReason.CREDENTIALS,
    ),
    **dict.fromkeys(("OptInRequired", "SubscriptionRequiredException", "NotSignedUp"), UnreadReason.SERVICE_DISABLED),
    **dict.fromkeys(
        (
            "InvalidObjectState",
            "MethodNotAllowed",
            "NotImplemented",
            "UnsupportedOperation",
            "UnsupportedOperationException",
            "UnknownOperationException",
            "InvalidAction",
        ),
        UnreadReason.UNSUPPORTED,
    ),
    **dict.fromkeys(("RequestTimeout", "RequestTimeoutException"), UnreadReason.UNREACHABLE),
}

_STATUSES = {
    401: UnreadReason.CREDENTIALS,
    403: UnreadReason.DENIED,
    405: UnreadReason.UNSUPPORTED,
    429: UnreadReason.THROTTLED,
    501: UnreadReason.UNSUPPORTED,
    502: UnreadReason.UNREACHABLE,
    503: UnreadReason.THROTTLED,
    504: UnreadReason.UNREACHABLE,
}

# What a region that the account has not enabled answers to credentials that are good elsewhere (AWS
# Account Management guide, "Enable or disable AWS Regions in your account").
REGION_DISABLED = frozenset(
    {"AuthFailure", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken", "UnrecognizedClientException"}
)

_UNREACHABLE = (
    sdk.ConnectionError,
    sdk.HTTPClientError,
    sdk.IncompleteReadError,
)

_CREDENTIALS = (
    sdk.NoCredentialsError,
    sdk.PartialCredentialsError,
    sdk.CredentialRetrievalError,
    sdk.TokenRetrievalError,
    sdk.NoAuthTokenError,
    sdk.ProfileNotFound,
    sdk.ConfigParseError,
    sdk.ConfigNotFound,
    sdk.InvalidConfigError,
    sdk.UnknownCredentialError,
    sdk.RefreshWithMFAUnsupportedError,
    sdk.MetadataRetrievalError,
    sdk.SSOError,
    sdk.LoginError,
)

_FIRST_ERROR = 400
_INTERNAL_ERROR = 500
_ERROR_ROOTS = ("Error", "ErrorResponse")
_NONSENSE = "not_xml"
_THROTTLE_STATUSES = frozenset({429, 503})

_DECRYPT = "kms:Decrypt"
_SAFE = re.compile(r"[^A-Za-z0-9_.:-]")
_LONGEST = 64


def error_code(error: Exception) -> str:
    """Return the service's error code, or the kind of failure where no service answered.

    Never holds a message, a request id or anything else that differs between equal failures; what a
    stranger's endpoint may have put there is cut to 64 harmless characters.
    """
    if isinstance(error, sdk.ClientError):
        if _answers_nonsense(error):
            return _NONSENSE
        code = str(error.response.get("Error", {}).get("Code", "")) or str(http_status(error))
    else:
        code = type(error).__name__.removesuffix("Error")
    return _SAFE.sub("", code)[:_LONGEST]


def http_status(error: Exception) -> int:
    """Return the HTTP status an error came with, 0 where nothing was answered."""
    if not isinstance(error, sdk.ClientError):
        return 0
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status if isinstance(status, int) else 0


def _answers_nonsense(error: sdk.ClientError) -> bool:
    """Whether a success whose body is no XML was made a failure by the SDK, as it does for S3."""
    return http_status(error) == _INTERNAL_ERROR and error.response.get(ROOT, _ERROR_ROOTS[0]) not in _ERROR_ROOTS


def http_headers(error: Exception) -> Mapping[str, str]:
    """Return the headers of the answer an error came with, in lower case; none where nothing was answered."""
    if not isinstance(error, sdk.ClientError):
        return {}
    headers: Mapping[str, str] = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers


def answer(error: Exception) -> Answer:
    """Return a service's refusal as the answer that it is, for operations whose refusals tell something."""
    return error.response if isinstance(error, sdk.ClientError) else {}


def throttled(status: int, parsed: Answer) -> bool:
    """Whether one attempt's answer says to slow down."""
    if status < _FIRST_ERROR:
        return False
    return status in _THROTTLE_STATUSES or parsed.get("Error", {}).get("Code") in THROTTLES


def outcome(error: Exception, operation: Operation) -> str:
    """Return what the call counter calls this failure; "not configured" and "gone" are answers: ``ok``."""
    if error_code(error) in operation.absent | operation.gone:
        return "ok"
    return unread(error, operation).reason.value


def unread(error: Exception, operation: Operation) -> Unread:
    """Translate one failure of one operation into a fact.

    A failure to assume the account's role surfaces in whatever call came first; it is told as what
    it is: a role that may not be assumed is a credential that there is not.
    """
    reason = _reason(error)
    if isinstance(error, sdk.ClientError) and error.operation_name == ASSUME_ROLE.name != operation.name:
        refused = reason is UnreadReason.DENIED
        return Unread(
            reason=UnreadReason.CREDENTIALS if refused else reason,
            operation=ASSUME_ROLE.uid,
            permission=ASSUME_ROLE.action if refused else "",
            detail=error_code(error),
        )
    return Unread(
        reason=reason,
        operation=operation.uid,
        permission=_mending(error, operation) if reason is UnreadReason.DENIED else "",
        detail=error_code(error),
    )


def _mending(error: Exception, operation: Operation) -> str:
    """Return the permission that was missing: the operation's own, or the one on the key that the data is under."""
    if isinstance(error, sdk.ClientError) and _DECRYPT in str(error.response.get("Error", {}).get("Message", "")):
        return _DECRYPT
    return operation.action or operation.mended_by


def malformed(operation: Operation, detail: str = "") -> Unread:
    """Return the fact for an answer that cannot be understood; ``detail`` must be stable and harmless."""
    return Unread(reason=UnreadReason.MALFORMED, operation=operation.uid, detail=_SAFE.sub("", detail)[:_LONGEST])


def read(
    call: Callable[[], Answer], operation: Operation, take: Callable[[Answer], T], nothing: Fact[T] | None
) -> Fact[T]:
    """Make one call and return what ``take`` makes of the answer, as a fact.

    ``nothing`` is the answer's meaning where the service says "not configured" (one of the
    operation's ``absent`` codes). Raises :class:`~collectors.aws.answers.GoneError` where the service
    says that the resource does not exist, and nothing else for whatever the cloud, the network or
    the credentials do.
    """
    try:
        answered = call()
    except SDK_ERRORS as error:
        code = error_code(error)
        if nothing is not None and code in operation.absent:
            return nothing
        if code in operation.gone:
            raise GoneError from error
        return unread(error, operation)
    try:
        return Known(take(answered))
    except MalformedAnswerError as error:
        return malformed(operation, str(error))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return malformed(operation, type(error).__name__)


def _reason(error: Exception) -> UnreadReason:
    if isinstance(error, sdk.ClientError):
        code = error_code(error)
        status = http_status(error)
        if code == _NONSENSE:
            return UnreadReason.MALFORMED
        return _REASONS.get(code) or _STATUSES.get(status) or UnreadReason.ERROR
    if isinstance(error, _CREDENTIALS):
        return UnreadReason.CREDENTIALS
    if isinstance(error, _UNREACHABLE):
        return UnreadReason.UNREACHABLE
    if isinstance(error, ResponseParserError):
        return UnreadReason.MALFORMED
    return UnreadReason.ERROR
