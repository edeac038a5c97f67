"""Says what SQLite raises in the Brain's own words, in one place."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from brain.errors import BrainError, StoreRefusedError, StoreUnavailableError

_PASSING = frozenset(
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


def translated_error(error: sqlite3.Error) -> BrainError:
    """Return ``StoreUnavailableError`` for what passes (busy, full, unreadable), else ``StoreRefusedError``."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & _PRIMARY_CODE in _PASSING:
        return StoreUnavailableError(
            "The embedded store cannot take this now: it is busy, its disk is full or its file cannot be read; "
            "try again, and look at the file and its disk if it lasts.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
            cause=str(error),
        )
    return StoreRefusedError(
        "The embedded store refused the call: it is closed, or its file is no store of the Brain's.", cause=str(error)
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raise what SQLite raises inside as the Brain's own errors."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated_error(error) from error
