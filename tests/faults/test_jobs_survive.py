"""Every job, broken at every call it makes, overtaken, doubled and overlapped, ends in the same documents."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from brain.adapters.html_report import render
from brain.adapters.sqlite.store import SqliteStore
from brain.domain.anomaly import AnomalyConfig
from brain.domain.days.config import AnalysisConfig
from brain.domain.learning.config import LearningConfig
from brain.domain.scoring import ScoringConfig
from brain.errors import BrainError, ConflictError, LeaseHeldError, LeaseLostError
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.jobs.runs import Runs
from brain.services.analysis.daily_analysis import DailyAnalysis
from brain.services.analysis.hourly_scores import HourlyScores
from brain.services.analysis.weekly_report import WeeklyReport
from brain.services.jobs.run_once import run_once
from brain.settings.files import load_config
from brain.testing.faulty_store import FaultMode, FaultyStore, ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.client import CLIENT, MONDAY, build_event, fill_store, read_documents, store_events

SCORING = load_config("brain_scoring", ScoringConfig)
ANALYSIS = load_config("brain_analysis", AnalysisConfig)
DETECTOR = load_config("brain_anomaly", AnomalyConfig)
LEARNING = load_config("brain_learning", LearningConfig)
LIMIT = timedelta(minutes=5)
JOBS = ("brainHourlyScores", "brainDailyAnalysis", "brainWeeklyReport")


def raised(part: str, error: Exception) -> None:
    """No section of these worlds may fail."""
    raise AssertionError(part) from error


def work(job: str, store: DocumentStore) -> Callable[..., Any]:
    """Make a job on a store; the hourly one in small pages, so that there are several."""
    if job == "brainHourlyScores":
        return HourlyScores(store, SCORING, LEARNING.outcomes, page_size=20)
    if job == "brainDailyAnalysis":
        return DailyAnalysis(store, ANALYSIS, DETECTOR, raised)
    return WeeklyReport(store, ANALYSIS, DETECTOR, raised, render)


def run(job: str, store: DocumentStore, clock: ManualClock, hours: int = 9) -> Any:
    """Perform a job's task."""
    scheduled_at = MONDAY + timedelta(hours=hours)
    task = Task(job, CLIENT, scheduled_at, scheduled_at)
    return run_once(Runs(store), task, work(job, store), time_limit=LIMIT, clock=clock)


def world(job: str) -> tuple[SqliteStore, ManualClock]:
    """Make a store in which a job has something to do: events, one of them revised after it was scored."""
    clock = ManualClock(MONDAY + timedelta(hours=9))
    store = SqliteStore(":memory:", clock)
    fill_store(store, days=16)
    run("brainHourlyScores", store, clock, hours=1)
    late = build_event(1, MONDAY - timedelta(days=2), engagements=999)
    store.update(paths.event(CLIENT, "e1"), {"engagements": 999, "revision": 1, "unscored": True})
    store_events(
        store, *(build_event(500 + k, MONDAY - timedelta(days=1, hours=k % 12)) for k in range(45)), late_sibling(late)
    )
    if job != "brainHourlyScores":
        run("brainHourlyScores", store, clock, hours=8)
    return store, clock


def late_sibling(late: Any) -> Any:
    """Make an event of a day that left the window long ago."""
    return build_event(900, late.occurred_at - timedelta(days=60))


@pytest.fixture(params=JOBS)
def job(request: pytest.FixtureRequest) -> str:
    """Each job in turn."""
    return str(request.param)


def faultless(job: str) -> tuple[dict[str, Any], int]:
    """Return what a run without faults leaves, and how many calls it makes."""
    store, clock = world(job)
    counting = FaultyStore(store)
    run(job, counting, clock)
    return read_documents(store), counting.calls.total()


def broken_runs(job: str, calls: int, mode: FaultMode) -> Iterator[tuple[int, SqliteStore, ManualClock]]:
    """Yield worlds in which the run broke at its k-th call."""
    for k in range(1, calls + 1):
        store, clock = world(job)
        try:
            run(job, FaultyStore(store, fail_at=k, mode=mode), clock)
        except (BrainError, ProcessKilled):
            clock.advance(LIMIT + timedelta(minutes=1))  # the dead worker's lease ends
        yield k, store, clock


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(FaultMode))
def test_a_job_broken_at_any_call_and_taken_up_again_ends_in_the_same_documents(job: str, mode: FaultMode) -> None:
    """Refused, answered into the void, or killed before or after it was applied."""
    expected, calls = faultless(job)
    for k, store, clock in broken_runs(job, calls, mode):
        answer = run(job, store, clock)
        assert answer["status"] == "success", k
        assert read_documents(store) == expected, f"{mode} at call {k} of {calls}"


def test_a_run_done_twice_changes_nothing_and_answers_the_same(job: str) -> None:
    """The same scheduled time is the same run."""
    store, clock = world(job)
    first = run(job, store, clock)
    after = read_documents(store)
    second = run(job, store, clock)
    assert second == first | {"repeated": True}
    assert read_documents(store) == after


@pytest.mark.slow
def test_a_worker_that_was_overtaken_writes_nothing_more(job: str) -> None:
    """At each of its calls it falls asleep until another worker took the run over and finished it."""
    expected, calls = faultless(job)
    for k in range(2, calls + 1):
        store, clock = world(job)

        def overtake(store: SqliteStore = store, clock: ManualClock = clock) -> None:
            clock.advance(LIMIT * 2)
            run(job, store, clock)

        sleeper = Interrupted(store, at_call=k, hook=overtake)
        with contextlib.suppress(LeaseLostError, LeaseHeldError, ConflictError):
            run(job, sleeper, clock)
        assert read_documents(store) == expected, f"overtaken before call {k} of {calls}"


def test_two_workers_at_once_do_the_work_once(job: str) -> None:
    """Eight threads start the same run; those that find it taken are told to come back."""
    expected, _ = faultless(job)
    store, clock = world(job)
    held: list[LeaseHeldError] = []
    done: list[Any] = []

    def start() -> None:
        try:
            done.append(run(job, store, clock))
        except LeaseHeldError as error:
            held.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) + len(held) == 8
    assert sum("repeated" not in answer for answer in done) == 1
    assert read_documents(store) == expected


def test_a_dry_run_says_what_it_would_write_and_writes_nothing(job: str) -> None:
    """Not even the run's own record."""
    store, clock = world(job)
    before = read_documents(store)
    scheduled_at = MONDAY + timedelta(hours=9)
    task = Task(job, CLIENT, scheduled_at, scheduled_at, dry_run=True)
    counting = FaultyStore(store)
    answer = run_once(Runs(counting), task, work(job, counting), time_limit=LIMIT, clock=clock)
    assert sum(answer["would_write"].values()) > 1
    assert counting.writes == 0
    assert read_documents(store) == before


def test_a_run_near_its_time_limit_stops_cleanly_and_is_resumed() -> None:
    """The first attempt scores what it can; the next one the rest, and the figures add up."""
    expected, _ = faultless("brainHourlyScores")
    store, clock = world("brainHourlyScores")

    def late() -> None:
        clock.advance(LIMIT)

    slow = Interrupted(store, at_call=8, hook=late)
    assert run("brainHourlyScores", slow, clock)["status"] == "stopped"
    answer = run("brainHourlyScores", store, clock)
    assert (answer["scored"], answer["revised"]) == (47, 1)
    assert read_documents(store) == expected


class Interrupted:
    """A store before whose ``at_call``-th call something happens."""

    def __init__(self, inner: DocumentStore, *, at_call: int, hook: Callable[[], Any]) -> None:
        self._inner = inner
        self._left = at_call
        self._hook = hook

    def __getattr__(self, name: str) -> Any:
        """Pass the call on, after the hook when its turn has come."""
        method = getattr(self._inner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                self._hook()
            return method(*args, **kwargs)

        return call
