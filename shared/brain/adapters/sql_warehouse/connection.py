"""Open the database of a URL and translate the errors of its driver."""

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

EXAMPLE_URLS = "sqlite:///shop.db, postgresql://user:password@host/shop or bigquery://project/dataset"
BUSY_TIMEOUT_SECONDS = 30
CONNECT_TIMEOUT_SECONDS = 10
CACHE_KIBIBYTES = 65_536
WRITES_OPTION = "brain_writes"
"""Execution option of a connection that is going to write."""

UNUSABLE_FILE_ERRORS = ("readonly", "not a database", "unable to open")
"""Parts of SQLite's messages about a file that cannot be used."""


def parse_database_url(text: str) -> URL:
    """Return the URL with the driver that the Brain installs.

    Raises:
        MisconfiguredError: it is not a database URL.
    """
    try:
        url = make_url(text)
    except ArgumentError as exc:
        raise MisconfiguredError(
            f"DATABASE_URL must be a database URL such as {EXAMPLE_URLS}, got another text"
        ) from exc
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    return url


def open_engine(text: str) -> Engine:
    """Return an engine that keeps no idle connections.

    Raises:
        MisconfiguredError: it is not a database URL, or no driver for it is installed.
    """
    url = parse_database_url(text)
    connect_arguments: dict[str, object] = {}
    if url.get_backend_name() == "sqlite":
        connect_arguments["timeout"] = BUSY_TIMEOUT_SECONDS
    elif url.get_backend_name() == "postgresql":
        connect_arguments["connect_timeout"] = CONNECT_TIMEOUT_SECONDS
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=connect_arguments)
    except (NoSuchModuleError, ModuleNotFoundError) as exc:
        backend = url.get_backend_name()
        install_hint = " (pip install sqlalchemy-bigquery)" if backend == "bigquery" else ""
        raise MisconfiguredError(
            f"no driver for {backend!r} databases is installed{install_hint}; expected a URL like {EXAMPLE_URLS}"
        ) from exc
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _disable_driver_transactions)
        event.listen(engine, "begin", _begin_transaction)
    return engine


def find_missing_file(engine: Engine) -> Path | None:
    """Return the SQLite file that does not exist yet, if so; opening it would create an empty one."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return None if Path(name).exists() else Path(name)


@contextmanager
def translate_errors(engine: Engine) -> Iterator[None]:
    """Raise the driver's errors as MisconfiguredError, StoreUnavailableError or StoreRefusedError."""
    # The query of a URL may hold a password or credentials too.
    database = engine.url.set(query={}).render_as_string(hide_password=True)
    try:
        yield
    except DBAPIError as exc:
        raise _translate(exc, database) from exc
    except SQLAlchemyError as exc:
        raise StoreRefusedError(f"{database} cannot do this ({str(exc).splitlines()[0]})") from exc


def _disable_driver_transactions(connection: sqlite3.Connection, _: object) -> None:
    """Leave transactions to SQLAlchemy: the driver begins one only before some statements, never before DDL."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")


def _begin_transaction(connection: Connection) -> None:
    """Begin; a writer takes the lock at once, because two that first read and then write would deadlock."""
    writes = connection.get_execution_options().get(WRITES_OPTION, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _translate(error: DBAPIError, database: str) -> BrainError:
    message = (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0]
    if isinstance(error, ProgrammingError) or "no such" in message:
        return MisconfiguredError(
            f"{database} lacks a table or column ({message}); run `brain retail check` to see what is missing and how "
            "to fix it"
        )
    if any(part in message for part in UNUSABLE_FILE_ERRORS):
        return MisconfiguredError(
            f"{database} cannot be used ({message}); check the path, the file and its permissions"
        )
    if isinstance(error, OperationalError | InterfaceError):
        return StoreUnavailableError(f"{database} did not answer ({message}); check that it runs, then try again")
    return StoreRefusedError(f"{database} refused the statement ({message})")
