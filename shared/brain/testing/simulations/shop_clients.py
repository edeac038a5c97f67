"""Small shops in a database, and clients that own them, for tests of the jobs that work on them.

The baker owns north (Berlin) and south (New York), the rival owns east, all in one database. It rains in spells, and
rain takes a third of the terrace's sales in north; a market lifts every store.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.domain.clients.client import Client
from brain.domain.jobs.steps import BACKTESTING, CURIOSITY, PRODUCT_WEATHER, SIGNAL_MAGNITUDE
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.curiosity.config import CuriosityConfig
from brain.domain.retail.series import Store
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.ports.sales_warehouse import ResultTable, SalesWarehouse, ShopDatabase
from brain.ports.task_queue import Task
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.run_once import run_once
from brain.services.retail.backtest import build_product_backtest_step, build_store_backtest_step
from brain.services.retail.cross_store import build_cross_store_step
from brain.services.retail.curiosity import build_curiosity_step
from brain.services.retail.import_files import ImportFile, ImportKind, ImportLimits, import_files
from brain.services.retail.predictive_calendar import build_calendar_step
from brain.services.retail.product_weather import build_product_weather_step
from brain.services.retail.resumable_job import ResumableShopJob, ShopStep
from brain.services.retail.signal_lifts import build_signal_lifts_step
from brain.services.retail.time_of_day import build_time_of_day_step
from brain.settings.files import load_config

SUNDAY = datetime(2026, 11, 22, 5, tzinfo=UTC)
LAST_DAY = date(2026, 11, 22)
"""The running Sunday: at 05:00 UTC it is midnight in New York, so Saturday is the last day that ended everywhere."""

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
STORES = (Store("north", BERLIN, "DE"), Store("south", NEW_YORK, "US"), Store("east", BERLIN, "DE"))
BAKER = Client("baker", "A bakery", time_zone=ZoneInfo(BERLIN), stores=("north", "south"))
RIVAL = Client("rival", "Another bakery", time_zone=ZoneInfo(BERLIN), stores=("east",))
RETAIL_CONFIG = load_config("brain_retail", RetailConfig)
CURIOSITY_CONFIG = load_config("hypotheses", CuriosityConfig)
STEPS: dict[str, Callable[[], tuple[ShopStep, ...]]] = {
    SIGNAL_MAGNITUDE: lambda: (build_signal_lifts_step(RETAIL_CONFIG), build_calendar_step(RETAIL_CONFIG)),
    PRODUCT_WEATHER: lambda: (build_product_weather_step(), build_time_of_day_step(), build_cross_store_step()),
    BACKTESTING: lambda: (build_product_backtest_step(RETAIL_CONFIG), build_store_backtest_step(RETAIL_CONFIG)),
    CURIOSITY: lambda: (build_curiosity_step(CURIOSITY_CONFIG),),
}
TIME_LIMIT = timedelta(minutes=5)
WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.2, 1.4, 0.8)
SALES_HEADER = "store_id,sold_at,product_id,category,quantity,revenue\n"
WEATHER_HEADER = "store_id,observed_at,temperature_c,precipitation_mm,wind_kmh,cloud_cover,condition\n"
EVENTS_HEADER = "event,class,start,end,store_id\n"


def simulate_sales_lines(
    store: str, days: Sequence[date], seed: int, wet: Sequence[bool], rain: float = 0.0
) -> Iterator[str]:
    """Tickets for bread at three hours of every day and one for cake; rain changes the cake's."""
    rng = np.random.default_rng(seed)
    for at, day in enumerate(days):
        level = 100 * WEEKDAYS[day.weekday()]
        for hour, share in ((8, 0.5), (12, 0.3), (17, 0.2)):
            yield f"{store},{day}T{hour:02}:15:00,bread,,1,{level * share * np.exp(rng.normal(0, 0.1)):.2f}\n"
        yield f"{store},{day}T15:40:00,cake,sweet,,{0.6 * level * np.exp(rng.normal(0, 0.1) + rain * wet[at]):.2f}\n"


def simulate_wet_days(count: int, seed: int = 3) -> list[bool]:
    """Rain in spells, on about a quarter of the days."""
    rng = np.random.default_rng(seed)
    days = [False]
    while len(days) < count:
        days.append(bool(rng.random() < (0.6 if days[-1] else 0.14)))
    return days


def import_lines(warehouse: SalesWarehouse, **files: Sequence[str]) -> None:
    """Import lines by kind; each is a file with its heading first."""
    named = [ImportFile(ImportKind(kind), f"{kind}.csv", list(lines)) for kind, lines in files.items()]
    assert import_files(warehouse, named, Store(""), ImportLimits(10_000, 20)).bad == 0


def describe_stores(warehouse: SalesWarehouse, stores: Sequence[Store]) -> None:
    """Describe stores before their first sales."""
    with warehouse.importing() as session:
        session.add_stores(stores)
        session.apply()


def fill_warehouse(warehouse: SalesWarehouse, days: int = 200, last: date = LAST_DAY) -> None:
    """Fill a warehouse with ``days`` days of the three stores up to ``last``, weather and a market included."""
    warehouse.upgrade()
    describe_stores(warehouse, STORES)
    dates = [last - timedelta(days=days - 1 - at) for at in range(days)]
    wet = simulate_wet_days(days)
    rng = np.random.default_rng(11)
    sales, weather = [SALES_HEADER], [WEATHER_HEADER]
    for seed, (store, rain) in enumerate((("north", -0.4), ("south", 0.0), ("east", 0.0))):
        sales += simulate_sales_lines(store, dates, seed, wet, rain)
    weather += [
        f"{store},{day},{rng.normal(12, 5):.1f},{4.0 * rain},{rng.gamma(4, 3):.1f},4,\n"
        for day, rain in zip(dates, wet, strict=True)
        for store in ("north", "south", "east")
    ]
    markets = [f"market,market,{dates[at]},{dates[at]},\n" for at in range(10, days, 23)]
    secret = f"secret party,festival,{dates[days // 2]},{dates[days // 2]},east\n"
    import_lines(warehouse, sales=sales, weather=weather, events=[EVENTS_HEADER, *markets, secret])


def open_warehouse(url: str) -> SqlWarehouse:
    """A warehouse under the Brain's own names."""
    return SqlWarehouse(url, load_config("warehouse", WarehouseConfig))


class ShopJobRunner:
    """A database and a document store; jobs run on both."""

    def __init__(self, url: str, store: DocumentStore, clock: Clock) -> None:
        self.url, self.store, self.clock = url, store, clock

    @contextmanager
    def opened(self) -> Iterator[SqlWarehouse]:
        """The warehouse, as one run opens it."""
        with closing(open_warehouse(self.url)) as warehouse:
            yield warehouse

    def run(
        self,
        job: str,
        *,
        at: datetime = SUNDAY,
        client: str = BAKER.client_id,
        dry_run: bool = False,
        store: DocumentStore | None = None,
        around: Callable[[ShopDatabase], ShopDatabase] = lambda shop: shop,
        limit: timedelta = TIME_LIMIT,
    ) -> Any:
        """Perform a job's task, with another store or with something around the warehouse."""

        @contextmanager
        def opened() -> Iterator[ShopDatabase]:
            with self.opened() as warehouse:
                yield around(warehouse)

        used = self.store if store is None else store
        work = ResumableShopJob(used, opened, STEPS[job]())
        return run_once(Runs(used), Task(job, client, at, at, dry_run), work, time_limit=limit, clock=self.clock)

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """Everything the Brain keeps in the database."""
        with self.opened() as warehouse:
            return {str(table): warehouse.results(table) for table in ResultTable}

    def documents(self, client: str = BAKER.client_id) -> dict[str, dict[str, Any]]:
        """Everything the jobs publish of a client."""
        return {
            found.path: found.data
            for collection in ("views", "ledger")
            for found in self.store.query(f"clients/{client}/{collection}")
        }


def copy_database(template: Path, folder: Path, name: str = "shop.db") -> str:
    """The URL of a copy of a filled SQLite file."""
    return f"sqlite:///{shutil.copy(template, folder / name)}"
