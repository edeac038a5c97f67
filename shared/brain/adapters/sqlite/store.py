"""The ``DocumentStore`` on one SQLite file: embedded, durable, safe for many threads and several processes."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from brain.adapters.sqlite.failures import translated
from brain.adapters.sqlite.queries import cursor_values, selection, sort_keys
from brain.adapters.sqlite.schema import Synchronous, open_connection
from brain.adapters.sqlite.transaction import Transaction, split
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
    Create,
    Delete,
    Document,
    Filter,
    Set,
    Snapshot,
    Update,
    Version,
    Write,
    WriteResult,
    WriteStatus,
)
from brain.ports.query_rules import check_query
from brain.repositories.queried_fields import QUERIED_FIELDS

_ONE = "SELECT data, version FROM documents WHERE collection = ? AND id = ?"


class SqliteStore:
    """Documents in the file at ``path`` (``:memory:`` for tests); ``clock`` is the server's time.

    A write has reached the disk when its call returns (write-ahead log, ``synchronous=FULL``). One connection behind
    one lock serves all threads; other processes wait their turn for up to ten seconds.
    """

    def __init__(self, path: str | Path, clock: Clock, *, synchronous: Synchronous = "FULL") -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._lock = threading.Lock()
        with translated():
            self._connection = open_connection(str(path), QUERIED_FIELDS, synchronous)

    def get(self, path: str) -> Snapshot | None:
        """Return the document at ``path`` or None."""
        return self.get_all([path])[0]

    def get_all(self, paths: Sequence[str]) -> list[Snapshot | None]:
        """Return the documents at ``paths`` as of one moment, in their order, with None where there is none."""
        for path in paths:
            check_document_path(path)
        with self._transaction("BEGIN") as connection:
            rows = [connection.execute(_ONE, split(path)).fetchone() for path in paths]
        return [row and Snapshot(path, from_text(row[0]), str(row[1])) for path, row in zip(paths, rows, strict=True)]

    def create(self, path: str, data: Document) -> Version:
        """Write a new document; raises ``AlreadyExistsError`` when there is one."""
        return self.commit([Create(path, data)])[0]

    def set(self, path: str, data: Document, *, merge: bool = False) -> Version:
        """Write a document whatever was there."""
        return self.commit([Set(path, data, merge)])[0]

    def update(self, path: str, data: Document, *, expect: Version | None = None) -> Version:
        """Change fields; raises ``NotFoundError`` when absent, ``ConflictError`` when not at ``expect``."""
        return self.commit([Update(path, data, expect)])[0]

    def delete(self, path: str, *, expect: Version | None = None) -> None:
        """Remove a document; raises ``ConflictError`` when it is not at ``expect``."""
        self.commit([Delete(path, expect)])

    def write_many(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply up to 500 writes to distinct documents, each on its own, and say for each what became of it."""
        check_batch(writes)
        try:
            with self._transaction("BEGIN IMMEDIATE") as connection:
                transaction = Transaction(connection, self._clock.now())
                return [_outcome(transaction, write) for write in writes]
        except StoreUnavailableError as error:
            return [WriteResult(WriteStatus.UNAVAILABLE, error) for _ in writes]

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        """Apply all writes or none; raises as the single calls do. Returns one version a write, in order."""
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
        """Return documents of one collection, ordered by a field (the id breaks ties) or by id."""
        field = check_query(
            collection, where, order_by=order_by, descending=descending, limit=limit, start_after=start_after
        )
        clause, parameters = selection(collection, where)
        keys = sort_keys(field, where)
        if field is not None:
            clause += f""" AND json_type(data, '$."{field}"') IS NOT NULL"""
        if start_after is not None:
            clause += f" AND ({', '.join(keys)}) {'<' if descending else '>'} ({', '.join('?' * len(keys))})"
            parameters += cursor_values(field, keys, start_after)
        order = ", ".join(f"{key} {'DESC' if descending else 'ASC'}" for key in keys)
        sql = f"SELECT id, data, version FROM documents WHERE {clause} ORDER BY {order} LIMIT ?"  # noqa: S608 - names are checked
        with self._transaction("BEGIN") as connection:
            rows = connection.execute(sql, [*parameters, -1 if limit is None else limit]).fetchall()
        return [Snapshot(f"{collection}/{row[0]}", from_text(row[1]), str(row[2])) for row in rows]

    def count(self, collection: str, where: Sequence[Filter] = ()) -> int:
        """Return how many documents of a collection match, without reading them."""
        check_query(collection, where)
        clause, parameters = selection(collection, where)
        sql = f"SELECT count(*) FROM documents WHERE {clause}"  # noqa: S608 - names are checked, values are bound
        with self._transaction("BEGIN") as connection:
            (number,) = connection.execute(sql, parameters).fetchone()
        return int(number)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, translated():
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _outcome(transaction: Transaction, write: Write) -> WriteResult:
    try:
        check_write(write)
        transaction.apply(write)
    except StoreRefusedError as error:
        return WriteResult(WriteStatus.REFUSED, error)
    except AlreadyExistsError as error:
        return WriteResult(WriteStatus.EXISTS, error)
    except (ConflictError, NotFoundError) as error:
        return WriteResult(WriteStatus.CONFLICT, error)
    return WriteResult(WriteStatus.WRITTEN)
