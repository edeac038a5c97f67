"""The table of documents, its indexes, and connections to it."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Literal, TypeAlias

from brain.adapters.sqlite.values import BYTES, TIME
from brain.repositories.queried_fields import QueriedField

BUSY_TIMEOUT_SECONDS = 10.0
_WAL_RETRY_SECONDS = 0.01
# FULL: a commit survives a power failure. OFF: it survives the process only, for stores that can be rebuilt.
Synchronous: TypeAlias = Literal["FULL", "OFF"]

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  collection_id TEXT NOT NULL,
  data TEXT NOT NULL,
  version INTEGER NOT NULL,
  update_time TEXT NOT NULL,
  PRIMARY KEY (collection, id)
);
CREATE TABLE IF NOT EXISTS last_version (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), version INTEGER NOT NULL);
INSERT OR IGNORE INTO last_version VALUES (1, 0);
"""


def rank_expression(field: str) -> str:
    """Return the SQL expression for the position of a field's type in Firestore's order over types; NULL if absent.

    The order is null, booleans, numbers, times, text, bytes, lists, maps.
    """
    return (
        f"""CASE json_type(data, '$."{field}"') WHEN 'null' THEN 0 WHEN 'false' THEN 1 WHEN 'true' THEN 1 """
        "WHEN 'integer' THEN 2 WHEN 'real' THEN 2 WHEN 'text' THEN 4 WHEN 'array' THEN 6 "
        f"WHEN 'object' THEN CASE WHEN {_extract(field, TIME)} IS NOT NULL THEN 3 "
        f"WHEN {_extract(field, BYTES)} IS NOT NULL THEN 5 ELSE 7 END END"
    )


def value_expression(field: str) -> str:
    """Return the SQL expression for the value of a field, comparable with others of its rank."""
    return f"COALESCE({_extract(field, TIME)}, {_extract(field, BYTES)}, {_extract(field)}, '')"


def _extract(*names: str) -> str:
    path = ".".join(f'"{name}"' for name in names)
    return f"json_extract(data, '$.{path}')"


def open_connection(path: str, queried_fields: Sequence[QueriedField], synchronous: Synchronous) -> sqlite3.Connection:
    """Open the file or ``:memory:``, create missing tables and indexes, and return a connection for any thread."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        _enter_wal(connection)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
        _update_indexes(connection, [_build_index(queried_field) for queried_field in queried_fields])
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, retrying because SQLite does not wait for this lock itself."""
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_WAL_RETRY_SECONDS)
        else:
            return


def _update_indexes(connection: sqlite3.Connection, statements: Sequence[str]) -> None:
    """Create the indexes that are missing, and drop those that another version of the store created."""
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'documents' AND sql IS NOT NULL"
    ).fetchall()
    for name, sql in rows:
        if sql not in statements:
            connection.execute(f'DROP INDEX "{name}"')
    existing = {sql for _, sql in rows}
    for statement in statements:
        if statement not in existing:
            connection.execute(statement)


def _build_index(queried: QueriedField) -> str:
    """Return the statement that creates an index; it holds only documents that have the field."""
    fields = [queried.field] if queried.order_by is None else [queried.field, queried.order_by]
    keys = ", ".join(f"{rank_expression(field)}, {value_expression(field)}" for field in fields)
    return (
        f"CREATE INDEX {queried.collection_id}_by_{'_and_'.join(fields)} ON documents (collection, {keys}, id) "
        f"WHERE collection_id = '{queried.collection_id}' AND {rank_expression(queried.field)} IS NOT NULL"
    )
