"""Writing by natural key: a row that comes again replaces itself, in the words of each dialect."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Insert, Select, Table, TextClause, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from brain.errors import MisconfiguredError


def upsert(dialect: Dialect, table: Table, key: Sequence[str]) -> Insert | TextClause:
    """A statement to execute with rows as parameters. Raises MisconfiguredError for a dialect without upserts."""
    if dialect.name == "bigquery":
        return merge(dialect, table, key)
    statement = _insert(dialect, table)
    return _or_update(statement, table, key)


def upsert_from(
    dialect: Dialect, table: Table, key: Sequence[str], columns: Sequence[str], rows: Select[Any]
) -> Insert:
    """A statement that writes what ``rows`` selects, ``columns`` in its order; the select must have a WHERE.

    (SQLite cannot tell ON CONFLICT from a join's ON otherwise.)
    """
    return _or_update(_insert(dialect, table).from_select(list(columns), rows), table, key)


def merge(dialect: Dialect, table: Table, key: Sequence[str]) -> TextClause:
    """BigQuery's MERGE of one row of parameters; it has neither unique keys nor ON CONFLICT."""
    quote = dialect.identifier_preparer.quote
    names = [column.key for column in table.columns]
    given = ", ".join(f":{name} AS {quote(name)}" for name in names)
    same = " AND ".join(f"t.{quote(name)} = s.{quote(name)}" for name in key)
    changed = ", ".join(f"{quote(name)} = s.{quote(name)}" for name in names if name not in key)
    target = dialect.identifier_preparer.format_table(table)
    listed = ", ".join(quote(name) for name in names)
    values = ", ".join(f"s.{quote(name)}" for name in names)
    statement = text(
        f"MERGE INTO {target} AS t USING (SELECT {given}) AS s ON {same} "  # noqa: S608 - names come from our tables
        f"WHEN MATCHED THEN UPDATE SET {changed} WHEN NOT MATCHED THEN INSERT ({listed}) VALUES ({values})"
    )
    return statement.bindparams(*(bindparam(column.key, type_=column.type) for column in table.columns))


def _insert(dialect: Dialect, table: Table) -> Any:
    if dialect.name == "sqlite":
        return sqlite.insert(table)
    if dialect.name == "postgresql":
        return postgresql.insert(table)
    raise MisconfiguredError(
        f"the Brain writes to SQLite, PostgreSQL and BigQuery, not to {dialect.name}; set DATABASE_URL to one of them"
    )


def _or_update(statement: Any, table: Table, key: Sequence[str]) -> Insert:
    others = {column.key: statement.excluded[column.key] for column in table.columns if column.key not in key}
    upserted: Insert = statement.on_conflict_do_update(index_elements=[table.c[name] for name in key], set_=others)
    return upserted
