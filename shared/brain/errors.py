"""Exception hierarchy of the Brain, each class with its code.

* BrainError (internal)
  x InvalidInputError (invalid_input)
    + PayloadTooLargeError (payload_too_large)
  x UnsupportedEncodingError (unsupported_encoding)
  x UnauthenticatedError (unauthenticated)
  x SenderCheckUnavailableError (sender_check_unavailable)
  x ReplayedRequestError (replayed)
  x ForbiddenError (forbidden)
  x NotFoundError (not_found)
  x RateLimitedError (rate_limited)
  x AlreadyExistsError (already_exists)
  x ConflictError (conflict)
  x OverloadedError (overloaded)
  x StoreUnavailableError (store_unavailable)
  x StoreRefusedError (store_refused)
  x MissingSecretError (missing_secret)
    + SecretsUnavailableError (secrets_unavailable)
  x MisconfiguredError (misconfigured)
  x LeaseHeldError (lease_held)
  x LeaseLostError (lease_lost)
  x AbandonedRunError (run_abandoned)

Every error has a message for the caller: what was expected, what was found and what to do. Its ``context`` is
written to the log and never leaves the service.
"""

from enum import StrEnum
from typing import ClassVar


class ErrorCategory(StrEnum):
    """What it takes to resolve a failure.

    A transient failure passes by itself, a permanent one needs the operator, a validation failure needs the sender,
    and an exhausted resource needs time or a larger budget.
    """

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    VALIDATION = "validation"
    RESOURCE = "resource"


class ErrorSeverity(StrEnum):
    """The severity of the log entry, as Cloud Logging spells it."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


class BrainError(Exception):
    """Base class of all errors that the Brain raises deliberately.

    Args:
        message: What was expected, what was found and what to do; shown to the caller.
        retry_after_seconds: How long the caller should wait before trying again, if known.
        **context: Details for the log only.
    """

    code: ClassVar[str] = "internal"
    category: ClassVar[ErrorCategory] = ErrorCategory.PERMANENT
    severity: ClassVar[ErrorSeverity] = ErrorSeverity.ERROR

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, **context: object) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_seconds = retry_after_seconds
        self.context = context

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later without any change."""
        return self.category in (ErrorCategory.TRANSIENT, ErrorCategory.RESOURCE)


class InvalidInputError(BrainError):
    """The input is malformed or violates a documented rule; the sender must change it."""

    code = "invalid_input"
    category = ErrorCategory.VALIDATION
    severity = ErrorSeverity.INFO


class PayloadTooLargeError(InvalidInputError):
    """The request or one of its items exceeds a size limit."""

    code = "payload_too_large"


class UnsupportedEncodingError(BrainError):
    """The request's content encoding is not supported; the sender must send the body without it."""

    code = "unsupported_encoding"
    category = ErrorCategory.VALIDATION
    severity = ErrorSeverity.INFO


class UnauthenticatedError(BrainError):
    """The sender could not be authenticated; unknown, revoked and foreign keys get the same response."""

    code = "unauthenticated"
    category = ErrorCategory.VALIDATION
    severity = ErrorSeverity.WARNING


class SenderCheckUnavailableError(BrainError):
    """The keys or secrets that verify a sender cannot be loaded now; the sender must send again."""

    code = "sender_check_unavailable"
    category = ErrorCategory.TRANSIENT


class ReplayedRequestError(BrainError):
    """This signed request was already accepted and stored."""

    code = "replayed"
    category = ErrorCategory.VALIDATION
    severity = ErrorSeverity.WARNING


class ForbiddenError(BrainError):
    """The caller is authenticated but not allowed to do this."""

    code = "forbidden"
    category = ErrorCategory.VALIDATION
    severity = ErrorSeverity.WARNING


class NotFoundError(BrainError):
    """The resource does not exist, or the caller may not learn that it does."""

    code = "not_found"
    category = ErrorCategory.VALIDATION
    severity = ErrorSeverity.INFO


class RateLimitedError(BrainError):
    """A budget is exhausted; ``retry_after_seconds`` says when it refills."""

    code = "rate_limited"
    category = ErrorCategory.RESOURCE
    severity = ErrorSeverity.INFO


class AlreadyExistsError(BrainError):
    """The document to be created already exists."""

    code = "already_exists"
    severity = ErrorSeverity.INFO


class ConflictError(BrainError):
    """The document changed since it was read, so nothing was written; read it again and retry."""

    code = "conflict"
    category = ErrorCategory.TRANSIENT
    severity = ErrorSeverity.INFO


class OverloadedError(BrainError):
    """This instance holds as much work as it can; the same call may succeed on another one or a little later."""

    code = "overloaded"
    category = ErrorCategory.RESOURCE
    severity = ErrorSeverity.WARNING


class StoreUnavailableError(BrainError):
    """The store did not respond or is busy; a write may or may not have been applied."""

    code = "store_unavailable"
    category = ErrorCategory.TRANSIENT


class StoreRefusedError(BrainError):
    """The store will never accept this call as it is."""

    code = "store_refused"


class MissingSecretError(BrainError):
    """A secret does not exist or cannot be read; the message contains the command that fixes it."""

    code = "missing_secret"
    severity = ErrorSeverity.CRITICAL


class SecretsUnavailableError(MissingSecretError):
    """The secret manager did not respond; whether the secret exists is unknown."""

    code = "secrets_unavailable"
    category = ErrorCategory.TRANSIENT
    severity = ErrorSeverity.ERROR


class MisconfiguredError(BrainError):
    """A setting or a file in ``config/`` is missing or invalid."""

    code = "misconfigured"
    severity = ErrorSeverity.CRITICAL


class LeaseHeldError(BrainError):
    """Another worker holds the lease of this run; try again when it has expired."""

    code = "lease_held"
    category = ErrorCategory.TRANSIENT
    severity = ErrorSeverity.INFO


class LeaseLostError(BrainError):
    """The lease of this worker expired and another worker took over the run, so the write was rejected."""

    code = "lease_lost"
    category = ErrorCategory.TRANSIENT
    severity = ErrorSeverity.WARNING


class AbandonedRunError(BrainError):
    """A run has had all its attempts and is not done; its workers were killed, or stopped at their time limit."""

    code = "run_abandoned"
    category = ErrorCategory.TRANSIENT
    severity = ErrorSeverity.CRITICAL
