"""BigQuery gets its own statements and types; nothing is sent.

They are compiled for a dialect that quotes as BigQuery's does, and for BigQuery's own where that is installed.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import TIMESTAMP, MetaData
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.compiler import IdentifierPreparer

from brain.adapters.sql_warehouse.columns import NATURAL_KEYS, RESULT_COLUMNS
from brain.adapters.sql_warehouse.instant import Instant
from brain.adapters.sql_warehouse.ledger_query import build_ledger_select
from brain.adapters.sql_warehouse.tables import build_brain_table
from brain.adapters.sql_warehouse.upsert import build_upsert
from brain.errors import MisconfiguredError
from brain.ports.sales_warehouse import LedgerQuery, ResultTable


class Backticks(IdentifierPreparer):
    """Quotes every name as BigQuery does."""

    def __init__(self, dialect: Any) -> None:
        super().__init__(dialect, initial_quote="`")

    def _requires_quotes(self, _name: str) -> bool:
        return True


class StandIn(DefaultDialect):
    """BigQuery's name and quotes on SQLAlchemy's default dialect."""

    name = "bigquery"
    preparer = Backticks
    supports_statement_cache = False


@pytest.fixture(params=["stand-in", "its own"])
def dialect(request: pytest.FixtureRequest) -> Any:
    """The stand-in, and the dialect of sqlalchemy-bigquery."""
    if request.param == "stand-in":
        return StandIn()
    return pytest.importorskip("sqlalchemy_bigquery", reason="sqlalchemy-bigquery is not installed").BigQueryDialect()


@pytest.mark.parametrize("name", list(RESULT_COLUMNS))
def test_results_are_merged_by_their_key(dialect: Any, name: str) -> None:
    """Without unique keys and ON CONFLICT a row replaces itself by MERGE."""
    statement = str(
        build_upsert(dialect, build_brain_table(name, MetaData()), NATURAL_KEYS[name]).compile(dialect=dialect)
    )
    assert statement.startswith(f"MERGE INTO `{name}` AS t USING (SELECT ")
    assert all(f"t.`{column}` = s.`{column}`" in statement for column in NATURAL_KEYS[name])
    assert "WHEN NOT MATCHED THEN INSERT" in statement


def test_a_moment_is_a_timestamp(dialect: Any) -> None:
    """And is passed to the driver as it is."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert isinstance(Instant().load_dialect_impl(dialect), TIMESTAMP)
    assert Instant().process_bind_param(moment, dialect) is moment


def test_the_ledger_is_searched_in_bigquery_s_words(dialect: Any) -> None:
    """The latest night of each hypothesis, by text."""
    query = LedgerQuery(text="rain", before=date(2026, 1, 1), latest=True)
    statement = str(
        build_ledger_select(build_brain_table(ResultTable.HYPOTHESES, MetaData()), query).compile(dialect=dialect)
    )
    assert "lower(`brain_hypotheses`.`question`)" in statement
    assert "GROUP BY" in statement


def test_another_database_is_refused_by_name() -> None:
    """What has no build_upsert we know is not written to."""
    with pytest.raises(MisconfiguredError, match="mysql"):
        build_upsert(MySQLDialect(), build_brain_table("stores", MetaData()), NATURAL_KEYS["stores"])
