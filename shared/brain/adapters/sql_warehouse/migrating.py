"""Brings the Brain's tables to the newest revision, whatever revision the database is at."""

from collections.abc import Collection
from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from brain.errors import MisconfiguredError

VERSION_TABLE = "brain_schema_version"


def upgrade(connection: Connection, mapped: Collection[str], to: str = "head") -> list[str]:
    """Apply what is missing up to ``to`` in the connection's transaction; return the revisions applied, oldest first.

    Raises MisconfiguredError when the database was migrated by a newer Brain.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('brain_schema'))"))  # one migrates at a time
    config = _config(connection, mapped)
    scripts = ScriptDirectory.from_config(config)
    at = current(connection)
    known = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    if at is not None and at not in known:
        raise MisconfiguredError(
            f"the database is at revision {at}, which this version of the Brain does not know; update the Brain"
        )
    command.upgrade(config, to)
    now = current(connection)
    first = known.index(at) + 1 if at else 0
    return known[first : known.index(now) + 1 if now else 0]


def current(connection: Connection) -> str | None:
    """The revision the database is at; None before the first."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def head() -> str:
    """The newest revision there is."""
    newest = ScriptDirectory.from_config(_config(None, ())).get_current_head()
    assert newest is not None  # noqa: S101 - the package carries its revisions
    return newest


def _config(connection: Connection | None, mapped: Collection[str]) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("brain.adapters.sql_warehouse") / "migrations"))
    config.attributes.update(connection=connection, mapped=mapped)
    return config
