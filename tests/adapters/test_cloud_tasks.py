"""Tasks through the real client: names that make a second dispatch harmless, times that spread a run."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import google.auth
import grpc
import pytest
from adapters.loopback import grpc_server
from google.auth.credentials import AnonymousCredentials
from google.cloud.tasks_v2 import CloudTasksClient
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport
from google.cloud.tasks_v2.types import CreateTaskRequest

from brain.adapters.cloud_tasks import CloudTasksQueue, TaskRoute
from brain.domain.jobs.schedule import not_before
from brain.domain.json_text import parse_json
from brain.errors import StoreRefusedError, StoreUnavailableError
from brain.ports.task_queue import Task

QUEUE = "projects/demo-project/locations/europe-west1/queues/brain-hourly"
ROUTES = {"brainHourlyScores": TaskRoute(QUEUE, 330)}
AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
TASK = Task("brainHourlyScores", "acme", AT, AT + timedelta(seconds=42))


class Tasks:
    """The loopback's queue."""

    def __init__(self) -> None:
        self.created: dict[str, Any] = {}
        self.failure: grpc.StatusCode | None = None

    def create(self, request: CreateTaskRequest, context: grpc.ServicerContext) -> Any:
        """Answer as Cloud Tasks does."""
        if self.failure:
            context.abort(self.failure, "told to fail")
        if request.task.name in self.created:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, "there is one")
        self.created[request.task.name] = request.task
        return request.task


@pytest.fixture
def tasks() -> Tasks:
    """An empty queue."""
    return Tasks()


@pytest.fixture
def queue(tasks: Tasks) -> Iterator[CloudTasksQueue]:
    """The adapter on the real client over the loopback."""
    methods = {"CreateTask": (tasks.create, CreateTaskRequest)}
    with grpc_server("google.cloud.tasks.v2.CloudTasks", methods) as channel:
        client = CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
        yield CloudTasksQueue(ROUTES, "https://worker.example", "invoker@demo.example", client)


def test_a_task_calls_the_worker_as_the_invoker_at_its_time(queue: CloudTasksQueue, tasks: Tasks) -> None:
    """With everything the worker needs in its body."""
    assert queue.enqueue(TASK)
    (created,) = tasks.created.values()
    call = created.http_request
    assert (call.url, call.oidc_token.service_account_email) == ("https://worker.example", "invoker@demo.example")
    assert created.name.startswith(f"{QUEUE}/tasks/")
    assert created.dispatch_deadline.total_seconds() == 330
    assert created.schedule_time.timestamp() == TASK.not_before.timestamp()
    assert parse_json(call.body) == {
        "job": "brainHourlyScores",
        "client_id": "acme",
        "scheduled_at": "2026-11-22T08:00:00+00:00",
        "dry_run": False,
    }


def test_the_same_dispatch_twice_is_one_task(queue: CloudTasksQueue, tasks: Tasks) -> None:
    """And another hour is another task."""
    assert [queue.enqueue(TASK), queue.enqueue(TASK)] == [True, False]
    assert queue.enqueue(replace(TASK, scheduled_at=AT + timedelta(hours=1)))
    assert len(tasks.created) == 2


def test_the_continuation_of_an_attempt_is_a_task_of_its_own(queue: CloudTasksQueue, tasks: Tasks) -> None:
    """Enqueued twice, it is one; another attempt's is another."""
    continuation = replace(TASK, continues=1)
    assert [queue.enqueue(task) for task in (TASK, continuation, continuation)] == [True, True, False]
    assert queue.enqueue(replace(TASK, continues=2))
    assert len(tasks.created) == 3


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (grpc.StatusCode.UNAVAILABLE, StoreUnavailableError),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, StoreUnavailableError),
        (grpc.StatusCode.NOT_FOUND, StoreRefusedError),
        (grpc.StatusCode.PERMISSION_DENIED, StoreRefusedError),
    ],
)
def test_failures_are_transient_or_permanent(
    queue: CloudTasksQueue, tasks: Tasks, status: grpc.StatusCode, error: type[Exception]
) -> None:
    """The scheduler retries the one and tells about the other."""
    tasks.failure = status
    with pytest.raises(error):
        queue.enqueue(TASK)


def test_start_times_are_spread_over_the_window_and_always_the_same() -> None:
    """A thousand clients, five minutes: about the same number in each minute."""
    window = timedelta(minutes=5)
    starts = [not_before("brainHourlyScores", f"client-{n}", AT, window) for n in range(1000)]
    assert starts == [not_before("brainHourlyScores", f"client-{n}", AT, window) for n in range(1000)]
    minutes = [int((start - AT).total_seconds() // 60) for start in starts]
    assert set(minutes) == {0, 1, 2, 3, 4}
    assert all(160 <= minutes.count(minute) <= 240 for minute in range(5))


def test_without_a_client_the_real_one_is_opened_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, with the credentials of the machine."""
    monkeypatch.setattr(google.auth, "default", lambda **_: (AnonymousCredentials(), "demo-project"))
    queue = CloudTasksQueue(ROUTES, "https://worker.example", "invoker@demo.example")
    assert queue.client is None
    client = queue._open_client()
    assert isinstance(client, CloudTasksClient)
    assert queue._open_client() is client
