"""Probes of the shop's database, through ``brain retail``."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from unit.settings.changed_files import read_tree
from unit.settings.gateway_probes import run_command
from unit.settings.settings_file import SettingsFile

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.import_session import SqlImportSession
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.bootstrap.adapters import open_sales_warehouse

GOOD_LINES = [f"kiel,2026-07-{day:02}T09:15:00,bread,,1,{day}.5" for day in range(1, 29)]
SHIPPED = read_tree("warehouse")
BAD_LINES = ["kiel,yesterday,bread,,1,2.5"] * 35


def probe_import() -> object:
    """Import a file in which many lines are bad, and count the lines of each part that is handed to the database."""
    sizes: list[int] = []
    add_sales = SqlImportSession.add_sales

    def count_lines(session: SqlImportSession, lines: Any) -> None:
        sizes.append(len(lines))
        add_sales(session, lines)

    with copy_database("") as folder, patch.object(SqlImportSession, "add_sales", count_lines):
        file = Path(folder) / "sales.csv"
        heading = "store_id,sold_at,product_id,category,quantity,revenue"
        file.write_text("\n".join([heading, *GOOD_LINES, *BAD_LINES]), encoding="utf-8")
        database = ("--database", f"sqlite:///{folder}/shop.db")
        return run_command("retail", "import", "--sales", str(file), "--json", *database), sizes


OWN_TABLES = {
    "sales": {
        "name": "pos_lines",
        "columns": {
            "store_id": "shop", "sold_at": "booked", "product_id": "sku", "category": None, "quantity": "qty",
            "revenue": "net",
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
        "columns": {"observed_at": "hour", "temperature_c": "celsius", "known_at": None},
    },
}  # fmt: skip
# Columns that a mapping takes away are there and mean something else.
OWN_ROWS = """
CREATE TABLE pos_lines (shop text, booked timestamp, sku text, category text, qty real, net real, quantity real);
CREATE TABLE shops (shop text, zone text, country text, subdivision text);
CREATE TABLE agenda (title text, kind text, day date, ends_on date, known_at timestamp, store_id text);
CREATE TABLE meteo (store_id text, hour timestamp, celsius real, precipitation_mm real, wind_kmh real,
                    cloud_cover real, condition text, known_at timestamp);
INSERT INTO pos_lines VALUES ('kiel', '2026-07-01 23:30:00', 'bread', 'other', 1, 2.5, 7);
INSERT INTO pos_lines VALUES ('bath', '2026-07-01 09:10:00', 'bread', 'other', 1, NULL, 7);
INSERT INTO shops VALUES ('kiel', 'Europe/Berlin', 'DE', 'elsewhere');
INSERT INTO agenda VALUES ('fair', 'festival', '2026-07-01', '2026-07-09', '2026-01-01 00:00:00', NULL);
INSERT INTO meteo VALUES ('kiel', '2026-07-01 22:30:00', 20.5, 0, 3, 1, 'fair', '2026-06-30 00:00:00');
"""


def probe_own_tables() -> object:
    """Read everything from a shop's own tables."""
    with copy_database(OWN_ROWS) as folder, closing(open_sales_warehouse(f"sqlite:///{folder}/shop.db")) as warehouse:
        if faults := warehouse.check():
            return faults
        sales = [*warehouse.daily_sales(), *warehouse.hourly_sales()]
        return sales, warehouse.stores(), warehouse.events(), list(warehouse.weather()), warehouse.row_counts()


@contextmanager
def copy_database(statements: str) -> Iterator[Path]:
    """Yield a folder with a database ``shop.db`` that has the Brain's tables and what the statements add."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "shop.db").write_bytes(_build_database(statements))
        yield Path(folder)


@cache
def _build_database(statements: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.db"
        with closing(SqlWarehouse(f"sqlite:///{path}", WarehouseConfig.model_validate(SHIPPED))) as warehouse:
            warehouse.upgrade()
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(statements)
        return path.read_bytes()


FILES = (
    SettingsFile(
        "warehouse",
        WarehouseConfig,
        {"*": [probe_import]},
        values={
            "batch_lines": [3],
            "default_time_zone": ["Europe/Berlin"],
            "default_country": ["DE"],
            "tables": [{"sales": {"name": "pos_lines"}}],
        },
    ),
    SettingsFile(
        "warehouse",
        WarehouseConfig,
        {"*": [probe_own_tables]},
        values={"times_are": ["local"]} | {name: [name] for name in ("category", "subdivision", "ends_on", "known_at")},
        optional={"tables": OWN_TABLES},
        only="tables.*",
    ),
)
