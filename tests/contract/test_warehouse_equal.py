"""The same files give the same answers on SQLite and on PostgreSQL, to the last digit."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import postgres
import pytest

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.curiosity.config import CuriosityConfig
from brain.domain.retail.series import Store
from brain.ports.sales_warehouse import LedgerQuery, ResultTable
from brain.services.retail.backtest import BacktestPeriod, run_backtest
from brain.services.retail.curiosity import run_curiosity
from brain.services.retail.import_files import ImportFile, ImportKind, ImportLimits, import_files
from brain.services.retail.predictive_calendar import forecast_calendar
from brain.services.retail.signal_lifts import update_signal_lifts
from brain.settings.files import load_config
from brain.testing.simulations.shop_clients import describe_stores

DAYS = 150
BAD_LINES = 2


def files() -> list[ImportFile]:
    """Tickets with and without a zone, daily totals, returns, two zones, hourly weather, forecasts and bad lines."""
    rng = np.random.default_rng(8)
    first = datetime(2026, 2, 20, tzinfo=UTC)
    sales = ["store_id,sold_at,product_id,category,quantity,revenue\n"]
    weather = ["store_id,observed_at,temperature_c,precipitation_mm,wind_kmh,cloud_cover,condition,known_at\n"]
    for day in (first + timedelta(days=at) for at in range(DAYS)):
        for hour in (1, 9, 23):
            amount = rng.gamma(9, 11.37) - 20
            sales.append(f"kiel,{day:%Y-%m-%d}T{hour:02}:30:00,bread,,1,{amount:.2f}\n")
            sales.append(f"auckland,{day:%Y-%m-%d}T{hour:02}:30:00Z,pie,,1,{amount * 1.1:.4f}\n")
            weather.append(f"kiel,{day:%Y-%m-%d}T{hour:02}:00,{rng.normal(9, 6):.1f},{rng.gamma(0.3):.1f},9,3,,\n")
        weather.append(f"kiel,{day:%Y-%m-%d}T12:00,{rng.normal(9, 6):.1f},,,,rain,{day - timedelta(days=2):%Y-%m-%d}\n")
        sales.append(f"kiel,{day:%Y-%m-%d},cake,sweet,,{rng.gamma(3, 17.77):.2f}\n")
    events = ["event,class,start,end\n", "fair,festival,2026-05-01,2026-05-09\n", "broken,festival,soon,\n"]
    return [
        ImportFile(ImportKind.SALES, "sales.csv", [*sales, "kiel,soon,bread,,1,1\n"]),
        ImportFile(ImportKind.WEATHER, "weather.csv", weather),
        ImportFile(ImportKind.EVENTS, "events.csv", events),
    ]


def answers(url: str) -> list[object]:
    """Import and run every engine, and return all that was said and kept."""
    config = load_config("brain_retail", RetailConfig)
    with closing(SqlWarehouse(url, load_config("warehouse", WarehouseConfig))) as warehouse:
        warehouse.upgrade()
        describe_stores(warehouse, [Store("auckland", "Pacific/Auckland", "NZ"), Store("kiel", "Europe/Berlin", "DE")])
        report = import_files(warehouse, files(), Store(""), ImportLimits(97, 20))
        assert report.bad == BAD_LINES
        said = [
            report,
            list(warehouse.daily_sales()),
            list(warehouse.hourly_sales()),
            list(warehouse.weather()),
            warehouse.events(),
            warehouse.stores(),
            run_curiosity(warehouse, load_config("hypotheses", CuriosityConfig)),
            update_signal_lifts(warehouse, config),
            forecast_calendar(warehouse, config, 7),
            run_backtest(
                warehouse, config, BacktestPeriod(horizon=7, start=datetime(2026, 7, 1, tzinfo=UTC).date())
            ).overall,
            warehouse.ledger(LedgerQuery(text="RAIN", latest=True)),
        ]
        return [*said, *(warehouse.results(table) for table in ResultTable), warehouse.row_counts()]


@pytest.mark.slow
def test_both_databases_say_the_same(tmp_path: Path, postgres_server: str) -> None:
    """Import, days, hours, weather, findings, lifts, forecasts and scores."""
    with postgres.database(postgres_server) as url:
        ours = answers(f"sqlite:///{tmp_path / 'shop.db'}")
        theirs = answers(url)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == other
