"""The table of documents, its indexes, and connections to it."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Literal, TypeAlias

from brain.adapters.sqlite.values import TIME
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


def value_expression(field: str) -> str:
    """Return the SQL expression for the value of a field."""
    return f"""json_extract(data, '$."{field}"')"""


def tagged_value_expression(field: str, tag: str) -> str:
    """Return the SQL expression for the text of a field that is a time or bytes."""
    return f"""json_extract(data, '$."{field}"."{tag}"')"""


def type_expression(field: str) -> str:
    """Return the SQL expression for the JSON type of a field's value."""
    return f"""json_type(data, '$."{field}"')"""


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
        for queried_field in queried_fields:
            connection.execute(_index_statement(queried_field))
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


def _index_statement(queried_field: QueriedField) -> str:
    collection_id, field = queried_field.collection_id, queried_field.field
    expression = tagged_value_expression(field, TIME) if queried_field.is_time else value_expression(field)
    return (
        f"CREATE INDEX IF NOT EXISTS {collection_id}_by_{field} "
        f"ON documents (collection, {expression}, id) WHERE collection_id = '{collection_id}'"
    )
