"""Requests and responses independent of the framework, and errors as problem details (RFC 9457)."""

import json
import math
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from brain.domain.privacy.personal_text import is_personal_text
from brain.errors import (
    BrainError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LeaseHeldError,
    LeaseLostError,
    MisconfiguredError,
    MissingSecretError,
    NotFoundError,
    OverloadedError,
    PayloadTooLargeError,
    RateLimitedError,
    ReplayedRequestError,
    SecretsUnavailableError,
    SenderCheckUnavailableError,
    StoreUnavailableError,
    UnauthenticatedError,
    UnsupportedEncodingError,
)

JSON = "application/json"
PROBLEM = "application/problem+json"
CORRELATION_HEADER = "x-correlation-id"
# Some providers accept credentials only in the address and send them, as a password, only when challenged.
KEY_OR_BASIC = 'Bearer, Basic realm="ingest"'
_CORRELATION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TITLES = {
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Payload too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
    500: "Internal server error",
    503: "Try again later",
}
_STATUSES: tuple[tuple[type[BrainError], int], ...] = (
    (UnauthenticatedError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (ReplayedRequestError, 409),
    (PayloadTooLargeError, 413),
    (UnsupportedEncodingError, 415),
    (InvalidInputError, 422),
    (RateLimitedError, 429),
    (SecretsUnavailableError, 503),
    (SenderCheckUnavailableError, 503),
    (OverloadedError, 503),
    (StoreUnavailableError, 503),
    (ConflictError, 503),
    (LeaseHeldError, 409),
    (LeaseLostError, 409),
)
# Their messages are for operators and appear in the log only.
_PRIVATE = (MisconfiguredError, MissingSecretError)
_MAX_METHOD_LENGTH = 20
_GENERIC = "an internal error occurred; it was logged with this correlation id"


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose body was read within its size limit; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def correlation_id(self) -> str:
        """The valid correlation id of the caller, otherwise the trace id, otherwise a new one.

        It is logged, stored and echoed as it is, so that one that looks like a person is not valid. Nothing is
        recognized by it again, so that nothing derived from the person needs to take its place.
        """
        requested = self.headers.get(CORRELATION_HEADER, "")
        trace = self.headers.get("x-cloud-trace-context", "").partition("/")[0]
        return next(filter(_is_correlation_id, (requested, trace)), None) or uuid.uuid4().hex


def _is_correlation_id(text: str) -> bool:
    return _CORRELATION_ID.fullmatch(text) is not None and not is_personal_text(text)


@dataclass(frozen=True, slots=True)
class Response:
    """A response with a JSON body, or with ``text`` as its body if that is not None."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    text: str | None = None

    def encode(self) -> bytes:
        """Return the body in UTF-8, as ``text`` or as JSON with times in ISO 8601."""
        if self.text is not None:
            return self.text.encode()
        return json.dumps(self.body, default=_format_value, ensure_ascii=False).encode()


def problem(error: BaseException, correlation_id: str, *, status: int | None = None) -> Response:
    """Return an error as a problem; the details of an internal error are not shown to the caller.

    ``status`` replaces the status of the error.
    """
    own_status = next((code for error_type, code in _STATUSES if isinstance(error, error_type)), 500)
    headers = _build_headers(error, own_status)
    status = status or own_status
    if isinstance(error, BrainError) and own_status != 500 and not isinstance(error, _PRIVATE):  # noqa: PLR2004 - HTTP's own number
        return _build_problem(status, error.code, error.message, correlation_id, headers)
    return _build_problem(status, "internal", _GENERIC, correlation_id, headers)


def not_found(correlation_id: str) -> Response:
    """Return 404, both for what does not exist and for what the caller may not know of."""
    return _build_problem(404, "not_found", "no such resource; check the URL", correlation_id, {})


def empty(headers: Mapping[str, str] | None = None) -> Response:
    """Return 200 without a body."""
    return Response(200, {}, headers or {}, "text/plain; charset=utf-8", "")


def method_not_allowed(method: str, allowed: str, correlation_id: str) -> Response:
    """Return 405 with the allowed methods."""
    detail = f"method must be one of {allowed}, got {method[:_MAX_METHOD_LENGTH]}"
    return _build_problem(405, "method_not_allowed", detail, correlation_id, {"Allow": allowed})


def _build_problem(status: int, code: str, detail: str, correlation_id: str, headers: Mapping[str, str]) -> Response:
    body = {
        "type": f"urn:brain:problem:{code}",
        "title": _TITLES[status],
        "status": status,
        "detail": detail,
        "code": code,
        "correlation_id": correlation_id,
    }
    return Response(status, body, headers, PROBLEM)


def _build_headers(error: BaseException, status: int) -> dict[str, str]:
    if status == 401:  # noqa: PLR2004 - HTTP's own number
        return {"WWW-Authenticate": "Bearer"}
    if status == 415:  # noqa: PLR2004 - as above
        return {"Accept-Encoding": "gzip"}
    seconds = getattr(error, "retry_after_seconds", None)
    if seconds is None and status not in (429, 503):
        return {}
    return {"Retry-After": str(math.ceil(5 if seconds is None else seconds))}


def _format_value(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
