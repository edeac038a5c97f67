"""The one table of documents, its indexes, and how a connection to it is opened."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Literal, TypeAlias

from brain.adapters.sqlite.values import TIME
from brain.repositories.queried_fields import QueriedField

BUSY_TIMEOUT_SECONDS = 10.0
_WAL_RETRY_SECONDS = 0.01
# FULL: a commit has reached the disk. OFF: it survives the process, not the power; for stores that can be made again.
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


def value_of(field: str) -> str:
    """Return the SQL expression for a field's plain value."""
    return f"""json_extract(data, '$."{field}"')"""


def tagged_value_of(field: str, tag: str) -> str:
    """Return the SQL expression for the text of a field that is a time or bytes."""
    return f"""json_extract(data, '$."{field}"."{tag}"')"""


def type_of(field: str) -> str:
    """Return the SQL expression for the JSON type of a field's value."""
    return f"""json_type(data, '$."{field}"')"""


def open_connection(path: str, queried: Sequence[QueriedField], synchronous: Synchronous) -> sqlite3.Connection:
    """Open the file (``:memory:`` works), make what is missing, and return a connection any thread may use."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        _enter_wal(connection)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
        for one in queried:
            connection.execute(_index(one))
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead mode; SQLite does not wait for its lock here when two processes open a new file at once."""
    end = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_WAL_RETRY_SECONDS)
        else:
            return


def _index(one: QueriedField) -> str:
    expression = tagged_value_of(one.field, TIME) if one.is_time else value_of(one.field)
    return (
        f"CREATE INDEX IF NOT EXISTS {one.collection_id}_by_{one.field} "
        f"ON documents (collection, {expression}, id) WHERE collection_id = '{one.collection_id}'"
    )
