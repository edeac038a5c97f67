"""Applies writes inside one open transaction, with the preconditions each names."""

import sqlite3
from datetime import datetime
from typing import Any

from brain.adapters.sqlite.fields import applied
from brain.adapters.sqlite.values import from_text, time_text, to_text
from brain.errors import AlreadyExistsError, ConflictError, NotFoundError
from brain.ports.document_rules import check_document
from brain.ports.document_store import Create, Delete, Set, Update, Version, Write

_READ = "SELECT data, version FROM documents WHERE collection = ? AND id = ?"
_DELETE = "DELETE FROM documents WHERE collection = ? AND id = ?"
_WRITE = (
    "INSERT INTO documents (collection, id, collection_id, data, version, update_time) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (collection, id) DO UPDATE SET "
    "data = excluded.data, version = excluded.version, update_time = excluded.update_time"
)
_NEXT_VERSION = "UPDATE last_version SET version = version + 1 RETURNING version"


def split(path: str) -> tuple[str, str]:
    """Return a document path's collection and id."""
    collection, _, document_id = path.rpartition("/")
    return collection, document_id


class Transaction:
    """One transaction's writes; all share one version and one server time, as in a Firestore commit."""

    def __init__(self, connection: sqlite3.Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._version: int | None = None

    def apply(self, write: Write) -> Version:
        """Apply a checked write and return the document's version.

        Raises ``AlreadyExistsError``, ``NotFoundError`` or ``ConflictError`` when its precondition fails and
        ``StoreRefusedError`` when the merged document is too large; then nothing of it was applied. A write that
        changes nothing keeps the version, as Firestore's does.
        """
        row = self._connection.execute(_READ, split(write.path)).fetchone()
        before = None if row is None else from_text(row[0])
        _check_precondition(write, None if row is None else str(row[1]))
        if isinstance(write, Delete):
            self._connection.execute(_DELETE, split(write.path))
            return str(self._next_version())
        after = self._after(write, before or {})
        text = to_text(after)
        if row is not None and text == row[0]:
            return str(row[1])
        return self._put(write.path, text)

    def _after(self, write: Create | Set | Update, before: dict[str, Any]) -> dict[str, Any]:
        if isinstance(write, Update) or (isinstance(write, Set) and write.merge):
            after = applied(before, write.data, self._now)
            check_document(write.path, after)
            return after
        return applied({}, write.data, self._now)

    def _put(self, path: str, text: str) -> Version:
        collection, document_id = split(path)
        version = self._next_version()
        collection_id = collection.rpartition("/")[2]
        row = (collection, document_id, collection_id, text, version, time_text(self._now))
        self._connection.execute(_WRITE, row)
        return str(version)

    def _next_version(self) -> int:
        if self._version is None:
            (self._version,) = self._connection.execute(_NEXT_VERSION).fetchone()
        return self._version


def _check_precondition(write: Write, version: Version | None) -> None:
    if isinstance(write, Create) and version is not None:
        raise AlreadyExistsError(f"{write.path} is already there; nothing was written.")
    if isinstance(write, Update | Delete) and write.expect is not None and write.expect != version:
        raise ConflictError(f"{write.path} changed since it was read; read again and decide anew.")
    if isinstance(write, Update) and version is None:
        raise NotFoundError(f"{write.path} is not there to be updated; create it first.")
