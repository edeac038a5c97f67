"""Alembic environment: run the revisions on the given connection, in its transaction."""

from alembic import context

VERSION_TABLE = "brain_schema_version"
"""Not alembic's default, which the shop's database may already use for its own history."""

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transaction_per_migration=False,
)
context.run_migrations()
