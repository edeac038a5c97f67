"""BigQuery's own dialect accepts what the Brain would send it; nothing is sent."""

from datetime import date

import pytest
from sqlalchemy import MetaData

from brain.adapters.sql_warehouse.columns import NATURAL_KEYS, RESULT_COLUMNS
from brain.adapters.sql_warehouse.ledger_query import build_ledger_select
from brain.adapters.sql_warehouse.tables import build_brain_table
from brain.adapters.sql_warehouse.upsert import build_upsert
from brain.errors import MisconfiguredError
from brain.ports.sales_warehouse import LedgerQuery, ResultTable

bigquery = pytest.importorskip("sqlalchemy_bigquery", reason="sqlalchemy-bigquery is not installed")


@pytest.mark.parametrize("name", list(RESULT_COLUMNS))
def test_results_are_merged_by_their_key(name: str) -> None:
    """Without unique keys and ON CONFLICT a row replaces itself by MERGE."""
    dialect = bigquery.BigQueryDialect()
    statement = str(
        build_upsert(dialect, build_brain_table(name, MetaData()), NATURAL_KEYS[name]).compile(dialect=dialect)
    )
    assert statement.startswith(f"MERGE INTO `{name}` AS t USING (SELECT ")
    assert all(f"t.`{column}` = s.`{column}`" in statement for column in NATURAL_KEYS[name])
    assert "WHEN NOT MATCHED THEN INSERT" in statement


def test_the_ledger_is_searched_in_bigquery_s_words() -> None:
    """The latest night of each hypothesis, by text."""
    query = LedgerQuery(text="rain", before=date(2026, 1, 1), latest=True)
    dialect = bigquery.BigQueryDialect()
    statement = str(
        build_ledger_select(build_brain_table(ResultTable.HYPOTHESES, MetaData()), query).compile(dialect=dialect)
    )
    assert "lower(`brain_hypotheses`.`question`)" in statement
    assert "GROUP BY" in statement


def test_another_database_is_refused_by_name() -> None:
    """What has no build_upsert we know is not written to."""
    from sqlalchemy.dialects.mysql.base import MySQLDialect  # noqa: PLC0415 - only this test needs it

    with pytest.raises(MisconfiguredError, match="mysql"):
        build_upsert(MySQLDialect(), build_brain_table("stores", MetaData()), NATURAL_KEYS["stores"])
