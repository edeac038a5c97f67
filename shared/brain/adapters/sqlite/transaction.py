"""Writes within one open transaction, with their preconditions."""

import sqlite3
from datetime import datetime
from typing import Any

from brain.adapters.sqlite.field_changes import apply_changes
from brain.adapters.sqlite.values import format_time, from_text, to_text
from brain.errors import AlreadyExistsError, ConflictError, NotFoundError
from brain.ports.document_rules import check_document
from brain.ports.document_store import Create, Delete, Set, Update, Version, Write

SELECT_DOCUMENT = "SELECT data, version FROM documents WHERE collection = ? AND id = ?"
_DELETE_DOCUMENT = "DELETE FROM documents WHERE collection = ? AND id = ?"
_UPSERT_DOCUMENT = (
    "INSERT INTO documents (collection, id, collection_id, data, version, update_time) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (collection, id) DO UPDATE SET "
    "data = excluded.data, version = excluded.version, update_time = excluded.update_time"
)
_NEXT_VERSION = "UPDATE last_version SET version = version + 1 RETURNING version"


def split_path(path: str) -> tuple[str, str]:
    """Return the collection and the id of a document path."""
    collection, _, document_id = path.rpartition("/")
    return collection, document_id


class Transaction:
    """Writes that share one version and one server time, as in a Firestore commit."""

    def __init__(self, connection: sqlite3.Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._version: int | None = None

    def apply(self, write: Write) -> Version:
        """Apply a checked write and return the version of the document.

        A write that changes nothing keeps the version, as in Firestore.

        Raises:
            AlreadyExistsError, NotFoundError, ConflictError: The precondition failed; nothing was written.
            StoreRefusedError: The merged document is too large; nothing was written.
        """
        row = self._connection.execute(SELECT_DOCUMENT, split_path(write.path)).fetchone()
        before = None if row is None else from_text(row[0])
        _check_precondition(write, None if row is None else str(row[1]))
        if isinstance(write, Delete):
            self._connection.execute(_DELETE_DOCUMENT, split_path(write.path))
            return str(self._next_version())
        after = self._build_document(write, before or {})
        text = to_text(after)
        if row is not None and text == row[0]:
            return str(row[1])
        return self._upsert(write.path, text)

    def _build_document(self, write: Create | Set | Update, before: dict[str, Any]) -> dict[str, Any]:
        if isinstance(write, Update) or (isinstance(write, Set) and write.merge):
            after = apply_changes(before, write.data, self._now)
            check_document(write.path, after)
            return after
        return apply_changes({}, write.data, self._now)

    def _upsert(self, path: str, text: str) -> Version:
        collection, document_id = split_path(path)
        version = self._next_version()
        collection_id = collection.rpartition("/")[2]
        row = (collection, document_id, collection_id, text, version, format_time(self._now))
        self._connection.execute(_UPSERT_DOCUMENT, row)
        return str(version)

    def _next_version(self) -> int:
        if self._version is None:
            (self._version,) = self._connection.execute(_NEXT_VERSION).fetchone()
        return self._version


def _check_precondition(write: Write, version: Version | None) -> None:
    if isinstance(write, Create) and version is not None:
        raise AlreadyExistsError(f"{write.path} already exists; nothing was written")
    if isinstance(write, Update | Delete) and write.expect is not None and write.expect != version:
        raise ConflictError(f"{write.path} changed since it was read; read it again and retry")
    if isinstance(write, Update) and version is None:
        raise NotFoundError(f"{write.path} does not exist; create it before updating it")
