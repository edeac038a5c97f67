"""Translation of Firestore's status codes and the client's exceptions into the Brain's errors."""

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
from brain.ports.document_store import Create, Delete, Update, Write

RETRY_AFTER_SECONDS: Final = 2.0
EXHAUSTED_RETRY_AFTER_SECONDS: Final = 10.0
# UNKNOWN and CANCELLED come from a broken connection: it is unknown whether the call was applied.
_TRANSIENT: Final = frozenset(
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


def error_from_status(code: int, detail: str, writes: Sequence[Write] = ()) -> BrainError:
    """Return the error that a status code means; ``writes`` are the writes of the call."""
    precondition_error = _precondition_error(code, writes)
    if precondition_error is not None:
        return precondition_error
    if code in _TRANSIENT:
        exhausted = code == Code.RESOURCE_EXHAUSTED
        return StoreUnavailableError(
            "Firestore did not complete the call, which may or may not have been applied; repeat the same call",
            retry_after_seconds=EXHAUSTED_RETRY_AFTER_SECONDS if exhausted else RETRY_AFTER_SECONDS,
            status=Code.Name(code),
            detail=detail,
        )
    status = Code.Name(code) if code in Code.values() else str(code)
    return StoreRefusedError(
        f"Firestore rejected the call ({status}); see the log for details", status=status, detail=detail
    )


def _precondition_error(code: int, writes: Sequence[Write]) -> BrainError | None:
    if code == Code.ALREADY_EXISTS:
        creates = [write for write in writes if isinstance(write, Create)]
        if creates:
            return AlreadyExistsError(f"{_describe_documents(creates)} already exists; nothing was written")
    guarded = [write for write in writes if isinstance(write, Update | Delete) and write.expect is not None]
    if guarded and code in (Code.FAILED_PRECONDITION, Code.ABORTED):
        return ConflictError(f"{_describe_documents(guarded)} changed since it was read; read it again and retry")
    updates = [write for write in writes if isinstance(write, Update)]
    if updates and code == Code.NOT_FOUND:
        return NotFoundError(f"{_describe_documents(updates)} does not exist; create it before updating it")
    return None


def _describe_documents(writes: Sequence[Write]) -> str:
    if len(writes) == 1:
        return writes[0].path
    return f"one of the documents {', '.join(write.path for write in writes[:5])}"


def status_code(error: GoogleAPIError | GoogleAuthError) -> int:
    """Return the status code of an exception of the client; for an expired retry that of its last cause."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, GoogleAPICallError):
        return status_code(cause)
    status = getattr(error, "grpc_status_code", None)
    return int(status.value[0]) if status is not None else int(Code.UNAVAILABLE)


def translate_error(error: GoogleAPIError | GoogleAuthError, writes: Sequence[Write] = ()) -> BrainError:
    """Return the Brain's error for an exception of the client; ``writes`` are the writes of the call."""
    if isinstance(error, DefaultCredentialsError):
        return MisconfiguredError(
            "Firestore needs credentials; run `gcloud auth application-default login`, or set "
            "FIRESTORE_EMULATOR_HOST to use the emulator",
            detail=str(error),
        )
    return error_from_status(status_code(error), str(error), writes)


@contextmanager
def translate_errors(writes: Sequence[Write] = ()) -> Iterator[None]:
    """Raise the client's exceptions as the Brain's errors."""
    try:
        yield
    except (GoogleAPIError, GoogleAuthError) as error:
        raise translate_error(error, writes) from error
