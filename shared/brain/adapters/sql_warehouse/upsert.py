"""Build the statements of each dialect that insert rows or update those with the same natural key."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Insert, Select, Table, TextClause, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from brain.errors import MisconfiguredError


def build_upsert(dialect: Dialect, table: Table, key: Sequence[str]) -> Insert | TextClause:
    """Return a statement to execute with rows as parameters. Raises MisconfiguredError for an unsupported dialect."""
    if dialect.name == "bigquery":
        return build_merge(dialect, table, key)
    return _update_on_conflict(_build_insert(dialect, table), table, key)


def build_upsert_from_select(
    dialect: Dialect, table: Table, key: Sequence[str], columns: Sequence[str], rows: Select[Any]
) -> Insert:
    """Return a statement that writes the rows of a select, which yields ``columns`` in this order.

    The select must have a WHERE clause, because SQLite would take ON CONFLICT for the ON of a join otherwise.
    """
    return _update_on_conflict(_build_insert(dialect, table).from_select(list(columns), rows), table, key)


def build_merge(dialect: Dialect, table: Table, key: Sequence[str]) -> TextClause:
    """Return a MERGE of one row of parameters for BigQuery, which has neither unique keys nor ON CONFLICT."""
    quote = dialect.identifier_preparer.quote
    names = [column.key for column in table.columns]
    parameters = ", ".join(f":{name} AS {quote(name)}" for name in names)
    matches = " AND ".join(f"t.{quote(name)} = s.{quote(name)}" for name in key)
    updates = ", ".join(f"{quote(name)} = s.{quote(name)}" for name in names if name not in key)
    target = dialect.identifier_preparer.format_table(table)
    columns = ", ".join(quote(name) for name in names)
    values = ", ".join(f"s.{quote(name)}" for name in names)
    statement = text(
        f"MERGE INTO {target} AS t USING (SELECT {parameters}) AS s ON {matches} "  # noqa: S608 - names come from our tables
        f"WHEN MATCHED THEN UPDATE SET {updates} WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})"
    )
    return statement.bindparams(*(bindparam(column.key, type_=column.type) for column in table.columns))


def _build_insert(dialect: Dialect, table: Table) -> Any:
    if dialect.name == "sqlite":
        return sqlite.insert(table)
    if dialect.name == "postgresql":
        return postgresql.insert(table)
    raise MisconfiguredError(
        f"the database must be SQLite, PostgreSQL or BigQuery, got {dialect.name}; set DATABASE_URL to one of them"
    )


def _update_on_conflict(statement: Any, table: Table, key: Sequence[str]) -> Insert:
    updates = {column.key: statement.excluded[column.key] for column in table.columns if column.key not in key}
    upsert: Insert = statement.on_conflict_do_update(index_elements=[table.c[name] for name in key], set_=updates)
    return upsert
