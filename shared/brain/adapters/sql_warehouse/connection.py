"""Opens the database named by a URL and turns its driver's errors into the Brain's, once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.pool import NullPool

from brain.errors import BrainError, MisconfiguredError, StoreRefusedError, StoreUnavailableError

MEND = "run `brain retail check` to see what is missing and how to mend it"
EXAMPLES = "sqlite:///shop.db, postgresql://user:password@host/shop or bigquery://project/dataset"
BUSY_TIMEOUT_SECONDS = 30
CONNECT_TIMEOUT_SECONDS = 10
CACHE_KIBIBYTES = 65_536
WRITES = "brain_writes"
"""Execution option of a connection that is going to write."""
UNUSABLE = ("readonly", "not a database", "unable to open")


def database_url(text: str) -> URL:
    """The URL with the driver we ship. Raises MisconfiguredError for anything else."""
    try:
        url = make_url(text)
    except ArgumentError as exc:
        raise MisconfiguredError(f"DATABASE_URL is not a database URL; expected one like {EXAMPLES}") from exc
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    return url


def open_engine(text: str) -> Engine:
    """An engine that keeps no idle connection. Raises MisconfiguredError when the dialect is not installed."""
    url = database_url(text)
    arguments: dict[str, object] = {}
    if url.get_backend_name() == "sqlite":
        arguments["timeout"] = BUSY_TIMEOUT_SECONDS
    elif url.get_backend_name() == "postgresql":
        arguments["connect_timeout"] = CONNECT_TIMEOUT_SECONDS
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
    except (NoSuchModuleError, ModuleNotFoundError) as exc:
        backend = url.get_backend_name()
        extra = " (pip install sqlalchemy-bigquery)" if backend == "bigquery" else ""
        raise MisconfiguredError(
            f"no driver for {backend!r} databases is installed{extra}; expected a URL like {EXAMPLES}"
        ) from exc
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin)
    return engine


def missing_file(engine: Engine) -> Path | None:
    """The SQLite file that is not there yet, if so; opening it would make an empty one."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return None if Path(name).exists() else Path(name)


def _leave_transactions_to_us(connection: sqlite3.Connection, _: object) -> None:
    """Python's driver would begin a transaction only before some statements, and never before a CREATE TABLE."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")


def _begin(connection: Connection) -> None:
    """A writer takes the lock at once: two that read first and write later would deadlock."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Raise what the driver raises as MisconfiguredError, StoreUnavailableError or StoreRefusedError."""
    # A URL's query may hold a password or credentials too.
    where = engine.url.set(query={}).render_as_string(hide_password=True)
    try:
        yield
    except DBAPIError as exc:
        raise _explained(exc, where) from exc
    except SQLAlchemyError as exc:
        raise StoreRefusedError(f"{where} cannot do this ({str(exc).splitlines()[0]})") from exc


def _explained(error: DBAPIError, where: str) -> BrainError:
    said = (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0]
    if isinstance(error, ProgrammingError) or "no such" in said:
        return MisconfiguredError(f"{where} lacks a table or column ({said}); {MEND}")
    if any(fault in said for fault in UNUSABLE):
        return MisconfiguredError(f"{where} cannot be used ({said}); check the path, the file and its permissions")
    if isinstance(error, OperationalError | InterfaceError):
        return StoreUnavailableError(f"{where} did not answer ({said}); check that it runs, then try again")
    return StoreRefusedError(f"{where} refused the statement ({said})")
