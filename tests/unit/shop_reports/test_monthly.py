"""The monthly job: what decisions earned, for one client's stores, once, and what was told by then."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from brain.adapters.html_report import render
from brain.adapters.sql_warehouse.warehouse import SqlWarehouse
from brain.adapters.sqlite.store import SqliteStore
from brain.domain.clients.client import Client
from brain.domain.jobs.steps import ROI_REPORT
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.shop_decision import ShopDecision, parse_decision
from brain.errors import BrainError
from brain.ports.document_store import DocumentStore
from brain.ports.sales_warehouse import ResultTable
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.run_once import run_once
from brain.services.retail.decisions import record_decisions
from brain.services.retail.roi import RoiConstants, RoiReport
from brain.settings.files import load_config
from brain.testing.faulty_store import FaultMode, FaultyStore, ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.shop_clients import (
    BAKER,
    RETAIL_CONFIG,
    RIVAL,
    copy_database,
    fill_warehouse,
    open_warehouse,
)

NOVEMBER = datetime(2026, 11, 1, 5, tzinfo=UTC)
TOLD = datetime(2026, 9, 20, tzinfo=UTC)
DAYS = 300
CONSTANTS = RoiConstants(RETAIL_CONFIG, load_config("brain_roi", RoiConfig)).with_margin(0.5)


def build_decision(kind: str, start: str, end: str, cost: str, at: datetime = TOLD, **rest: str) -> ShopDecision:
    """A decision as a form tells it."""
    return parse_decision({"kind": kind, "start": start, "end": end, "cost": cost, **rest}, at)


DECISIONS = (
    build_decision("promotion", "2026-10-05", "2026-10-09", "2000", store_id="north"),
    build_decision("post", "2026-10-20", "2026-10-20", "0", store_id="south"),
    build_decision("staffing", "2026-10-28", "2026-11-03", "80", store_id="south"),
    build_decision("post", "2026-10-12", "2026-10-12", "0", TOLD + timedelta(days=90), store_id="north"),
    build_decision("promotion", "2026-10-06", "2026-10-08", "0", store_id="east"),
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with both clients' stores and decisions."""
    path = tmp_path_factory.mktemp("month") / "filled.db"
    with closing(open_warehouse(f"sqlite:///{path}")) as warehouse:
        fill_warehouse(warehouse, days=DAYS)
        record_decisions(warehouse, DECISIONS)
    return path


class MonthWorld:
    """A database, a store, and the job on both."""

    def __init__(self, url: str, store: SqliteStore, clock: ManualClock) -> None:
        self.url, self.store, self.clock = url, store, clock

    @contextmanager
    def opened(self) -> Iterator[SqlWarehouse]:
        """The warehouse, as one run opens it."""
        with closing(open_warehouse(self.url)) as warehouse:
            yield warehouse

    def run(
        self,
        client: str = BAKER.client_id,
        at: datetime = NOVEMBER,
        *,
        dry_run: bool = False,
        store: DocumentStore | None = None,
    ) -> Any:
        """Perform the job's task, with another store if one is given."""
        used = self.store if store is None else store
        work = RoiReport(used, self.opened, CONSTANTS, render)
        task = Task(ROI_REPORT, client, at, at, dry_run)
        return run_once(Runs(used), task, work, time_limit=timedelta(minutes=5), clock=self.clock)

    def document(self, path: str) -> dict[str, Any]:
        """A stored document."""
        snapshot = self.store.get(path)
        assert snapshot is not None
        return snapshot.data


@pytest.fixture
def world(filled: Path, tmp_path: Path, clock: ManualClock) -> Iterator[MonthWorld]:
    """The filled database and a store that knows both clients and one without stores."""
    clock.advance(NOVEMBER - clock.now())
    store = SqliteStore(":memory:", clock)
    for client in (BAKER, RIVAL, Client("agency", "An agency")):
        Clients(store).put(client)
    yield MonthWorld(copy_database(filled, tmp_path), store, clock)
    store.close()


def test_the_month_s_decisions_are_valued_and_published(world: MonthWorld) -> None:
    """Those that ended in October and were told by then; the loss is named first, another client's is not there."""
    answer = world.run()
    assert (answer["status"], answer["month"], answer["decisions"], answer["notes"]) == ("success", "2026-10", 2, [])
    report = world.document(paths.report(BAKER.client_id, "monthly", "2026-10"))
    page = world.document(paths.view(BAKER.client_id, "shop-roi"))
    assert report["headline"].startswith("Stop or change promotion in north, 05 Oct to 09 Oct: it lost money.")
    assert [document["store_id"] for document in page["decisions"]] == ["north", "south"]
    assert page["decisions"][0]["verdict"] == "lost"
    assert page["headline"] == report["headline"]
    assert "lost money" in report["text"]
    assert "lost money" in report["html"]
    assert [document["name"] for document in report["sections"]] == ["shop_roi", "shop_accuracy", "shop_findings"]
    assert "east" not in report["text"]


def test_the_same_month_again_changes_nothing(world: MonthWorld) -> None:
    """Neither documents nor tables."""
    first = world.run()
    before = {document.path: document.data for document in world.store.query(f"clients/{BAKER.client_id}/reports")}
    again = world.run()
    assert again == {**first, "repeated": True}
    later = world.run(at=NOVEMBER + timedelta(hours=1))
    assert later["headline"] == first["headline"]
    (path,) = before
    stored = world.document(path)
    assert stored["sections"] == before[path]["sections"]


def test_an_older_month_done_late_keeps_the_newer_page(world: MonthWorld) -> None:
    """Its report is written, and the page stays at October."""
    world.run()
    world.run(at=NOVEMBER - timedelta(days=31))
    assert world.document(paths.view(BAKER.client_id, "shop-roi"))["month"] == "2026-10"
    older = world.document(paths.report(BAKER.client_id, "monthly", "2026-09"))
    assert older["headline"].startswith("No decisions are recorded")


def test_a_dry_run_writes_nothing(world: MonthWorld) -> None:
    """It says what it would have done."""
    assert world.run(dry_run=True)["status"] == "success"
    assert not list(world.store.query(f"clients/{BAKER.client_id}/reports"))


def test_clients_without_stores_or_sales_get_a_clear_answer(world: MonthWorld, tmp_path: Path) -> None:
    """No report for the one, a sentence for the other."""
    assert world.run("agency")["notes"] == ["no stores"]
    world.url = f"sqlite:///{tmp_path / 'empty.db'}"
    with world.opened() as warehouse:
        warehouse.upgrade()
    assert world.run()["notes"] == ["No decisions are recorded for this period; record one with `brain retail decide`."]
    with world.opened() as warehouse:
        record_decisions(warehouse, [build_decision("post", "2026-10-01", "2026-10-01", "0")])
    answer = world.run(at=NOVEMBER + timedelta(minutes=1))
    assert "there are no sales" in answer["notes"][0]


def test_a_decision_for_all_stores_counts_where_the_database_is_the_client_s_own(world: MonthWorld) -> None:
    """Where others' stores are kept too, "all" would be theirs as well."""
    with world.opened() as warehouse:
        record_decisions(warehouse, [build_decision("post", "2026-10-15", "2026-10-15", "0")])
    assert world.run()["decisions"] == 2
    Clients(world.store).put(Client("chain", "The chain", stores=("north", "south", "east")))
    assert world.run("chain")["decisions"] == 4


@pytest.mark.parametrize("mode", list(FaultMode))
def test_stopped_at_any_call_and_done_again_the_month_is_told_once(
    tmp_path: Path, clock: ManualClock, mode: FaultMode
) -> None:
    """Refused, lost or killed before or after: the same report, the same page, and no row of the shop's touched."""
    clock.advance(NOVEMBER - clock.now())
    with closing(open_warehouse(f"sqlite:///{tmp_path / 'young.db'}")) as warehouse:
        fill_warehouse(warehouse, days=45)
        record_decisions(warehouse, DECISIONS)
        rows = warehouse.results(ResultTable.DECISIONS)

    def once(fail_at: int | None) -> tuple[FaultyStore, list[dict[str, Any]]]:
        with closing(SqliteStore(":memory:", clock)) as store:
            Clients(store).put(BAKER)
            world = MonthWorld(f"sqlite:///{tmp_path / 'young.db'}", store, clock)
            faulty = FaultyStore(store, fail_at=fail_at, mode=mode)
            with suppress(ProcessKilled, BrainError):
                world.run(store=faulty)
            clock.advance(timedelta(minutes=20))
            world.run()
            places = (paths.report(BAKER.client_id, "monthly", "2026-10"), paths.view(BAKER.client_id, "shop-roi"))
            return faulty, [world.document(path) for path in places]

    counted, told_once = once(None)
    for call in range(1, counted.calls.total() + 1):
        assert once(call)[1] == told_once
    with closing(open_warehouse(f"sqlite:///{tmp_path / 'young.db'}")) as warehouse:
        assert warehouse.results(ResultTable.DECISIONS) == rows
