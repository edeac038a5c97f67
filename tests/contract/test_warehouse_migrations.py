"""The tables reach their newest form from any state a database can be in."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import Connection, MetaData, create_engine, inspect, text

from brain.adapters.sql_warehouse import schema_migration
from brain.adapters.sql_warehouse.columns import NATURAL_KEYS
from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.connection import parse_database_url as with_driver
from brain.adapters.sql_warehouse.schema_migration import VERSION_TABLE
from brain.adapters.sql_warehouse.tables import build_brain_table
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.errors import MisconfiguredError
from brain.settings.files import load_config

REVISIONS = ["0001", "0002", "0003", "0004"]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A plain connection beside the warehouse."""
    engine = create_engine(with_driver(url))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def upgraded(url: str) -> list[str]:
    """Upgrade as a job would, and return the revisions applied."""
    with closing(SqlWarehouse(url, load_config("warehouse", WarehouseConfig))) as warehouse:
        applied = warehouse.upgrade()
        assert warehouse.check() == []
        return applied


def test_a_fresh_database_gets_every_revision_and_a_second_time_none(database_url: str) -> None:
    """Migrating is idempotent."""
    assert upgraded(database_url) == REVISIONS
    assert upgraded(database_url) == []


@pytest.mark.parametrize("start", REVISIONS)
def test_every_revision_leads_to_the_newest(database_url: str, start: str) -> None:
    """Whatever an installation was left at, it is brought up to date."""
    with connected(database_url) as connection:
        assert schema_migration.upgrade_schema(connection, (), start) == REVISIONS[: REVISIONS.index(start) + 1]
    assert upgraded(database_url) == REVISIONS[REVISIONS.index(start) + 1 :]


@pytest.mark.filterwarnings("ignore:Class unnest:sqlalchemy.exc.SAWarning")  # BigQuery's dialect, once imported
def test_the_revisions_make_the_tables_the_code_reads(database_url: str) -> None:
    """Columns, whether they may be empty, and natural keys are those of ``tables``."""
    upgraded(database_url)
    with connected(database_url) as connection:
        inspector = inspect(connection)
        for name, key in NATURAL_KEYS.items():
            expected = build_brain_table(name, MetaData())
            found = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
            assert found == {column.name: column.nullable for column in expected.columns}, name
            assert set(inspector.get_pk_constraint(name)["constrained_columns"]) == set(key), name


def test_a_table_of_the_shop_is_left_as_it_is(database_url: str) -> None:
    """A database that already has a table called sales keeps it, rows and all."""
    with connected(database_url) as connection:
        connection.execute(text("CREATE TABLE sales (store_id text, sold_at text, product_id text, revenue real)"))
        connection.execute(text("INSERT INTO sales VALUES ('kiel', '2026-01-01 09:00:00', 'bread', 2.5)"))
    with closing(SqlWarehouse(database_url, load_config("warehouse", WarehouseConfig))) as warehouse:
        warehouse.upgrade()
        assert warehouse.row_counts()["sales"] == 1


def test_a_database_of_a_newer_brain_is_not_touched(database_url: str) -> None:
    """An older version says that it must be updated."""
    upgraded(database_url)
    with connected(database_url) as connection:
        connection.execute(text("UPDATE brain_schema_version SET version_num = '9999'"))
    with (
        closing(SqlWarehouse(database_url, load_config("warehouse", WarehouseConfig))) as warehouse,
        pytest.raises(MisconfiguredError, match="9999"),
    ):
        warehouse.upgrade()


def test_tables_behind_the_code_are_a_fault_with_its_command(database_url: str) -> None:
    """A check before the migration names what is missing and the command that makes it."""
    with connected(database_url) as connection:
        schema_migration.upgrade_schema(connection, (), "0003")
    with closing(SqlWarehouse(database_url, load_config("warehouse", WarehouseConfig))) as warehouse:
        (fault,) = warehouse.check()
    assert (fault.table, fault.fix) == ("brain_decisions", "brain retail check --upgrade")


def test_a_revision_behind_the_tables_is_a_fault_too(database_url: str) -> None:
    """All tables are there, and yet the database says that it is older; the next migration would begin there."""
    with connected(database_url) as connection:
        schema_migration.upgrade_schema(connection, (), REVISIONS[-1])
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0003'"))  # noqa: S608 - our own table
    with closing(SqlWarehouse(database_url, load_config("warehouse", WarehouseConfig))) as warehouse:
        (fault,) = warehouse.check()
    assert fault.message == f"the tables must be at revision {REVISIONS[-1]}, got 0003"
    assert fault.fix == "brain retail check --upgrade"
