"""Migrate the Brain's tables to the latest revision, from whatever revision the database has."""

from collections.abc import Collection
from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from brain.errors import MisconfiguredError

VERSION_TABLE = "brain_schema_version"


def upgrade_schema(connection: Connection, external_tables: Collection[str], revision: str = "head") -> list[str]:
    """Apply the missing revisions in the connection's transaction and return them, oldest first.

    Args:
        connection: a connection with an open transaction.
        external_tables: names of tables that the configuration maps to the shop's own, which are not created.
        revision: the last revision to apply.

    Raises:
        MisconfiguredError: the database was migrated by a newer version of the Brain.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('brain_schema'))"))  # one migrates at a time
    config = _build_config(connection, external_tables)
    scripts = ScriptDirectory.from_config(config)
    before = read_revision(connection)
    revisions = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    if before is not None and before not in revisions:
        raise MisconfiguredError(
            f"the schema must be at a revision up to {revisions[-1]}, got {before} of a newer Brain; update the Brain"
        )
    command.upgrade(config, revision)
    after = read_revision(connection)
    first = revisions.index(before) + 1 if before else 0
    return revisions[first : revisions.index(after) + 1 if after else 0]


def read_revision(connection: Connection) -> str | None:
    """Return the revision of the database; None before the first."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def find_latest_revision() -> str:
    """Return the latest revision that this version of the Brain knows."""
    latest = ScriptDirectory.from_config(_build_config(None, ())).get_current_head()
    assert latest is not None  # noqa: S101 - the package contains its revisions
    return latest


def _build_config(connection: Connection | None, external_tables: Collection[str]) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("brain.adapters.sql_warehouse") / "migrations"))
    config.attributes.update(connection=connection, external_tables=external_tables)
    return config
