"""Says what Firestore answers in the Brain's own words, in one place, by status code."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.rpc.code_pb2 import Code

from brain.errors import (
    AlreadyExistsError,
    BrainError,
    ConflictError,
    MisconfiguredError,
    NotFoundError,
    StoreRefusedError,
    StoreUnavailableError,
)
from brain.ports.document_store import Create, Delete, Update, Write, WriteStatus

RETRY_AFTER_SECONDS: Final = 2.0
EXHAUSTED_RETRY_AFTER_SECONDS: Final = 10.0
# UNKNOWN and CANCELLED come from a broken connection: whether the call was applied is not known.
_PASSING: Final = frozenset(
    {
        Code.UNAVAILABLE,
        Code.DEADLINE_EXCEEDED,
        Code.RESOURCE_EXHAUSTED,
        Code.INTERNAL,
        Code.ABORTED,
        Code.CANCELLED,
        Code.UNKNOWN,
        Code.DATA_LOSS,
    }
)


def error_of_code(code: int, detail: str, writes: Sequence[Write] = ()) -> BrainError:
    """Return the error that a status code means; ``writes`` are those that the call carried."""
    failed = _failed_precondition(code, writes)
    if failed is not None:
        return failed
    if code in _PASSING:
        exhausted = code == Code.RESOURCE_EXHAUSTED
        return StoreUnavailableError(
            "Firestore did not take the call now; it may or may not have been applied, so try the same call again.",
            retry_after_seconds=EXHAUSTED_RETRY_AFTER_SECONDS if exhausted else RETRY_AFTER_SECONDS,
            status=Code.Name(code),
            detail=detail,
        )
    status = Code.Name(code) if code in Code.values() else str(code)
    return StoreRefusedError(
        f"Firestore refused the call ({status}); see the log for its words.", status=status, detail=detail
    )


def _failed_precondition(code: int, writes: Sequence[Write]) -> BrainError | None:
    if code == Code.ALREADY_EXISTS:
        created = [write for write in writes if isinstance(write, Create)]
        if created:
            return AlreadyExistsError(f"{_named(created)} is already there; nothing was written.")
    guarded = [write for write in writes if isinstance(write, Update | Delete) and write.expect is not None]
    if guarded and code in (Code.FAILED_PRECONDITION, Code.ABORTED):
        return ConflictError(f"{_named(guarded)} changed since it was read; read again and decide anew.")
    updated = [write for write in writes if isinstance(write, Update)]
    if updated and code == Code.NOT_FOUND:
        return NotFoundError(f"{_named(updated)} is not there to be updated; create it first.")
    return None


def _named(writes: Sequence[Write]) -> str:
    return writes[0].path if len(writes) == 1 else f"One of the documents {', '.join(one.path for one in writes[:5])}"


def status_of(error: BrainError) -> WriteStatus:
    """Return what an error says of one write of a batch that is not atomic."""
    if isinstance(error, AlreadyExistsError):
        return WriteStatus.EXISTS
    if isinstance(error, ConflictError | NotFoundError):
        return WriteStatus.CONFLICT
    return WriteStatus.UNAVAILABLE if isinstance(error, StoreUnavailableError) else WriteStatus.REFUSED


def code_of(error: GoogleAPIError | GoogleAuthError) -> int:
    """Return the status code of what the client raised; a retry that ran out of time passes on its last cause's."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, GoogleAPICallError):
        return code_of(cause)
    status = getattr(error, "grpc_status_code", None)
    return int(status.value[0]) if status is not None else int(Code.UNAVAILABLE)


def translated_error(error: GoogleAPIError | GoogleAuthError, writes: Sequence[Write] = ()) -> BrainError:
    """Return what the client raised as the Brain's own error."""
    if isinstance(error, DefaultCredentialsError):
        return MisconfiguredError(
            "Firestore needs credentials: run `gcloud auth application-default login`, or set "
            "FIRESTORE_EMULATOR_HOST to use the emulator.",
            detail=str(error),
        )
    return error_of_code(code_of(error), str(error), writes)


@contextmanager
def translated(writes: Sequence[Write] = ()) -> Iterator[None]:
    """Raise what the client raises inside as the Brain's own errors."""
    try:
        yield
    except (GoogleAPIError, GoogleAuthError) as error:
        raise translated_error(error, writes) from error
