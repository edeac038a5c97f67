"""Translation of Firestore's status codes and the client's exceptions into the Brain's errors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

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
    status = Code.Name(code) if code in Code.values() else str(code)
    if code in _TRANSIENT:
        retry_after = EXHAUSTED_RETRY_AFTER_SECONDS if code == Code.RESOURCE_EXHAUSTED else RETRY_AFTER_SECONDS
        message = "Firestore did not complete the call, which may or may not have been applied; repeat the same call"
        return StoreUnavailableError(message, retry_after_seconds=retry_after, status=status, detail=detail)
    message = f"Firestore rejected the call ({status}); see the log for details"
    return StoreRefusedError(message, status=status, detail=detail)


def _precondition_error(code: int, writes: Sequence[Write]) -> BrainError | None:
    """Return the error of a failed precondition, None for another code or when no write has that precondition."""
    if code not in _PRECONDITIONS:
        return None
    precondition = _PRECONDITIONS[code]
    affected = [write for write in writes if precondition.applies(write)]
    if not affected:
        return None
    return precondition.error(f"{_describe_documents(affected)} {precondition.consequence}")


def _is_create(write: Write) -> bool:
    return isinstance(write, Create)


def _is_update(write: Write) -> bool:
    return isinstance(write, Update)


def _expects_version(write: Write) -> bool:
    return isinstance(write, Update | Delete) and write.expect is not None


class _Precondition(NamedTuple):
    """The writes that can fail with a status code, and the error that it means for them."""

    applies: Callable[[Write], bool]
    error: type[BrainError]
    consequence: str


_CHANGED: Final = _Precondition(_expects_version, ConflictError, "changed since it was read; read it again and retry")
_PRECONDITIONS: Final[Mapping[int, _Precondition]] = {
    Code.ALREADY_EXISTS: _Precondition(_is_create, AlreadyExistsError, "already exists; nothing was written"),
    Code.FAILED_PRECONDITION: _CHANGED,
    Code.ABORTED: _CHANGED,
    Code.NOT_FOUND: _Precondition(_is_update, NotFoundError, "does not exist; create it before updating it"),
}


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
