"""The shop's jobs: what they answer, keep and publish, for one client's stores and nobody else's."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.clients.client import Client
from brain.domain.retail.series import Store
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.services.retail import resumable_job
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.shop_clients import (
    BAKER,
    LAST_DAY,
    NEW_YORK,
    RIVAL,
    SALES_HEADER,
    STEPS,
    SUNDAY,
    ShopJobRunner,
    copy_database,
    describe_stores,
    fill_warehouse,
    import_lines,
    open_warehouse,
)

JOBS = tuple(STEPS)
CALENDAR, SIGNALS, BACKTEST, FINDINGS = "shop-calendar", "shop-signals", "shop-backtest", "shop-findings"
DOCUMENT_BYTES = 1_048_576


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with 200 days of both clients' stores."""
    path = tmp_path_factory.mktemp("shop") / "filled.db"
    with closing(open_warehouse(f"sqlite:///{path}")) as warehouse:
        fill_warehouse(warehouse)
    return path


@pytest.fixture
def store(clock: ManualClock) -> Iterator[SqliteStore]:
    """A store in memory that knows both clients and one without stores."""
    clock.advance(SUNDAY - clock.now())
    store = SqliteStore(":memory:", clock)
    for client in (BAKER, RIVAL, Client("agency", "An agency")):
        Clients(store).put(client)
    yield store
    store.close()


@pytest.fixture
def world(filled: Path, tmp_path: Path, store: SqliteStore, clock: ManualClock) -> ShopJobRunner:
    """The filled database and the store."""
    return ShopJobRunner(copy_database(filled, tmp_path), store, clock)


@pytest.fixture
def empty(tmp_path: Path, store: SqliteStore, clock: ManualClock) -> ShopJobRunner:
    """A migrated database without a row, and the store."""
    world = ShopJobRunner(f"sqlite:///{tmp_path / 'empty.db'}", store, clock)
    with closing(open_warehouse(world.url)) as warehouse:
        warehouse.upgrade()
    return world


def view(world: ShopJobRunner, page: str, client: str = BAKER.client_id) -> dict[str, Any]:
    """What a page shows."""
    document = world.store.get(paths.view(client, page))
    assert document is not None
    return document.data


def test_signal_magnitude_measures_keeps_and_publishes(world: ShopJobRunner) -> None:
    """The lifts of both stores and their chain, and the next fourteen days of each, from the last day that ended."""
    run_result = world.run("brainSignalMagnitude")
    assert (run_result["status"], run_result["day"], run_result["stores"], run_result["notes"]) == (
        "success",
        "2026-11-21",
        2,
        [],
    )
    signals, calendar = view(world, SIGNALS), view(world, CALENDAR)
    assert {row["store_id"] for row in signals["rows"]} == {"north", "south", "*"}
    assert signals["as_of"] == SUNDAY
    assert signals["known_until"] == "2026-11-21"
    assert [row["day"] for row in calendar["rows"] if row["store_id"] == "north"] == [
        (LAST_DAY + timedelta(days=index)).isoformat() for index in range(14)
    ]
    rows = world.read_rows()
    assert len(rows["brain_predictions"]) == run_result["days_ahead"] == 28
    assert len(rows["brain_signal_magnitudes"]) == run_result["signals"]


def test_product_weather_publishes_three_pages(world: ShopJobRunner) -> None:
    """The cake that rain spoils in north is claimed; hours and pairs of stores have pages of their own."""
    run_result = world.run("brainProductWeather")
    spoiled = [row for row in view(world, "shop-product-weather")["rows"] if row["claimed"]]
    assert ("north", "cake", "rain") in {(row["store_id"], row["product_id"], row["reading"]) for row in spoiled}
    assert run_result["hours"] == len(view(world, "shop-time-of-day")["hours"])
    assert run_result["pairs"] == len(view(world, "shop-cross-store")["rows"])


def test_backtesting_scores_a_young_shop_after_eight_weeks(world: ShopJobRunner) -> None:
    """Always beside the naive rule; stores on the page, products in the tables."""
    run_result = world.run("brainBacktesting")
    page = view(world, BACKTEST)
    assert page["start"] == "2026-07-02"
    assert page["end"] == "2026-11-21"
    assert {score["store_id"] for score in page["series"]} == {"north", "south"}
    assert run_result["mape"] == page["overall"]["mape"] < page["overall"]["seasonal_naive"]["mape"]
    rows = {(row["store_id"], row["product_id"]) for row in world.read_rows()["brain_backtest_results"]}
    assert rows == {(s, p) for s in ("north", "south") for p in ("*", "bread", "cake")} | {("*baker", "*")}


def test_curiosity_keeps_every_question_and_publishes_those_that_stand(world: ShopJobRunner) -> None:
    """The tables keep what found nothing too; a day's later night updates the same entries."""
    run_result = world.run("brainCuriosity")
    page = view(world, FINDINGS)
    assert page["counts"]["lead"] == run_result["leads"] > 0
    assert len(world.read_rows()["brain_hypotheses"]) == sum(page["counts"].values())
    entries = {path: document for path, document in world.read_documents().items() if "/ledger/" in path}
    assert len(entries) == len(page["hypotheses"])
    assert {document["kind"] for document in entries.values()} == {"hypothesis"}


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
def test_a_client_sees_no_rows_of_another(world: ShopJobRunner, filled: Path, tmp_path: Path, job: str) -> None:
    """Results, pages and ledger are those of a database in which the other client's stores never were."""
    world.run(job, client_id=RIVAL.client_id, scheduled_at=SUNDAY - timedelta(days=1))
    world.run(job)
    alone = ShopJobRunner(
        copy_database(filled, tmp_path, "alone.db"), SqliteStore(":memory:", world.clock), world.clock
    )
    Clients(alone.store).put(BAKER)
    alone.run(job)
    assert world.read_documents() == alone.read_documents()
    assert "east" not in json.dumps(world.read_documents(), default=str)
    assert "secret party" not in json.dumps(world.read_documents(), default=str)
    owned = {"north", "south", "*baker"}
    for table, rows in alone.read_rows().items():
        assert [row for row in world.read_rows()[table] if row["store_id"] in owned] == rows
        assert {row["store_id"] for row in world.read_rows()[table]} <= owned | {"east", "*rival"}


@pytest.mark.parametrize("job", JOBS)
def test_a_client_without_stores_has_no_retail_work(world: ShopJobRunner, job: str) -> None:
    """Its task is done, and says why there was nothing to do; the database is not even opened."""
    world.url = "sqlite:////nowhere/at/all.db"
    assert world.run(job, client_id="agency") == {"status": "success", "stores": 0, "notes": ["no stores"]}


@pytest.mark.parametrize("job", JOBS)
def test_a_dry_run_counts_rows_and_documents_and_writes_neither(world: ShopJobRunner, job: str) -> None:
    """What it would write is what the run then writes."""
    before = (world.read_rows(), world.read_documents())
    would = world.run(job, dry_run=True)["would_write"]
    assert (world.read_rows(), world.read_documents()) == before
    world.run(job)
    after = {table: len(rows) for table, rows in world.read_rows().items() if rows}
    kinds = [path.split("/")[2] for path in world.read_documents()]
    assert would == after | {kind: kinds.count(kind) for kind in set(kinds)}


@pytest.mark.parametrize("job", JOBS)
def test_what_is_published_fits_and_is_plain(world: ShopJobRunner, job: str) -> None:
    """No page is near a document's limit, and all of it is JSON but the time it is of."""
    world.run(job)
    for path, document in world.read_documents().items():
        assert document["as_of"] == SUNDAY, path
        text = json.dumps({name: value for name, value in document.items() if name != "as_of"}, allow_nan=False)
        assert len(text) < DOCUMENT_BYTES / 2


def test_an_older_run_done_again_does_not_turn_a_page_back(world: ShopJobRunner) -> None:
    """Its rows are kept under their own day; the page stays that of the later run."""
    world.run("brainSignalMagnitude")
    documents = world.read_documents()
    world.run("brainSignalMagnitude", scheduled_at=SUNDAY - timedelta(days=7))
    assert world.read_documents() == documents
    assert {row["cutoff"].day for row in world.read_rows()["brain_predictions"]} == {14, 21}


def test_the_next_night_goes_on_from_the_last(world: ShopJobRunner) -> None:
    """Leads wait, effects keep the day since when they are claimed, and pages move on."""
    for nights in range(2):
        for job in ("brainSignalMagnitude", "brainCuriosity"):
            world.run(job, scheduled_at=SUNDAY - timedelta(days=1 - nights))
    claimed = [row for row in world.read_rows()["brain_signal_magnitudes"] if row["claimed"]]
    assert {row["as_of"].day for row in claimed} == {20, 21}
    assert min(row["since"].day for row in claimed if row["as_of"].day == 21) == 20
    assert view(world, FINDINGS)["night"] == "2026-11-21"


def test_a_shop_near_its_time_limit_stops_between_steps_and_is_resumed(world: ShopJobRunner) -> None:
    """The first attempt publishes what it has; the next one does only the rest."""
    assert world.run("brainProductWeather", time_limit=timedelta(seconds=20))["status"] == "stopped"
    assert world.read_documents() == {}
    assert world.run("brainProductWeather")["status"] == "success"
    assert len(world.read_documents()) == 3


@pytest.mark.parametrize("job", JOBS)
def test_a_shop_without_a_sale_is_told_so(empty: ShopJobRunner, job: str) -> None:
    """An empty table is no failure: the page says what is missing, and the run is done."""
    run_result = empty.run(job)
    assert run_result["status"] == "success"
    assert run_result["stores"] == 0
    assert "the database has no store north" in run_result["notes"]
    assert any("there are no sales" in note for note in run_result["notes"])
    for document in empty.read_documents().values():
        assert "there are no sales" in document["note"]
        assert document["known_until"] is None


def test_a_shop_whose_sales_stopped_is_not_forecast_into_the_past(world: ShopJobRunner) -> None:
    """After a few days the calendar still begins today; after a month it says since when nothing came."""
    world.clock.advance(timedelta(days=60))
    world.run("brainSignalMagnitude", scheduled_at=SUNDAY + timedelta(days=5))
    rows = view(world, CALENDAR)["rows"]
    assert rows[0]["day"] == "2026-11-27"
    assert len(rows) == 28
    run_result = world.run("brainSignalMagnitude", scheduled_at=SUNDAY + timedelta(days=60))
    assert any("no sales since 2026-11-22" in note for note in run_result["notes"])
    assert view(world, CALENDAR)["rows"] == []


def test_the_day_of_a_shop_ends_when_it_has_ended_in_all_its_zones(empty: ShopJobRunner) -> None:
    """At 04:00 UTC it is Sunday in Berlin and still Saturday in New York, whose evening's sales are not in yet."""
    with empty.open_warehouse() as warehouse:
        describe_stores(warehouse, [Store("north", "Europe/Berlin"), Store("south", NEW_YORK)])
        lines = [
            f"{store},{LAST_DAY - timedelta(days=index)},bread,,1,10\n" for store in BAKER.stores for index in range(40)
        ]
        import_lines(warehouse, sales=[SALES_HEADER, *lines])
    assert empty.run("brainCuriosity", scheduled_at=SUNDAY - timedelta(hours=1))["day"] == "2026-11-20"
    assert empty.run("brainCuriosity", scheduled_at=SUNDAY)["day"] == "2026-11-21"


@pytest.mark.parametrize("job", JOBS)
def test_what_is_more_than_a_commit_takes_is_written_in_several(
    world: ShopJobRunner, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    """With the same documents in the end."""
    world.run(job)
    with closing(SqliteStore(":memory:", world.clock)) as other_store:
        Clients(other_store).put(BAKER)
        other = ShopJobRunner(copy_database(filled, tmp_path, "other.db"), other_store, world.clock)
        monkeypatch.setattr(resumable_job, "MAX_WRITES_PER_COMMIT", 1)
        other.run(job)
        assert other.read_documents() == world.read_documents()
