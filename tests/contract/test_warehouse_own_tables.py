"""A shop's own tables are read under their own names, never written, and a gap in them is named."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date

import pytest
from sqlalchemy import create_engine, text

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.connection import parse_database_url as with_driver
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.domain.retail.series import CalendarEvent, DailySale, Store
from brain.errors import MisconfiguredError
from brain.ports.sales_warehouse import HourlySale
from brain.settings.files import load_config

MAPPED = {
    "tables": {
        "sales": {
            "name": "pos_lines",
            "columns": {
                "store_id": "shop",
                "sold_at": "booked at",
                "product_id": "sku",
                "category": None,
                "quantity": "qty",
                "revenue": "net",
                "granularity": None,
                "line": None,
                "sold_on": None,
            },
        },
        "stores": {"name": "shops", "columns": {"store_id": "shop", "time_zone": "zone", "subdivision": None}},
        "calendar_events": {
            "name": "agenda",
            "columns": {"event": "title", "event_class": "kind", "starts_on": "day", "ends_on": None, "known_at": None},
        },
        "weather_hourly": {
            "name": "meteo",
            "times_are": "utc",
            "columns": {"observed_at": "hour", "temperature_c": "celsius", "granularity": None, "known_at": None},
        },
    },
    "default_time_zone": "Europe/Berlin",
}

TABLES = [
    'CREATE TABLE pos_lines (shop text, "booked at" timestamp, sku text, qty real, net real)',
    "CREATE TABLE shops (shop text, zone text, country text)",
    "CREATE TABLE agenda (title text, kind text, day date, store_id text)",
    "CREATE TABLE meteo (store_id text, hour timestamp, celsius real, precipitation_mm real, wind_kmh real)",
    "ALTER TABLE meteo ADD COLUMN cloud_cover real",
    "INSERT INTO pos_lines VALUES ('kiel', '2026-07-01 23:30:00', 'bread', 1, 2.5)",
    "INSERT INTO pos_lines VALUES ('kiel', '2026-07-01 09:10:00', 'bread', 2, -0.5)",
    "INSERT INTO pos_lines VALUES ('kiel', '2026-07-02 09:10:00', 'bread', 2, 4)",
    "INSERT INTO pos_lines VALUES ('bath', '2026-07-01 09:10:00', 'bread', 1, NULL)",
    "INSERT INTO shops VALUES ('kiel', 'Europe/Berlin', 'DE')",
    "INSERT INTO agenda VALUES ('fair', 'festival', '2026-07-01', NULL)",
    "INSERT INTO meteo VALUES ('kiel', '2026-07-01 22:30:00', 20.5, 0, 3, 1)",
]


def run(url: str, statements: list[str]) -> None:
    """Do what the shop's own system does to its database."""
    engine = create_engine(with_driver(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@contextmanager
def opened(url: str, config: dict[str, object]) -> Iterator[SqlWarehouse]:
    """A warehouse with a configuration of the shop's."""
    shipped = load_config("warehouse", WarehouseConfig).model_dump()
    with closing(SqlWarehouse(url, WarehouseConfig.model_validate(shipped | config))) as warehouse:
        yield warehouse


@pytest.fixture
def own(database_url: str) -> Iterator[SqlWarehouse]:
    """A shop with tables of its own in its own words, the Brain's result tables beside them."""
    run(database_url, TABLES)
    with opened(database_url, MAPPED) as warehouse:
        warehouse.upgrade()
        yield warehouse


def test_sales_are_read_in_the_shop_s_own_words(own: SqlWarehouse) -> None:
    """Times without a zone are the shop's clock, so days and hours come from there."""
    assert own.check() == []
    assert list(own.daily_sales()) == [
        DailySale("bath", "bread", date(2026, 7, 1), 1.0, 0.0, 1.0),
        DailySale("kiel", "bread", date(2026, 7, 1), 2.0, 0.5, 3.0),
        DailySale("kiel", "bread", date(2026, 7, 2), 4.0, 0.0, 2.0),
    ]
    assert [one.day.day for one in own.daily_sales(["kiel"], until=date(2026, 7, 1))] == [1]
    assert list(own.hourly_sales(["kiel"]))[1] == HourlySale("kiel", date(2026, 7, 1), 23, 2.5, 1)


def test_stores_weather_and_calendar_are_read_too(own: SqlWarehouse) -> None:
    """A store that is not described takes the default zone; a weather time in UTC stays one."""
    assert own.stores() == [Store("bath", "Europe/Berlin"), Store("kiel", "Europe/Berlin", "DE")]
    assert own.events() == [CalendarEvent("fair", "festival", date(2026, 7, 1), date(2026, 7, 1))]
    (reading,) = own.weather()
    assert (reading.temperature_c, reading.known_at, reading.observed_at.isoformat()) == (
        20.5,
        None,
        "2026-07-01T22:30:00+00:00",
    )


def test_the_shop_s_own_tables_are_never_written(own: SqlWarehouse) -> None:
    """An import belongs into a database of the Brain's."""
    with pytest.raises(MisconfiguredError, match="never writes"):
        own.importing().__enter__()


def test_a_table_without_the_brain_s_columns_is_taken_as_the_shop_s(database_url: str) -> None:
    """Nothing needs to be configured when the shop's columns have the names of the import."""
    run(
        database_url,
        [
            "CREATE TABLE sales (store_id text, sold_at date, product_id text, revenue real)",
            "INSERT INTO sales VALUES ('kiel', '2026-07-01', 'bread', 2.5)",
        ],
    )
    with opened(database_url, {}) as warehouse:
        warehouse.upgrade()
        assert warehouse.check() == []
        assert list(warehouse.daily_sales()) == [DailySale("kiel", "bread", date(2026, 7, 1), 2.5)]


@pytest.mark.parametrize(
    ("change", "column", "fix"),
    [
        ("ALTER TABLE pos_lines DROP COLUMN sku", "sku", "map product_id to its name there"),
        ("ALTER TABLE meteo DROP COLUMN celsius", "celsius", "ADD COLUMN celsius"),
        ("DROP TABLE agenda", None, "tables.calendar_events.name"),
    ],
)
def test_what_is_missing_is_named_with_what_fixes_it(
    database_url: str, change: str, column: str | None, fix: str
) -> None:
    """Table, column, and the command, SQL or setting that puts it right."""
    run(database_url, [*TABLES, change])
    with opened(database_url, MAPPED) as warehouse:
        warehouse.upgrade()
        (fault,) = warehouse.check()
    assert fault.column == column
    assert fix in fault.fix


def test_a_sales_table_without_any_amount_is_a_fault(database_url: str) -> None:
    """Neither revenue nor quantity: there is nothing to add up."""
    run(database_url, ["CREATE TABLE sales (store_id text, sold_at timestamp, product_id text)"])
    with opened(database_url, {}) as warehouse:
        warehouse.upgrade()
        (fault,) = warehouse.check()
    assert "neither" in fault.message


def test_a_column_of_a_result_table_that_was_dropped_is_named_with_its_sql(database_url: str) -> None:
    """The statement given can be run as it is."""
    with opened(database_url, {}) as warehouse:
        warehouse.upgrade()
    run(database_url, ["ALTER TABLE brain_predictions DROP COLUMN advice"])
    with opened(database_url, {}) as warehouse:
        (fault,) = warehouse.check()
    assert fault.fix == "ALTER TABLE brain_predictions ADD COLUMN advice TEXT"
    run(database_url, [fault.fix])
    with opened(database_url, {}) as warehouse:
        assert warehouse.check() == []


def test_a_table_of_the_shop_without_any_line_has_no_days(database_url: str) -> None:
    """Days are summed here, and of nothing there is none."""
    run(database_url, [*TABLES, "DELETE FROM pos_lines"])
    with opened(database_url, MAPPED) as warehouse:
        assert list(warehouse.daily_sales()) == []
