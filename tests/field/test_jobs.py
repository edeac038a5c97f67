"""What happens to scheduled runs in the field, tried on the real services with a queue and a clock in virtual time."""

import asyncio
import builtins
import contextlib
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from field.busy_queues import BusySite
from field.job_site import JobSite

from brain import errors
from brain.adapters.sqlite import schema
from brain.adapters.sqlite.store import SqliteStore
from brain.domain.jobs.runs import HEARTBEAT_PERIOD, LEASE_DURATION
from brain.domain.jobs.schedule import last_due
from brain.entrypoints import local_scheduler
from brain.repositories import paths
from brain.repositories.gateway.ingest_counters import build_activity_marks
from brain.repositories.jobs.dispatches import Dispatches
from brain.repositories.jobs.runs import OPEN_UNTIL, Runs
from brain.services.jobs.heartbeat import beat_in_thread
from brain.services.jobs.lease import Lease
from brain.settings.scheduler import read_scheduler
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import build_memory_brain

START = datetime(2026, 11, 24, 6, tzinfo=UTC)
DIRECTORY = Path(__file__).parent / "jobs"


def load(name: str) -> Any:
    """Return the parameters of the cases of a file."""
    cases = yaml.safe_load((DIRECTORY / name).read_text("utf-8"))
    params = [pytest.param(case, marks=pytest.mark.slow) if case.get("slow") else case for case in cases]
    return pytest.mark.parametrize("case", params, ids=[case["id"] for case in cases])


def check(case: dict[str, Any], outcome: dict[str, Any]) -> None:
    """Compare with the right outcome; with a known fault the wrong one is expected, until the fault is fixed."""
    if "known_fault" in case:
        assert {name: outcome[name] for name in case["actual"]} == case["actual"]
        assert case["actual"] != {name: case["expect"][name] for name in case["actual"]}, "remove known_fault"
    else:
        assert {name: outcome[name] for name in case["expect"]} == case["expect"]


@load("runs.yaml")
def test_a_run_from_the_field_ends_right(case: dict[str, Any]) -> None:
    """It is done once or left as one dead letter, whatever happens to its workers."""
    job, unreachable = case.get("job", "brainDailyAnalysis"), case.get("unreachable", 0)
    site = JobSite(job, case["attempts"], START, unreachable=unreachable)
    for flag in case.get("disabled", ()):
        site.store.set(paths.feature(flag), {"enabled": False})
    for number in range(case.get("unreadable", 0)):
        site.store.set(f"{paths.RUNS}/unreadable-{number}", {OPEN_UNTIL: START - timedelta(days=1), "status": "paused"})
    site.start_run()
    for copy in case.get("copies", ()):
        site.redeliver_at(copy["at"], ahead=copy.get("ahead", 0), retry_count=copy.get("retry_count", 0))
    if "second_run_after_hours" in case:
        site.at(START + timedelta(hours=case["second_run_after_hours"]), site.start_run)
    hours = case.get("hours", 3)
    site.dispatch_every_hour(hours)
    site.run_until(START + timedelta(hours=hours, minutes=59))
    check(case, site.summarize())


@load("schedules.yaml")
def test_calls_of_the_scheduler_from_the_field_make_the_right_runs(case: dict[str, Any]) -> None:
    """Each run once, also after calls that came twice, failed or did not come."""
    site = JobSite(case["job"], [[]], START, failing_share=case.get("failing_share", 0))
    active_at = START + timedelta(minutes=case.get("active", -60))
    for number in range(case.get("clients", 1)):
        for mark in build_activity_marks(f"client-{number}", active_at):
            site.store.set(mark.path, mark.data, merge=True)
    if "last_dispatch_hours_ago" in case:
        Dispatches(site.store).record({case["job"]: START - timedelta(hours=case["last_dispatch_hours_ago"])})
    begin, end = case.get("store_away", (0, 0))
    site.at(START + timedelta(minutes=begin), partial(setattr, site.store, "is_away", begin < end))
    site.at(START + timedelta(minutes=end), partial(setattr, site.store, "is_away", False))
    for minutes in case["calls"]:
        call_until_it_succeeds(site, case["job"], START + timedelta(minutes=minutes), [1, 2, 4])
    first, last = case.get("hourly", (1, 4))
    for hour in range(first, last):
        call_until_it_succeeds(site, "brainHourlyScores", START + timedelta(hours=hour), [1, 2, 4])
    site.run_until(START + timedelta(hours=last))
    check(case, site.summarize())


def call_until_it_succeeds(site: JobSite, job: str, time: datetime, delays: list[int]) -> None:
    """Call a scheduled function, and again after a failure, as Cloud Scheduler does."""
    scheduled_at = time.replace(minute=0)

    def call() -> None:
        if site.dispatch(job, scheduled_at) != 200 and delays:
            site.at(site.clock.now() + timedelta(minutes=delays.pop(0)), call)

    site.at(time, call)


@load("transitions.yaml")
def test_a_schedule_runs_as_often_as_it_should_when_the_clocks_change(case: dict[str, Any]) -> None:
    """Schedules are in UTC, which has no such nights; the deployment says so to Cloud Scheduler."""
    zone = ZoneInfo(case["zone"])
    begin, end = (datetime.combine(night, datetime.min.time(), zone).astimezone(UTC) for night in case["nights"])
    minutes = range(int((end - begin) / timedelta(minutes=1)))
    runs = sorted({last_due(case["schedule"], begin + timedelta(minutes=minute)) for minute in minutes})
    runs = [run for run in runs if begin <= run < end]
    distances = [(later - earlier) / timedelta(hours=1) for earlier, later in pairwise(runs)]
    outcome = {"runs": len(runs), "shortest_hours": min(distances), "longest_hours": max(distances)}
    check(case, outcome)


@load("queues.yaml")
def test_clients_in_a_busy_queue_of_the_field_are_done_in_time(case: dict[str, Any]) -> None:
    """Those that hang or fail must not make the others late."""
    site = BusySite(case)
    site.run_for(case.get("hours", 8))
    check(case, site.report(case["lateness"]))


@load("heartbeats.yaml")
def test_a_heartbeat_of_the_field_goes_on_while_it_can(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ends without a reason lets a second worker take the run over."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    left = list(case["errors"])
    has_gone_on = threading.Event()

    def beat() -> bool:
        if left:
            name = left.pop(0)
            raise getattr(errors, name, None)(name) if hasattr(errors, name) else getattr(builtins, name)(name)
        has_gone_on.set()
        return False

    with beat_in_thread(beat, timedelta(milliseconds=1)):
        for thread in [thread for thread in threading.enumerate() if thread.name == "heartbeat"]:
            thread.join(10)  # it may have ended already
    check(case, {"goes_on": has_gone_on.is_set()})


class CountingClock(ManualClock):
    """Counts how often it is read, once per tick of each schedule."""

    reads = 0

    def now(self) -> datetime:
        """Return the time."""
        self.reads += 1
        return super().now()


class JobsDouble:
    """Records the times for which one job runs, and raises at the first."""

    def __init__(self, job: str, error: type[BaseException] | None) -> None:
        self.job = job
        self.error = error
        self.runs: list[str] = []

    def __call__(self, job: str, scheduled_at: datetime) -> dict[str, Any]:
        """Run a job, or fail."""
        if job == self.job:
            self.runs.append(f"{scheduled_at:%H:%M}")
            if self.error and len(self.runs) == 1:
                raise self.error("in the job")
        return {"status": "success"}


@load("local.yaml")
def test_the_local_scheduler_of_the_field_runs_what_is_due(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Late is better than never, and one job's exception is no concern of the next run."""
    monkeypatch.setattr(local_scheduler, "TICK_SECONDS", 0.001)
    clock = CountingClock(to_time(case["start"]))
    brain = build_memory_brain(clock)
    error = {"KeyError": KeyError, "CancelledError": asyncio.CancelledError}.get(case.get("raise", ""))
    brain.run_job = jobs = JobsDouble(case["job"], error)  # type: ignore[assignment]
    if "last_run" in case:
        brain.store.set(paths.run(case["job"], "acme", datetime.fromisoformat(case["last_run"])), {"status": "done"})
    scheduler = local_scheduler.LocalScheduler(read_scheduler(), brain)
    asyncio.run(tick(scheduler, clock, [to_time(text) for text in case["times"]]))
    check(case, {"runs": jobs.runs, "failed": case["job"] in scheduler.failures})


async def tick(scheduler: local_scheduler.LocalScheduler, clock: CountingClock, times: list[datetime]) -> None:
    """Let each schedule see each of the times, and do its job, several times."""
    task = asyncio.create_task(scheduler.run())
    async with asyncio.timeout(60):
        for time in (clock.now(), *times):
            clock.time = time
            enough = clock.reads + 100 * len(scheduler.table.scheduled)
            while clock.reads < enough:  # noqa: ASYNC110 - a clock has no event
                await asyncio.sleep(0.001)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def to_time(text: str) -> datetime:
    """Return a time of the day of the cases."""
    return datetime.fromisoformat(f"2026-11-24T{text}:00+00:00")


@load("locks.yaml")
def test_a_run_survives_a_lock_of_the_field(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The beats fail, the run goes on."""
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_SECONDS", 0.01)
    clock = ManualClock(START)
    store = SqliteStore(str(tmp_path / "brain.db"), clock)
    runs = Runs(store)
    run, version = runs.acquire("brainDailyAnalysis", "acme", START, now=START, lease=LEASE_DURATION)
    lease = Lease(runs, run, version, clock=clock, time_limit=timedelta(minutes=10))
    failed_beats = 0
    with contextlib.closing(sqlite3.connect(tmp_path / "brain.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(case["beats"]):
            clock.advance(HEARTBEAT_PERIOD)
            try:
                lease.beat()
            except errors.StoreUnavailableError:
                failed_beats += 1
        other.execute("ROLLBACK")
    lease.finish([], {})
    record = store.get(paths.run("brainDailyAnalysis", "acme", START))
    store.close()
    assert record is not None
    check(case, {"status": record.data["status"], "attempt": record.data["attempt"], "failed_beats": failed_beats})
