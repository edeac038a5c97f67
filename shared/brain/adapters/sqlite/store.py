"""The ``DocumentStore`` on one SQLite file: durable and safe for several threads and processes."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from brain.adapters.sqlite.error_translation import translate_errors
from brain.adapters.sqlite.queries import build_condition, build_sort_keys, list_cursor_values
from brain.adapters.sqlite.schema import Synchronous, open_connection, rank_expression
from brain.adapters.sqlite.transaction import SELECT_DOCUMENT, Transaction, split_path
from brain.adapters.sqlite.values import from_text
from brain.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    StoreRefusedError,
    StoreUnavailableError,
)
from brain.ports.clock import Clock
from brain.ports.document_rules import check_batch, check_commit, check_document_path, check_write
from brain.ports.document_store import (
    DocumentStore,
    Filter,
    Snapshot,
    Version,
    Write,
    WriteResult,
    WriteStatus,
)
from brain.ports.query_rules import check_query
from brain.repositories.queried_fields import QUERIED_FIELDS


class SqliteStore(DocumentStore):
    """Documents in the file at ``path`` or in ``:memory:``; ``clock`` provides the time of the server.

    A write is on disk when its call returns (write-ahead log, ``synchronous=FULL``). All threads share one connection
    behind a lock; other processes wait for up to ten seconds.
    """

    def __init__(self, path: str | Path, clock: Clock, *, synchronous: Synchronous = "FULL") -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._lock = threading.Lock()
        with translate_errors():
            self._connection = open_connection(str(path), QUERIED_FIELDS, synchronous)

    def get_all(self, paths: Sequence[str]) -> list[Snapshot | None]:
        """Return the documents at ``paths`` as of one moment, in order, with None for those that do not exist."""
        for path in paths:
            check_document_path(path)
        with self._transaction("BEGIN") as connection:
            rows = [connection.execute(SELECT_DOCUMENT, split_path(path)).fetchone() for path in paths]
        return [row and Snapshot(path, from_text(row[0]), str(row[1])) for path, row in zip(paths, rows, strict=True)]

    def write_many(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply up to 500 writes to distinct documents, each on its own, and return the result of each."""
        check_batch(writes)
        try:
            with self._transaction("BEGIN IMMEDIATE") as connection:
                transaction = Transaction(connection, self._clock.now())
                return [_apply_alone(transaction, write) for write in writes]
        except StoreUnavailableError as error:
            return [WriteResult.from_error(error) for _ in writes]

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        """Apply all writes or none and return the version of each; raises as the single writes do."""
        check_commit(writes)
        with self._transaction("BEGIN IMMEDIATE") as connection:
            transaction = Transaction(connection, self._clock.now())
            return [transaction.apply(write) for write in writes]

    def query(
        self,
        collection: str,
        where: Sequence[Filter] = (),
        *,
        order_by: str | None = None,
        descending: bool = False,
        limit: int | None = None,
        start_after: Snapshot | None = None,
    ) -> list[Snapshot]:
        """Return documents of one collection, ordered by id or by a field and then by id."""
        order_field = check_query(
            collection, where, order_by=order_by, descending=descending, limit=limit, start_after=start_after
        )
        condition, parameters = build_condition(collection, where)
        keys = build_sort_keys(order_field, where)
        if order_field is not None:
            condition += f" AND {rank_expression(order_field)} IS NOT NULL"
        if start_after is not None:
            condition += f" AND ({', '.join(keys)}) {'<' if descending else '>'} ({', '.join('?' * len(keys))})"
            parameters += list_cursor_values(order_field, keys, start_after)
        order = ", ".join(f"{key} {'DESC' if descending else 'ASC'}" for key in keys)
        sql = f"SELECT id, data, version FROM documents WHERE {condition} ORDER BY {order} LIMIT ?"  # noqa: S608 - names are checked
        with self._transaction("BEGIN") as connection:
            rows = connection.execute(sql, [*parameters, -1 if limit is None else limit]).fetchall()
        return [Snapshot(f"{collection}/{row[0]}", from_text(row[1]), str(row[2])) for row in rows]

    def count(self, collection: str, where: Sequence[Filter] = ()) -> int:
        """Return the number of matching documents of a collection without reading them."""
        check_query(collection, where)
        condition, parameters = build_condition(collection, where)
        sql = f"SELECT count(*) FROM documents WHERE {condition}"  # noqa: S608 - names are checked, values are bound
        with self._transaction("BEGIN") as connection:
            (matches,) = connection.execute(sql, parameters).fetchone()
        return int(matches)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, translate_errors():
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _apply_alone(transaction: Transaction, write: Write) -> WriteResult:
    try:
        check_write(write)
        transaction.apply(write)
    except (StoreRefusedError, AlreadyExistsError, ConflictError, NotFoundError) as error:
        return WriteResult.from_error(error)
    return WriteResult(WriteStatus.WRITTEN)
