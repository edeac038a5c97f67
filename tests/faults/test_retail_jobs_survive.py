"""Every job of the shop, broken at every store call and every SQL write, doubled and overlapped, leaves the same."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import postgres
import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.errors import BrainError, LeaseHeldError, LeaseLostError
from brain.ports.sales_warehouse import ShopDatabase
from brain.repositories.clients import Clients
from brain.testing.faulty_store import FaultMode, FaultyStore, ProcessKilled
from brain.testing.faulty_warehouse import FaultyShopDatabase
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.shop_clients import (
    BAKER,
    RIVAL,
    STEPS,
    SUNDAY,
    TIME_LIMIT,
    ShopJobRunner,
    copy_database,
    fill_warehouse,
    open_warehouse,
)

JOBS = tuple(STEPS)
SQL_WRITES = {"brainSignalMagnitude": 2, "brainProductWeather": 0, "brainBacktesting": 2, "brainCuriosity": 1}
DAYS = {"brainSignalMagnitude": 45, "brainProductWeather": 95, "brainBacktesting": 64, "brainCuriosity": 95}
"""As few as let the job find something."""

World = Callable[[str], ShopJobRunner]
Left = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Databases of so many days."""
    folder = tmp_path_factory.mktemp("shops")
    for days in set(DAYS.values()):
        with closing(open_warehouse(f"sqlite:///{folder / f'{days}.db'}")) as warehouse:
            fill_warehouse(warehouse, days)
    return {days: folder / f"{days}.db" for days in DAYS.values()}


def on(url: str) -> ShopJobRunner:
    """A fresh document store that knows the clients, beside a database."""
    clock = ManualClock(SUNDAY)
    store = SqliteStore(":memory:", clock)
    for client in (BAKER, RIVAL):
        Clients(store).put(client)
    return ShopJobRunner(url, store, clock)


@pytest.fixture
def world(filled: dict[int, Path], tmp_path: Path) -> World:
    """Makes the same fresh world with each call."""
    return lambda job: on(copy_database(filled[DAYS[job]], tmp_path))


@pytest.fixture(params=JOBS)
def job(request: pytest.FixtureRequest) -> str:
    """Each job in turn."""
    return str(request.param)


def left(world: ShopJobRunner) -> Left:
    """All rows and documents."""
    return world.read_rows(), world.read_documents()


def clean(world: ShopJobRunner, job: str) -> tuple[Left, int]:
    """Return what a run without faults leaves, and how many store calls it makes."""
    counting = FaultyStore(world.store)
    world.run(job, store=counting)
    return left(world), counting.calls.total()


def broken(world: ShopJobRunner, job: str, **fault: Any) -> ShopJobRunner:
    """Run a job that breaks, and let the dead worker's lease end."""
    with contextlib.suppress(BrainError, ProcessKilled):
        world.run(job, **fault)
    world.clock.sleep((TIME_LIMIT + timedelta(minutes=1)).total_seconds())
    return world


def writing(fail_at: int, mode: FaultMode) -> Callable[[ShopDatabase], ShopDatabase]:
    """Put a breaking database around the shop's."""
    return lambda shop: FaultyShopDatabase(shop, fail_at=fail_at, mode=mode)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [FaultMode.LOSE, FaultMode.KILL, FaultMode.KILL_AFTER])
def test_a_job_broken_at_any_store_call_and_run_again_leaves_the_same(world: World, job: str, mode: FaultMode) -> None:
    """Answered into the void, or killed before or after it was applied."""
    expected, calls = clean(world(job), job)
    for k in range(1, calls + 1):
        simulation = world(job)
        broken(simulation, job, store=FaultyStore(simulation.store, fail_at=k, mode=mode))
        assert simulation.run(job)["status"] == "success", k
        assert left(simulation) == expected, f"{mode} at call {k} of {calls}"


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(FaultMode))
def test_a_job_broken_at_any_write_into_the_database_leaves_the_same(world: World, job: str, mode: FaultMode) -> None:
    """Between the rows and the page too, which cannot be one transaction."""
    expected, _ = clean(world(job), job)
    for k in range(1, SQL_WRITES[job] + 1):
        simulation = broken(world(job), job, wrap=writing(k, mode))
        assert simulation.run(job)["status"] == "success"
        assert left(simulation) == expected, f"{mode} at write {k}"


def test_a_job_run_twice_changes_nothing_and_answers_the_same(world: World, job: str) -> None:
    """The same scheduled time is the same run; another of the same night finds the same."""
    simulation = world(job)
    first = simulation.run(job)
    after = left(simulation)
    assert simulation.run(job) == first | {"repeated": True}
    assert left(simulation) == after
    simulation.clock.sleep(60)
    later = simulation.run(job, scheduled_at=SUNDAY + timedelta(minutes=1))
    assert later == first
    assert simulation.read_rows() == after[0]


def test_jobs_at_once_do_the_work_once(world: World, job: str) -> None:
    """Four workers start the same run; those that find it taken are told to come back."""
    expected, _ = clean(world(job), job)
    simulation = world(job)
    done: list[Any] = []
    held: list[LeaseHeldError] = []

    def start() -> None:
        try:
            done.append(simulation.run(job))
        except LeaseHeldError as error:
            held.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) + len(held) == len(threads)
    assert sum("repeated" not in answer for answer in done) == 1
    assert left(simulation) == expected


def test_a_worker_that_was_overtaken_writes_no_more_rows(world: World, job: str) -> None:
    """Another one took the run over and finished it meanwhile; it learns so before it touches the database."""
    expected, _ = clean(world(job), job)
    simulation = world(job)

    class Overtaken(FaultyShopDatabase):
        """A shop whose first reader falls asleep until another worker has done the run."""

        def stores(self) -> Any:
            """Sleep over the lease."""
            if not slept:
                slept.append(self)
                simulation.clock.sleep(2 * TIME_LIMIT.total_seconds())
                simulation.run(job)
            return self._inner.stores()

    slept: list[FaultyShopDatabase] = []
    with contextlib.suppress(LeaseLostError):
        simulation.run(job, wrap=Overtaken)
    assert slept[0].writes == 0
    assert left(simulation) == expected


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A running PostgreSQL."""
    with postgres.server() as url:
        yield url


@pytest.mark.slow
@pytest.mark.parametrize("job", ["brainSignalMagnitude", "brainCuriosity"])
def test_it_holds_on_postgresql_too(server: str, world: World, job: str) -> None:
    """Killed after each write and run again, and run by several at once: the rows and pages of SQLite."""
    expected, _ = clean(world(job), job)
    with postgres.database(server) as template:
        with closing(open_warehouse(template)) as warehouse:
            fill_warehouse(warehouse, DAYS[job])
        for k in range(1, SQL_WRITES[job] + 1):
            with postgres.database(server, template.rsplit("/", 1)[1]) as url:
                simulation = broken(on(url), job, wrap=writing(k, FaultMode.KILL_AFTER))
                threads = [threading.Thread(target=broken, args=(simulation, job)) for _ in range(3)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                simulation.run(job)
                assert left(simulation) == expected
