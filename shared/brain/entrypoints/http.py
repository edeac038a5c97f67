"""HTTP in a form that is neither Flask's nor Starlette's: requests, responses, and errors as problems (RFC 9457)."""

import json
import math
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
    PayloadTooLargeError,
    RateLimitedError,
    ReplayedRequestError,
    SecretsUnavailableError,
    SenderCheckUnavailableError,
    StoreUnavailableError,
    UnauthenticatedError,
)

JSON = "application/json"
PROBLEM = "application/problem+json"
CORRELATION_HEADER = "x-correlation-id"
# Senders have a key or, where the provider puts one into the address, a password that some send only when asked to.
KEY_OR_BASIC = 'Bearer, Basic realm="ingest"'
_CORRELATION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TITLES = {
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Already processed",
    413: "Payload too large",
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
    (InvalidInputError, 422),
    (RateLimitedError, 429),
    (SecretsUnavailableError, 503),
    (SenderCheckUnavailableError, 503),
    (StoreUnavailableError, 503),
    (ConflictError, 503),
    (LeaseHeldError, 503),
    (LeaseLostError, 503),
)
# What these say is for operators: the log has it, a stranger does not.
_PRIVATE = (MisconfiguredError, MissingSecretError)
_GENERIC = "something failed on our side; it was recorded under this correlation id"


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose body was read within its limit; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def correlation_id(self) -> str:
        """The caller's correlation id when it is one, else the trace's, else a new one."""
        given = self.headers.get(CORRELATION_HEADER, "")
        trace = self.headers.get("x-cloud-trace-context", "").partition("/")[0]
        return next((c for c in (given, trace) if _CORRELATION.fullmatch(c)), None) or uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Response:
    """A status and a JSON body, or ``text`` where a caller needs just that."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    text: str | None = None

    def encoded(self) -> bytes:
        """Return the body as UTF-8 JSON; times are ISO 8601."""
        if self.text is not None:
            return self.text.encode()
        return json.dumps(self.body, default=_plain, ensure_ascii=False).encode()


def problem(error: BaseException, correlation_id: str) -> Response:
    """Return an error as a problem; what is not the caller's business is only in the log."""
    status = next((s for kind, s in _STATUSES if isinstance(error, kind)), 500)
    known = isinstance(error, BrainError) and status != 500 and not isinstance(error, _PRIVATE)  # noqa: PLR2004
    code = error.code if isinstance(error, BrainError) and known else "internal"
    detail = error.message if isinstance(error, BrainError) and known else _GENERIC
    return _problem(status, code, detail, correlation_id, _retry_after(error, status))


def not_found(correlation_id: str) -> Response:
    """Return the one answer for what does not exist and for what the caller may not know of."""
    return _problem(404, "not_found", "there is nothing at this address", correlation_id, {})


def method_not_allowed(allowed: str, correlation_id: str) -> Response:
    """Return 405 with the methods that are allowed."""
    detail = f"expected {allowed}; use that method"
    return _problem(405, "method_not_allowed", detail, correlation_id, {"Allow": allowed})


def _problem(status: int, code: str, detail: str, correlation_id: str, headers: Mapping[str, str]) -> Response:
    body = {
        "type": f"urn:brain:problem:{code}",
        "title": _TITLES[status],
        "status": status,
        "detail": detail,
        "code": code,
        "correlation_id": correlation_id,
    }
    return Response(status, body, headers, PROBLEM)


def _retry_after(error: BaseException, status: int) -> dict[str, str]:
    if status == 401:  # noqa: PLR2004 - HTTP's own number
        return {"WWW-Authenticate": "Bearer"}
    if status not in (429, 503):
        return {}
    seconds = getattr(error, "retry_after_seconds", None)
    return {"Retry-After": str(math.ceil(seconds if seconds is not None else 5))}


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
