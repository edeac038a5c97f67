"""The one tree of errors, so that every layer can say what failed, whether to try again, and what to tell whom.

``message`` is a sentence for the sender: what was expected, what came, what to do. ``context`` is for the log
only and never leaves the service.
"""

from enum import StrEnum
from typing import ClassVar


class Category(StrEnum):
    """Who can mend the failure: time, the operator, the sender, or a larger budget."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    VALIDATION = "validation"
    RESOURCE = "resource"


class Severity(StrEnum):
    """How loudly to log, in Cloud Logging's words."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


class BrainError(Exception):
    """Base of all errors the Brain raises on purpose."""

    code: ClassVar[str] = "internal"
    category: ClassVar[Category] = Category.PERMANENT
    severity: ClassVar[Severity] = Severity.ERROR

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, **context: object) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_seconds = retry_after_seconds
        self.context = context

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later without anyone changing anything."""
        return self.category in (Category.TRANSIENT, Category.RESOURCE)


class InvalidInputError(BrainError):
    """What came cannot be read or breaks a stated rule; the sender must change it."""

    code = "invalid_input"
    category = Category.VALIDATION
    severity = Severity.INFO


class PayloadTooLargeError(InvalidInputError):
    """The request or item is larger than the contract allows."""

    code = "payload_too_large"


class UnauthenticatedError(BrainError):
    """No sender could be established; the answer is the same for unknown, revoked and foreign keys."""

    code = "unauthenticated"
    category = Category.VALIDATION
    severity = Severity.WARNING


class SenderCheckUnavailableError(BrainError):
    """What a sender is checked against cannot be had now; nobody was refused, the sender must send again."""

    code = "sender_check_unavailable"
    category = Category.TRANSIENT


class ReplayedError(BrainError):
    """This very signed request was taken before, so all of it is stored and nothing more is needed."""

    code = "replayed"
    category = Category.VALIDATION
    severity = Severity.WARNING


class ForbiddenError(BrainError):
    """The caller is known and may not do this."""

    code = "forbidden"
    category = Category.VALIDATION
    severity = Severity.WARNING


class NotFoundError(BrainError):
    """There is nothing at this place, or the caller may not know that there is."""

    code = "not_found"
    category = Category.VALIDATION
    severity = Severity.INFO


class RateLimitedError(BrainError):
    """A budget is used up; ``retry_after_seconds`` says when it refills."""

    code = "rate_limited"
    category = Category.RESOURCE
    severity = Severity.INFO


class AlreadyExistsError(BrainError):
    """A document that was to be created is already there."""

    code = "already_exists"
    severity = Severity.INFO


class ConflictError(BrainError):
    """The document changed since it was read, so nothing was written; read again and decide anew."""

    code = "conflict"
    category = Category.TRANSIENT
    severity = Severity.INFO


class StoreUnavailableError(BrainError):
    """The store did not answer or could not take the write now; it may or may not have been applied."""

    code = "store_unavailable"
    category = Category.TRANSIENT


class StoreRefusedError(BrainError):
    """The store will never take this call as it is."""

    code = "store_refused"


class MissingSecretError(BrainError):
    """A secret is not there or not readable; the message carries the command that mends it."""

    code = "missing_secret"
    severity = Severity.CRITICAL


class SecretsUnavailableError(MissingSecretError):
    """Where secrets are kept did not answer; whether the secret is there is not known."""

    code = "secrets_unavailable"
    category = Category.TRANSIENT
    severity = Severity.ERROR


class MisconfiguredError(BrainError):
    """A setting or a file under ``config/`` is missing or wrong."""

    code = "misconfigured"
    severity = Severity.CRITICAL


class LeaseHeldError(BrainError):
    """Another worker is doing this run now; try again after its lease ends."""

    code = "lease_held"
    category = Category.TRANSIENT
    severity = Severity.INFO


class LeaseLostError(BrainError):
    """This worker was overtaken: its lease ended and another took the run over, so its write was refused."""

    code = "lease_lost"
    category = Category.TRANSIENT
    severity = Severity.WARNING
