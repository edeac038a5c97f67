"""The local scheduler survives any exception of a job, and the health check reports it."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from brain.domain.feeds.context import FeedContext
from brain.entrypoints import local_scheduler
from brain.entrypoints.local import LocalServer
from brain.errors import StoreUnavailableError
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.lease import Figures, Lease
from brain.services.jobs.run_job import RunJob
from brain.services.jobs.run_once import run_once
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import build_memory_brain, build_post_payload, build_request

HOURLY = "brainHourlyScores"


class RunJobDouble:
    """Records which jobs run, and raises ``error`` while it is set."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.runs: list[str] = []

    def __call__(self, job: str, _scheduled_at: datetime) -> dict[str, Any]:
        """Run a job, or fail."""
        self.runs.append(job)
        if self.error:
            raise self.error
        return {"status": "success"}


def wait_until(is_met: Callable[[], bool]) -> None:
    """Wait for the scheduler's thread, at most ten seconds."""
    deadline = time.monotonic() + 10
    while not is_met():
        assert time.monotonic() < deadline, "the scheduler does not run any more"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("error", "code"),
    [(StoreUnavailableError("the store is away"), "store_unavailable"), (KeyError("a bug"), "internal")],
    ids=["of the brain", "a bug"],
)
def test_the_scheduler_survives_an_exception_and_health_reports_it(
    error: Exception, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next hour runs again; the report goes away with the first run that succeeds."""
    monkeypatch.setattr(local_scheduler, "TICK_SECONDS", 0.01)
    clock = ManualClock(datetime(2026, 11, 24, 9, 30, tzinfo=UTC))
    brain = build_memory_brain(clock)
    run_job = RunJobDouble()
    brain.run_job = run_job  # type: ignore[assignment]
    with TestClient(LocalServer(brain, schedule=True).app()) as http:
        run_job.error = error
        clock.advance(timedelta(hours=1))
        wait_until(lambda: http.get("/api/health").json()["status"] == "degraded")
        answer = http.get("/api/health")
        assert (answer.status_code, answer.json()["failed_jobs"][HOURLY]) == (
            200,
            {"code": code, "since": "2026-11-24T10:00:00+00:00"},
        )
        failed_runs, run_job.error = len(run_job.runs), None
        clock.advance(timedelta(hours=1))
        wait_until(lambda: HOURLY not in http.get("/api/health").json().get("failed_jobs", {}))
        assert len(run_job.runs) > failed_runs


def test_a_bug_at_one_client_leaves_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are scored, the run of the client is recorded and logged as failed, and health has its code."""
    monkeypatch.setattr(local_scheduler, "TICK_SECONDS", 0.01)
    clock = ManualClock(datetime(2026, 11, 24, 9, 30, tzinfo=UTC))
    brain = build_memory_brain(clock)
    for client in ("acme", "broken", "zebra"):
        request = replace(build_request(build_post_payload(1), name=client), client_id=client)
        asyncio.run(brain.ingest(request, FeedContext(client, clock.now())))
    perform = brain.perform

    def perform_or_fail(task: Task) -> Figures:
        if task.client_id != "broken":
            return perform(task)
        return run_once(Runs(brain.store), task, raise_bug, time_limit=timedelta(minutes=1), clock=clock)

    brain.run_job = RunJob(brain.dispatch, perform_or_fail, brain.report_error)
    logged: list[tuple[str, Any]] = []
    brain.log = lambda event, **fields: logged.append((event, fields))
    with TestClient(LocalServer(brain, schedule=True).app()) as http:
        clock.advance(timedelta(hours=1))
        wait_until(lambda: http.get("/api/health").json()["status"] == "degraded")
        assert http.get("/api/health").json()["failed_jobs"][HOURLY] == {
            "code": "internal",
            "since": "2026-11-24T10:00:00+00:00",
            "clients": 1,
        }
        runs = {run.data["client_id"]: run.data for run in brain.store.query(paths.RUNS) if run.data["job"] == HOURLY}
        assert {client: run["status"] for client, run in runs.items()} == {
            "acme": "done", "broken": "failed", "zebra": "done",
        }  # fmt: skip
        assert runs["broken"]["result"] == {"error_code": "internal"}
    (failure,) = [fields for event, fields in logged if event == "task_failed"]
    assert (failure["job"], failure["client_id"], failure["error_code"]) == (HOURLY, "broken", "internal")
    assert failure["severity"] == "WARNING"


def test_a_run_that_another_process_is_at_has_not_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator's ``brain run`` was first; the weekly report would count as failed for a week."""
    monkeypatch.setattr(local_scheduler, "TICK_SECONDS", 0.01)
    clock = ManualClock(datetime(2026, 11, 24, 9, 30, tzinfo=UTC))
    brain = build_memory_brain(clock)
    asyncio.run(brain.ingest(build_request(build_post_payload(1), name="one"), FeedContext("acme", clock.now())))
    clock.advance(timedelta(minutes=30))
    Runs(brain.store).acquire(HOURLY, "acme", clock.now(), now=clock.now(), lease=timedelta(seconds=90))
    clock.advance(timedelta(minutes=-1))
    ended: list[tuple[str, str]] = []
    brain.log = lambda event, **fields: ended.append((event, fields.get("job", "")))
    with TestClient(LocalServer(brain, schedule=True).app()) as http:
        clock.advance(timedelta(minutes=1))
        wait_until(lambda: ("scheduled_job_done", HOURLY) in ended)
        assert http.get("/api/health").json() == {"status": "ok"}


def test_a_slow_job_delays_no_other_and_never_runs_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hourly job hangs for two hours; what is due at six runs at six, the hourly one once it has ended."""
    monkeypatch.setattr(local_scheduler, "TICK_SECONDS", 0.01)
    clock = ManualClock(datetime(2026, 11, 24, 4, 30, tzinfo=UTC))
    brain = build_memory_brain(clock)
    released = threading.Event()
    runs: list[tuple[str, int]] = []

    def run_job(job: str, scheduled_at: datetime) -> dict[str, Any]:
        runs.append((job, scheduled_at.hour))
        if job == HOURLY and scheduled_at.hour == 5:
            assert released.wait(10)
        return {"status": "success"}

    brain.run_job = run_job  # type: ignore[assignment]
    with TestClient(LocalServer(brain, schedule=True).app()):
        clock.advance(timedelta(hours=1))
        wait_until(lambda: (HOURLY, 5) in runs)
        clock.advance(timedelta(hours=1))
        wait_until(lambda: ("brainDailyAnalysis", 6) in runs)
        assert [hour for job, hour in runs if job == HOURLY] == [5]
        released.set()
        wait_until(lambda: (HOURLY, 6) in runs)
    assert [hour for job, hour in runs if job == HOURLY] == [5, 6]


def test_a_clock_that_is_set_back_does_not_end_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was ten years ahead for a while; from then on, each hour of the right clock runs."""
    monkeypatch.setattr(local_scheduler, "TICK_SECONDS", 0.01)
    clock = ManualClock(datetime(2026, 11, 24, 4, 30, tzinfo=UTC))
    brain = build_memory_brain(clock)
    hours: list[datetime] = []

    def run_job(job: str, scheduled_at: datetime) -> dict[str, Any]:
        hours.extend([scheduled_at] if job == HOURLY else [])
        return {"status": "success"}

    brain.run_job = run_job  # type: ignore[assignment]
    with TestClient(LocalServer(brain, schedule=True).app()):
        clock.time = datetime(2036, 11, 24, 4, 30, tzinfo=UTC)
        wait_until(lambda: len(hours) == 1)
        clock.time = datetime(2026, 11, 24, 4, 31, tzinfo=UTC)
        time.sleep(0.2)  # some ticks, in which nothing is due
        clock.time = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
        wait_until(lambda: len(hours) == 2)
    assert [(hour.year, hour.hour) for hour in hours] == [(2036, 4), (2026, 5)]


def raise_bug(_lease: Lease) -> Figures:
    """Fail as a bug does."""
    raise KeyError("a bug at one client")


def test_health_without_a_scheduler_reports_no_jobs() -> None:
    """As deployed."""
    with TestClient(LocalServer(build_memory_brain(), schedule=False).app()) as http:
        assert http.get("/api/health").json() == {"status": "ok"}
