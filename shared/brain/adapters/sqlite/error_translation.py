"""Translation of SQLite's exceptions into the Brain's errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from brain.errors import BrainError, StoreRefusedError, StoreUnavailableError

_TRANSIENT = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
    }
)
_PRIMARY_CODE = 0xFF
_RETRY_AFTER_SECONDS = 1.0


def translate_error(error: sqlite3.Error) -> BrainError:
    """Return ``StoreUnavailableError`` for a transient error (busy, full, unreadable), else ``StoreRefusedError``."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & _PRIMARY_CODE in _TRANSIENT:
        return StoreUnavailableError(
            "the embedded store is busy, its disk is full or its file cannot be read; "
            "try again, and check the file and its disk if this persists",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
            cause=str(error),
        )
    return StoreRefusedError(
        "the embedded store rejected the call; it is closed, or its file is not a store of the Brain", cause=str(error)
    )


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise SQLite's exceptions as the Brain's errors."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate_error(error) from error
