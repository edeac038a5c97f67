"""Simulated stores in a shop database, the clients that own them, and a runner of the shop jobs on both.

The client "baker" owns the stores north (Berlin) and south (New York), the client "rival" owns east; all are in one
database. It rains in spells, and rain lowers the sales of cake in north by a third. A market takes place every 23 days.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
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
"""The current Sunday: 05:00 UTC is midnight in New York, so Saturday is the last day that has ended everywhere."""

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
    """Simulate lines of a sales file: bread at three hours of each day and cake in the afternoon.

    Args:
        store: The store's id.
        days: The days of the sales.
        seed: The seed of the noise.
        wet: Whether it rains, per day.
        rain: The effect of rain on the sales of cake, on the log scale.
    """
    rng = np.random.default_rng(seed)
    for index, day in enumerate(days):
        level = 100 * WEEKDAYS[day.weekday()]
        for hour, share in ((8, 0.5), (12, 0.3), (17, 0.2)):
            yield f"{store},{day}T{hour:02}:15:00,bread,,1,{level * share * np.exp(rng.normal(0, 0.1)):.2f}\n"
        yield f"{store},{day}T15:40:00,cake,sweet,,{0.6 * level * np.exp(rng.normal(0, 0.1) + rain * wet[index]):.2f}\n"


def simulate_wet_days(count: int, seed: int = 3) -> list[bool]:
    """Simulate which days are wet: about a quarter, in spells; the first day is dry."""
    rng = np.random.default_rng(seed)
    days = [False]
    while len(days) < count:
        days.append(bool(rng.random() < (0.6 if days[-1] else 0.14)))
    return days


def import_lines(warehouse: SalesWarehouse, **files: Sequence[str]) -> None:
    """Import one file per kind, such as ``sales=[SALES_HEADER, ...]``; no line may be rejected."""
    csv_files = [ImportFile(ImportKind(kind), f"{kind}.csv", list(lines)) for kind, lines in files.items()]
    assert import_files(warehouse, csv_files, Store(""), ImportLimits(10_000, 20)).bad == 0


def describe_stores(warehouse: SalesWarehouse, stores: Sequence[Store]) -> None:
    """Store the time zones and countries of stores, which may have no sales yet."""
    with warehouse.importing() as session:
        session.add_stores(stores)
        session.apply()


def fill_warehouse(warehouse: SalesWarehouse, days: int = 200, last: date = LAST_DAY) -> None:
    """Fill an empty warehouse with ``days`` days of sales, weather and events of the three stores up to ``last``."""
    warehouse.upgrade()
    describe_stores(warehouse, STORES)
    dates = [last - timedelta(days=days - 1 - index) for index in range(days)]
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
    markets = [f"market,market,{dates[index]},{dates[index]},\n" for index in range(10, days, 23)]
    rival_event = f"secret party,festival,{dates[days // 2]},{dates[days // 2]},east\n"
    import_lines(warehouse, sales=sales, weather=weather, events=[EVENTS_HEADER, *markets, rival_event])


def open_warehouse(url: str) -> SqlWarehouse:
    """Open a database with the table names that the product ships."""
    return SqlWarehouse(url, load_config("warehouse", WarehouseConfig))


class DatabaseWrapper(Protocol):
    """A function or class that wraps a shop database in another one."""

    def __call__(self, database: ShopDatabase, /) -> ShopDatabase:
        """Return the database to use instead of ``database``."""


class ShopJobRunner:
    """Runs shop jobs on a database and a document store, as the worker does.

    Args:
        url: The URL of the database.
        store: The document store, which holds the clients.
        clock: The clock of the worker.
    """

    def __init__(self, url: str, store: DocumentStore, clock: Clock) -> None:
        self.url, self.store, self.clock = url, store, clock

    @contextmanager
    def open_warehouse(self) -> Iterator[SqlWarehouse]:
        """Open the database for one run and close it afterwards."""
        with closing(open_warehouse(self.url)) as warehouse:
            yield warehouse

    def run(
        self,
        job: str,
        *,
        scheduled_at: datetime = SUNDAY,
        client_id: str = BAKER.client_id,
        dry_run: bool = False,
        store: DocumentStore | None = None,
        wrap: DatabaseWrapper | None = None,
        time_limit: timedelta = TIME_LIMIT,
    ) -> Any:
        """Run a job once and return its figures.

        Args:
            job: The name of the job, a key of ``STEPS``.
            scheduled_at: The scheduled time of the run.
            client_id: The client whose stores are analysed.
            dry_run: Whether to count writes instead of writing.
            store: A document store to use instead, such as a ``FaultyStore``.
            wrap: Wraps the database, for instance in a ``FaultyShopDatabase``.
            time_limit: How long the run may take.
        """

        @contextmanager
        def open_database() -> Iterator[ShopDatabase]:
            with self.open_warehouse() as warehouse:
                yield warehouse if wrap is None else wrap(warehouse)

        job_store = self.store if store is None else store
        work = ResumableShopJob(job_store, open_database, STEPS[job]())
        task = Task(job, client_id, scheduled_at, scheduled_at, dry_run)
        return run_once(Runs(job_store), task, work, time_limit=time_limit, clock=self.clock)

    def read_rows(self) -> dict[str, list[dict[str, object]]]:
        """Return all rows that the jobs wrote to the database, by table."""
        with self.open_warehouse() as warehouse:
            return {str(table): warehouse.results(table) for table in ResultTable}

    def read_documents(self, client_id: str = BAKER.client_id) -> dict[str, dict[str, Any]]:
        """Return all documents that the jobs published for a client, by path."""
        return {
            snapshot.path: snapshot.data
            for collection in ("views", "ledger")
            for snapshot in self.store.query(f"clients/{client_id}/{collection}")
        }


def copy_database(template: Path, folder: Path, name: str = "shop.db") -> str:
    """Copy a filled SQLite file and return the URL of the copy."""
    return f"sqlite:///{shutil.copy(template, folder / name)}"
