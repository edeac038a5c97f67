"""Handlers of calls and tasks: bad bodies are told to the caller, failures are logged, nothing is lost in silence."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from brain.bootstrap import Brain
from brain.entrypoints import http, local_scheduler
from brain.entrypoints.api import ApiHttp
from brain.entrypoints.http import Request
from brain.entrypoints.jobs.handlers import RETRY_COUNT, ScheduledHttp, WorkerHttp
from brain.entrypoints.local import LocalServer
from brain.errors import ConflictError, LeaseHeldError, MisconfiguredError, StoreRefusedError, StoreUnavailableError
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.enqueue_runs import MAX_ATTEMPTS
from brain.services.jobs.perform import InProcessQueue, TaskPerformer
from brain.testing.faulty_store import FaultyStore
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import NOW, build_memory_brain

TASK = {"job": "brainHourlyScores", "client_id": "acme", "scheduled_at": "2026-11-22T05:00:00Z"}
Logged = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def brain() -> Iterator[Brain]:
    """A whole Brain in memory."""
    built = build_memory_brain()
    yield built
    built.store.close()


@pytest.fixture
def logged(brain: Brain, monkeypatch: pytest.MonkeyPatch) -> Logged:
    """What the Brain logs."""
    entries: Logged = []
    monkeypatch.setattr(brain, "log", lambda event, **fields: entries.append((event, fields)))
    return entries


def post(body: object, **headers: str) -> Request:
    """Build a POST request with a JSON body."""
    return Request("POST", "/", headers, json.dumps(body).encode())


BAD_BODIES = [
    ([], "the body must be empty or a JSON object .*, got list"),
    (TASK | {"scheduled_at": "soon"}, "scheduled_at must be ISO 8601 with an offset, got 'soon'"),
    (TASK | {"scheduled_at": "2026-11-22T05:00:00"}, "scheduled_at must have an offset such as Z"),
    (TASK | {"client_id": "../x"}, "client_id must be 1 to 64 letters"),
    (TASK | {"client_id": "__x__"}, "client_id must be 1 to 64 letters"),
    (TASK | {"client_id": 7}, "client_id must be 1 to 64 letters"),
]


@pytest.mark.parametrize(("body", "sentence"), [*BAD_BODIES, ({"client_id": "acme"}, "got no job")])
def test_a_task_that_is_none_is_refused_and_logged(brain: Brain, logged: Logged, body: object, sentence: str) -> None:
    """It is not performed, and never becomes a dead letter."""
    worker = WorkerHttp(brain.perform, continue_nothing, brain.give_up, 0, brain.clock, brain.log)
    response = worker(post(body, **{RETRY_COUNT: "9"}))
    assert response.status == 422
    assert response.body["code"] == "invalid_input"
    assert re.search(sentence, response.body["detail"])
    assert [event for event, _ in logged] == ["task_unreadable"]
    assert brain.store.query(paths.DEAD_LETTERS) == []


@pytest.mark.parametrize(("body", "sentence"), BAD_BODIES)
def test_a_scheduled_call_that_cannot_be_read_dispatches_nothing(
    brain: Brain, logged: Logged, body: object, sentence: str
) -> None:
    """The scheduler reads why."""
    dispatch = brain.dispatch(brain.cloud_tasks())
    response = ScheduledHttp("brainHourlyScores", timedelta(), dispatch, brain.clock, brain.log)(post(body))
    assert response.status == 422
    assert re.search(sentence, response.body["detail"])
    assert [event for event, _ in logged] == ["dispatch_failed"]


def continue_nothing(_task: Task, attempt: int) -> None:
    """No run of such a test stops."""
    raise AssertionError(attempt)


def stop_at_attempt(attempt: int) -> TaskPerformer:
    """Return a worker whose run stops at its time limit."""
    return lambda _task: {"status": "stopped", "attempt": attempt, "scored": 3}


def record_run(brain: Brain) -> str:
    """Record the run of ``TASK`` as an open one, and return its path."""
    at = datetime.fromisoformat(TASK["scheduled_at"])
    task = Task(TASK["job"], TASK["client_id"], at, at)
    Runs(brain.store).open({task: NOW}, NOW)
    return paths.run(task.job, task.client_id, at)


def test_a_run_that_stopped_at_its_time_limit_goes_on_in_another_task(brain: Brain, logged: Logged) -> None:
    """The task is done, so the queue does not slow down; a second delivery of it enqueues nothing more."""
    record_run(brain)
    queue = InProcessQueue(brain.perform)
    continue_run = brain.enqueue_runs(queue).continue_run
    worker = WorkerHttp(stop_at_attempt(2), continue_run, brain.give_up, 3, brain.clock, brain.log)
    responses = [worker(post(TASK)), worker(post(TASK))]
    assert [(response.status, response.body["scored"]) for response in responses] == [(200, 3), (200, 3)]
    (task,) = queue.tasks
    assert (task.continues, task.not_before) == (2, NOW + timedelta(seconds=10))
    assert logged[0][0] == "task_done"
    assert Runs(brain.store).count_overdue(NOW) == 0


def test_a_continuation_that_cannot_be_enqueued_leaves_the_task_in_the_queue(brain: Brain, logged: Logged) -> None:
    """The queue sends the task again, and the run stops and is continued once more."""

    def fail(_task: Task, _attempt: int) -> None:
        raise StoreUnavailableError("of this test")

    worker = WorkerHttp(stop_at_attempt(1), fail, brain.give_up, 3, brain.clock, brain.log)
    assert worker(post(TASK)).status == 409
    assert [event for event, _ in logged] == ["task_failed"]


def test_a_run_that_never_ends_is_given_up(brain: Brain, logged: Logged) -> None:
    """The chain of its continuations is bounded."""
    record_run(brain)
    continue_run = brain.enqueue_runs(InProcessQueue(brain.perform)).continue_run
    worker = WorkerHttp(stop_at_attempt(MAX_ATTEMPTS), continue_run, brain.give_up, 0, brain.clock, brain.log)
    assert worker(post(TASK)).status == 409
    assert [letter.error_code for letter in DeadLetters(brain.store).list(NOW)] == ["run_abandoned"]
    assert logged[0][0] == "task_given_up"


def test_a_dry_run_that_stops_is_not_continued(brain: Brain, logged: Logged) -> None:
    """It has no checkpoint to go on from."""
    worker = WorkerHttp(stop_at_attempt(1), continue_nothing, brain.give_up, 0, brain.clock, brain.log)
    assert worker(post(TASK | {"dry_run": True})).status == 200
    assert logged[0][0] == "task_done"


def test_the_last_attempt_at_a_run_that_another_worker_holds_leaves_a_dead_letter(brain: Brain, logged: Logged) -> None:
    """It is due when the lease ends, and resolved if that worker finishes the run."""

    def fail(_task: Task) -> Any:
        raise LeaseHeldError("of this test", retry_after_seconds=70)

    path = record_run(brain)
    record = brain.store.get(path)
    response = WorkerHttp(fail, continue_nothing, brain.give_up, 0, brain.clock, brain.log)(post(TASK))
    assert (response.status, response.headers) == (409, {"Retry-After": "70"})
    (letter,) = DeadLetters(brain.store).list(NOW)
    assert (letter.stage, letter.next_try_at) == ("job", NOW + timedelta(seconds=70))
    assert [(event, fields["severity"]) for event, fields in logged] == [("task_given_up", "WARNING")]
    assert brain.store.get(path) == record  # a change would make its holder's next commit conflict
    assert brain.replay.repeat_work(letter)["status"] == "success"
    assert DeadLetters(brain.store).list(NOW) == []
    assert Runs(brain.store).count_overdue(NOW) == 0


def test_a_bug_in_giving_up_is_answered_as_any_failure(brain: Brain, logged: Logged) -> None:
    """A status of 500 would slow the whole queue down; the run stays open and is found by its mark."""

    def fail(_task: object, _error: object = None) -> Any:
        raise ValueError("a bug")

    response = WorkerHttp(fail, continue_nothing, fail, 0, brain.clock, brain.log)(post(TASK))  # type: ignore[arg-type]
    assert response.status == 409
    assert [event for event, _ in logged] == ["dead_letter_failed", "task_given_up"]


def test_a_task_that_can_neither_be_done_nor_stored_is_the_loudest_entry(brain: Brain, logged: Logged) -> None:
    """The response is that of the task's own failure."""

    def fail(_task: object) -> Any:
        raise StoreUnavailableError("of this test")

    give_up = replace(brain.give_up, store=FaultyStore(brain.store, fail_at=1))
    response = WorkerHttp(fail, continue_nothing, give_up, 0, brain.clock, brain.log)(post(TASK))
    assert (response.status, response.body["code"]) == (409, "store_unavailable")
    assert [(event, fields["severity"]) for event, fields in logged] == [
        ("dead_letter_failed", "CRITICAL"),
        ("task_given_up", "CRITICAL"),
    ]
    assert logged[1][1]["dead_letter_id"] is None


def test_a_service_that_is_not_ready_says_when_to_ask_again(brain: Brain) -> None:
    """Without saying what is broken."""
    brain.health.store = FaultyStore(brain.store, fail_at=1)
    response = ApiHttp(brain.health)(Request("GET", "/health/ready", {}))
    assert (response.status, response.body) == (503, {"status": "unavailable"})
    assert response.headers == {"Retry-After": "30"}


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("a secret"), MisconfiguredError("a secret"), StoreRefusedError("a secret")]
)
def test_what_only_operators_may_know_is_not_in_the_response(error: Exception) -> None:
    """Only that it was logged, and under which id."""
    response = http.problem(error, "corr")
    assert (response.status, response.body["code"], response.body["correlation_id"]) == (500, "internal", "corr")
    assert b"secret" not in response.encode()
    assert http.problem(ConflictError("the record changed"), "corr").body["detail"] == "the record changed"


@pytest.fixture
def local(brain: Brain) -> Iterator[TestClient]:
    """The local server without its schedules."""
    with TestClient(LocalServer(brain, schedule=False).app()) as client:
        yield client


def test_the_local_server_has_every_function_on_one_port(brain: Brain, local: TestClient) -> None:
    """Ingest, API, jobs, and the reports as pages."""
    assert "None yet." in local.get("/").text
    key, _ = brain.key_ring.create("acme")
    at = (NOW - timedelta(hours=8)).isoformat()
    event = {"event_id": "e1", "occurred_at": at, "platform": "linkedin", "likes": 3}
    headers = {"Authorization": f"Bearer {key}"}
    stored = local.post("/ingest/v1/clients/acme/events/custom", json=event, headers=headers)
    assert stored.status_code == 201
    clock = brain.clock
    assert isinstance(clock, ManualClock)
    clock.advance(timedelta(days=2))
    for job in ("hourly-scores", "brainDailyAnalysis", "weekly-report"):
        assert local.post(f"/jobs/{job}").json()["status"] == "success"
    page = local.get("/")
    assert '<a href="/reports/acme/weekly-2026-W47">' in page.text
    assert "weekly report" in local.get("/reports/acme/weekly-2026-W47").text
    missing = local.get("/reports/acme/weekly-2020-W01")
    assert (missing.status_code, "There is no such report." in missing.text) == (404, True)
    assert local.post("/jobs/nothing").status_code == 404
    assert local.get("/api/health").json() == {"status": "ok"}


@pytest.mark.parametrize(("body", "sentence"), BAD_BODIES)
def test_a_job_on_the_local_server_refuses_what_a_deployed_one_refuses(
    local: TestClient, logged: Logged, body: object, sentence: str
) -> None:
    """With the same sentence."""
    response = local.post("/jobs/hourly-scores", json=body)
    assert response.status_code == 422
    assert re.search(sentence, response.json()["detail"])
    assert [event for event, _ in logged] == ["job_failed"]


def test_schedules_run_what_is_due_and_outlive_a_failure(
    brain: Brain, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time once, by the Brain's own clock."""
    monkeypatch.setattr(local_scheduler, "TICK_SECONDS", 0.005)
    clock = brain.clock
    assert isinstance(clock, ManualClock)
    brain.run_job = run_job = FailingFirst(brain.run_job)
    with TestClient(LocalServer(brain, schedule=True).app()) as client:
        client.get("/api/health")
        assert run_job.runs == []
        for hours in (1, 2):
            clock.advance(timedelta(hours=1))
            wait_until(lambda hours=hours: len(logged) >= hours)
    assert [event for event, _ in logged] == ["job_failed", "scheduled_job_done"]
    assert isinstance(logged[0][1]["error"], StoreUnavailableError)
    assert logged[1][1]["status"] == "success"
    assert run_job.runs == [("brainHourlyScores", hour.isoformat()) for hour in DUE]


DUE = [NOW.replace(minute=0) + timedelta(hours=hours) for hours in (1, 2)]


class FailingFirst:
    """Runs jobs, of which the first fails."""

    def __init__(self, run_job: Any) -> None:
        self._run_job = run_job
        self.runs: list[tuple[str, str]] = []

    def __call__(self, job: str, scheduled_at: datetime) -> Any:
        """Run a job, or fail."""
        self.runs.append((job, scheduled_at.isoformat()))
        if len(self.runs) == 1:
            raise StoreUnavailableError("of this test")
        return self._run_job(job, scheduled_at)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, at most half a minute."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
