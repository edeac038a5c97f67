"""Recording outcomes and learning from them, broken at every call, overtaken, doubled and overlapped, end the same."""

import contextlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from faults.test_jobs_survive import Interrupted

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.clients.client import Client
from brain.domain.jobs.steps import ALL_CLIENTS, LEARNING
from brain.errors import BrainError, ConflictError, LeaseHeldError, LeaseLostError
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.repositories.jobs.runs import Runs
from brain.services.analysis.learn import Learn
from brain.services.analysis.record_outcomes import RecordOutcomes
from brain.services.jobs.run_once import run_once
from brain.testing.faulty_store import FaultMode, FaultyStore, ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.agency import (
    LEARNING_CONFIG,
    LIMIT,
    SCORING,
    START,
    read_learned_documents,
    run_learning,
    simulate_day,
    skip_analysis,
)

CLIENTS = ("acme", "blue")
RECORDING = "brainDailyAnalysis"
# A champion that hardly learns, and a decision after 100 pairs: the learning that is broken here ends a trial, writes
# its evidence and begins a watch.
EARLY = LEARNING_CONFIG.promotion.model_copy(update={"minimum_observations": 100, "tuned_for_observations": 100})
SLOW = LEARNING_CONFIG.step.model_copy(update={"rate": 1e-4, "rate_floor": 1e-4})
CONFIG = LEARNING_CONFIG.model_copy(update={"promotion": EARLY, "step": SLOW})
TAUGHT = 2
WHEN = START + timedelta(days=5, hours=6)


def no_failures(_weights: object) -> tuple[str, ...]:
    """Gold standards that every model meets: the planted world is too strange for the real ones."""
    return ()


def work(job: str, store: Any) -> Callable[..., Any]:
    """Make a job on a store, in small pages, so that there are several commits."""
    if job == RECORDING:
        return RecordOutcomes(store, CONFIG.outcomes, SCORING, skip_analysis, page_size=34)
    return Learn(store, CONFIG, no_failures, page_size=14, batch_outcomes=20)


def run(job: str, store: Any, clock: ManualClock) -> Any:
    """Perform a job's task."""
    client = CLIENTS[0] if job == RECORDING else ALL_CLIENTS
    return run_once(Runs(store), Task(job, client, WHEN, WHEN), work(job, store), time_limit=LIMIT, clock=clock)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Play each job's world once, into a file: matured content, and a backlog of outcomes while a trial is open."""
    folder = tmp_path_factory.mktemp("learning")
    for job in (RECORDING, LEARNING):
        clock = ManualClock(START)
        store = SqliteStore(folder / f"{job}.db", clock, synchronous="OFF")
        for client in CLIENTS:
            Clients(store).put(Client(client, client.title(), "agency"))
        for day in range(4):
            simulate_day(store, clock, day, CLIENTS, 36 if day < TAUGHT else 14, slope=0.1, learning=False)
            if day < TAUGHT:
                run_learning(store, clock, day + 1, config=CONFIG, gold=no_failures)
        if job == RECORDING:
            store.delete(paths.state(CLIENTS[0], "outcomes"))
            for outcome in store.query(paths.outcomes(CLIENTS[0])):
                store.delete(outcome.path)
        store.close()
    return {job: folder / f"{job}.db" for job in (RECORDING, LEARNING)}


@pytest.fixture
def world(files: dict[str, Path], tmp_path: Path) -> Iterator[Callable[[str], tuple[SqliteStore, ManualClock]]]:
    """Open a fresh copy of a job's world, as often as asked."""
    opened: list[SqliteStore] = []

    def fresh(job: str) -> tuple[SqliteStore, ManualClock]:
        for store in opened:
            store.close()
        opened.clear()
        copy = tmp_path / f"copy-{job}.db"
        for left in tmp_path.glob(f"{copy.name}*"):
            left.unlink()
        shutil.copyfile(files[job], copy)
        clock = ManualClock(WHEN)
        opened.append(SqliteStore(copy, clock, synchronous="OFF"))
        return opened[-1], clock

    yield fresh
    for store in opened:
        store.close()


def documents(store: SqliteStore) -> str:
    """Return everything that learning left, as text."""
    return json.dumps(read_learned_documents(store, CLIENTS, ("outcomes", "state")), sort_keys=True, default=str)


@pytest.fixture(params=[RECORDING, LEARNING])
def job(request: pytest.FixtureRequest) -> str:
    """Each job in turn."""
    return str(request.param)


@pytest.fixture
def faultless(job: str, world: Any) -> tuple[str, int]:
    """Return what a run without faults leaves, and how many calls it makes."""
    store, clock = world(job)
    counting = FaultyStore(store)
    run(job, counting, clock)
    return documents(store), counting.calls.total()


def test_the_worlds_have_something_to_break(world: Any) -> None:
    """Several pages of outcomes; and batches of learning in which a trial is decided."""
    store, clock = world(RECORDING)
    run(RECORDING, store, clock)
    assert store.count(paths.outcomes(CLIENTS[0])) > 60
    store, clock = world(LEARNING)
    answer = run(LEARNING, store, clock)
    assert answer["batches"] >= 3
    assert answer["decisions"] >= 1
    assert store.get(paths.model("score")).data["watch"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(FaultMode))
def test_broken_at_any_call_and_taken_up_again_it_ends_in_the_same_documents(
    job: str, mode: FaultMode, faultless: tuple[str, int], world: Any
) -> None:
    """No outcome is recorded twice, learned from twice, or lost; every weight is the same to the last bit."""
    expected, calls = faultless
    for k in range(1, calls + 1):
        store, clock = world(job)
        try:
            run(job, FaultyStore(store, fail_at=k, mode=mode), clock)
        except (BrainError, ProcessKilled):
            clock.advance(LIMIT + timedelta(minutes=1))  # the dead worker's lease ends
        assert run(job, store, clock)["status"] == "success"
        assert documents(store) == expected, f"{mode} at call {k} of {calls}"


def test_done_twice_it_changes_nothing_and_answers_the_same(job: str, world: Any) -> None:
    """The same scheduled time is the same run."""
    store, clock = world(job)
    first = run(job, store, clock)
    after = documents(store)
    assert run(job, store, clock) == first | {"repeated": True}
    assert documents(store) == after


def test_a_worker_that_was_overtaken_writes_nothing_more(job: str, faultless: tuple[str, int], world: Any) -> None:
    """At each of its calls it falls asleep until another worker took the run over and finished it."""
    expected, calls = faultless
    for k in range(2, calls + 1):
        store, clock = world(job)

        def overtake(store: SqliteStore = store, clock: ManualClock = clock) -> None:
            clock.advance(LIMIT * 2)
            run(job, store, clock)

        with contextlib.suppress(LeaseLostError, LeaseHeldError, ConflictError):
            run(job, Interrupted(store, at_call=k, hook=overtake), clock)
        assert documents(store) == expected, f"overtaken before call {k} of {calls}"


def test_workers_at_once_do_the_work_once(job: str, faultless: tuple[str, int], world: Any) -> None:
    """Six threads start the same run; those that find it taken are told to come back."""
    store, clock = world(job)
    held: list[LeaseHeldError] = []

    def start() -> None:
        try:
            run(job, store, clock)
        except LeaseHeldError as error:
            held.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) < 6
    assert documents(store) == faultless[0]


def test_runs_of_two_days_at_once_learn_once_from_each_outcome(
    faultless: tuple[str, int], world: Any, job: str
) -> None:
    """A retried run of yesterday meets today's: whoever comes second starts again from what the first wrote."""
    _, calls = faultless
    for k in range(2, calls, 3):
        store, clock = world(job)
        other = WHEN + timedelta(days=1)
        client = CLIENTS[0] if job == RECORDING else ALL_CLIENTS
        task = Task(job, client, other, other)

        def today(store: SqliteStore = store, clock: ManualClock = clock, task: Task = task) -> None:
            run_once(Runs(store), task, work(job, store), time_limit=LIMIT, clock=clock)

        run(job, Interrupted(store, at_call=k, hook=today), clock)
        assert learned(store, job) == counted(store, job), f"met at call {k} of {calls}"


def learned(store: SqliteStore, job: str) -> tuple[int, ...]:
    """Return how many outcomes the register counts; or the model and the clients' own weights learned from."""
    if job == RECORDING:
        return (store.get(paths.state(CLIENTS[0], "outcomes")).data["recorded"],)  # type: ignore[union-attr] # it is there
    own = sum(s.data["outcomes"] for c in CLIENTS if (s := store.get(paths.state(c, "learning"))))
    return store.get(paths.model("score")).data["state"]["outcomes"], own  # type: ignore[union-attr] # it is there


def counted(store: SqliteStore, job: str) -> tuple[int, ...]:
    """Return the same from the outcomes themselves: all are recorded by then, and all learned from."""
    counts = [store.count(paths.outcomes(client)) for client in CLIENTS]
    return (counts[0],) if job == RECORDING else (sum(counts), sum(counts))


def test_near_its_time_limit_it_stops_cleanly_and_is_resumed(job: str, faultless: tuple[str, int], world: Any) -> None:
    """The first attempt does what it can, the next one the rest; wherever the time is up."""
    expected, calls = faultless
    stopped = 0
    for k in range(2, calls + 1):
        store, clock = world(job)
        slow = Interrupted(store, at_call=k, hook=lambda clock=clock: clock.advance(LIMIT))
        if run(job, slow, clock)["status"] == "stopped":
            stopped += 1
            assert run(job, store, clock)["status"] == "success"
        assert documents(store) == expected, f"stopped after call {k} of {calls}"
    # what follows the last check: the last page of a client, or the commit of the priors
    assert stopped >= (calls // 2 if job == RECORDING else calls - 8)


def test_attempts_that_have_time_for_one_batch_come_to_the_same_end(world: Any) -> None:
    """Every attempt begins where the last one stopped, and none is in vain."""
    store, clock = world(LEARNING)
    batches = run(LEARNING, store, clock)["batches"]
    expected = documents(store)
    store, clock = world(LEARNING)
    attempts = []

    class Slow(FaultyStore):
        """The time is up once a batch is written."""

        def commit(self, writes: Any) -> Any:
            versions = super().commit(writes)
            if any(write.path == paths.model("score") for write in writes):
                clock.advance(LIMIT)
            return versions

    while not attempts or attempts[-1]["status"] == "stopped":
        attempts.append(run(LEARNING, Slow(store), clock))
        assert len(attempts) <= batches + 1
    assert [attempt["batches"] for attempt in attempts] == [*range(1, batches + 1), batches]
    assert documents(store) == expected


def test_a_dry_run_writes_nothing(job: str, world: Any) -> None:
    """Not even the run's own record; it says how many documents it would write."""
    store, clock = world(job)
    before = documents(store)
    client = CLIENTS[0] if job == RECORDING else ALL_CLIENTS
    counting = FaultyStore(store)
    task = Task(job, client, WHEN, WHEN, dry_run=True)
    answer = run_once(Runs(counting), task, work(job, counting), time_limit=LIMIT, clock=clock)
    assert sum(answer["would_write"].values()) > 3
    assert (counting.writes, documents(store)) == (0, before)
