"""Handlers of scheduled calls and tasks: parse the request, dispatch or perform, and respond with the figures."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from brain.domain import periods
from brain.domain.events import is_client_id
from brain.domain.json_text import parse_json
from brain.entrypoints import http
from brain.entrypoints.http import Request, Response
from brain.errors import ErrorSeverity, InvalidInputError, LeaseHeldError
from brain.ports.clock import Clock
from brain.ports.logger import EventLogger
from brain.ports.task_queue import Task
from brain.services.jobs.dispatch import Dispatch
from brain.services.jobs.give_up import GiveUp
from brain.services.jobs.perform import TaskPerformer

SCHEDULE_TIME = "x-cloudscheduler-scheduletime"
# Counts every attempt, also those whose worker was killed; ``TaskExecutionCount`` counts only those with a response
# other than 5xx.
RETRY_COUNT = "x-cloudtasks-taskretrycount"
FAILED_STATUS = 409


@dataclass(frozen=True, slots=True)
class JobCall:
    """What a call of a job asks for; without a client it is for all of the job's clients."""

    scheduled_at: datetime
    client_id: str | None
    dry_run: bool


@dataclass(frozen=True, slots=True)
class ScheduledHttp:
    """One scheduled function, which enqueues the tasks of its job."""

    job: str
    jitter: timedelta
    dispatch: Dispatch
    clock: Clock
    log: EventLogger

    def __call__(self, request: Request) -> Response:
        """Dispatch the job and respond with the figures; errors become problems, which the scheduler retries."""
        try:
            call = parse_job_call(request, self.clock)
            figures = self.dispatch(
                self.job, call.scheduled_at, jitter=self.jitter, client_id=call.client_id, dry_run=call.dry_run
            )
        except Exception as error:  # noqa: BLE001 - the last resort: logged, and sent as a problem
            self.log("dispatch_failed", error=error, job=self.job, correlation_id=request.correlation_id)
            return http.problem(error, request.correlation_id)
        self.log("dispatched", job=self.job, scheduled_at=call.scheduled_at.isoformat(), figures=dict(figures))
        return Response(200, figures)


class RunContinuer(Protocol):
    """Enqueues the continuation of a run that stopped at its time limit in the attempt with this number."""

    def __call__(self, task: Task, attempt: int, /) -> None:
        """Enqueue it once; raises ``BrainError``."""


@dataclass(frozen=True, slots=True)
class WorkerHttp:
    """The worker function, which performs one task; a task that fails at its last retry becomes a dead letter.

    Every failed run is answered with 409. Cloud Tasks slows a whole queue down after 429, 503 and other 5xx, by which
    one client's failures would make the others late. It also slows down when the rate of errors is high, as when the
    store is away for all clients, so that this needs no status of its own.
    """

    perform: TaskPerformer
    continue_run: RunContinuer
    give_up: GiveUp
    retries: int
    clock: Clock
    log: EventLogger

    def __call__(self, request: Request) -> Response:
        """Perform the task; a run that stopped at its time limit goes on in another task."""
        try:
            task = _parse_task(_parse_body(request), self.clock)
        except InvalidInputError as error:
            self.log("task_unreadable", error=error, correlation_id=request.correlation_id)
            return http.problem(error, request.correlation_id)
        try:
            figures = self.perform(task)
            if figures["status"] == "stopped" and not task.dry_run:
                self.continue_run(task, figures["attempt"])
        except Exception as error:  # noqa: BLE001 - the last resort, as above
            return self._respond_failed(request, task, error)
        self.log("task_done", job=task.job, client_id=task.client_id, figures=dict(figures))
        return Response(200, figures)

    def _respond_failed(self, request: Request, task: Task, error: Exception) -> Response:
        retry_count = request.headers.get(RETRY_COUNT, "0")
        is_last = retry_count.isdigit() and int(retry_count[:6]) >= self.retries
        # A worker that holds the run to the end may still finish it: nothing is lost yet.
        is_lost = is_last and not isinstance(error, LeaseHeldError)
        self.log(
            "task_given_up" if is_last else "task_failed",
            error=error,
            severity=str(ErrorSeverity.CRITICAL if is_lost else ErrorSeverity.WARNING),
            job=task.job,
            client_id=task.client_id,
            dead_letter_id=self._store_dead_letter(task, error) if is_last else None,
        )
        return http.problem(error, request.correlation_id, status=FAILED_STATUS)

    def _store_dead_letter(self, task: Task, error: Exception) -> str | None:
        try:
            return self.give_up(task, error)
        except Exception as store_error:  # noqa: BLE001 - the run stays open; a status of 500 would slow the queue down
            severity = str(ErrorSeverity.CRITICAL)
            self.log("dead_letter_failed", error=store_error, severity=severity, job=task.job)
            return None


def parse_job_call(request: Request, clock: Clock) -> JobCall:
    """Return what a call asks for; the scheduler's header comes before the body. Raises ``InvalidInputError``."""
    body = _parse_body(request)
    scheduled_at = _parse_scheduled_time(request.headers.get(SCHEDULE_TIME) or body.get("scheduled_at"), clock)
    client_id = _parse_client_id(body["client_id"]) if "client_id" in body else None
    return JobCall(scheduled_at, client_id, bool(body.get("dry_run")))


def _parse_body(request: Request) -> dict[str, Any]:
    body = parse_json(request.body) if request.body.strip() else {}
    if not isinstance(body, dict):
        raise InvalidInputError(
            "the body must be empty or a JSON object with client_id, scheduled_at or dry_run, "
            f"got {type(body).__name__}"
        )
    return body


def _parse_task(body: dict[str, Any], clock: Clock) -> Task:
    job = body.get("job")
    if not isinstance(job, str):
        raise InvalidInputError("a task must have job, client_id and scheduled_at, got no job")
    scheduled_at = _parse_scheduled_time(body.get("scheduled_at"), clock)
    client_id = _parse_client_id(body.get("client_id"))
    return Task(job, client_id, scheduled_at, scheduled_at, bool(body.get("dry_run")))


def _parse_client_id(client_id: object) -> str:
    if not isinstance(client_id, str) or not is_client_id(client_id):
        raise InvalidInputError(f"client_id must be 1 to 64 letters, digits, _ or -, got {client_id!r:.100}")
    return client_id


def _parse_scheduled_time(text: object, clock: Clock) -> datetime:
    """Return the scheduled time, by default the current hour, so that a repeated manual call changes nothing."""
    if text is None:
        return periods.truncate_to_hour(clock.now())
    try:
        scheduled_at = datetime.fromisoformat(str(text))
    except ValueError as exc:
        raise InvalidInputError(f"scheduled_at must be ISO 8601 with an offset, got {text!r:.100}") from exc
    if scheduled_at.tzinfo is None:
        raise InvalidInputError(f"scheduled_at must have an offset such as Z, got {text!r:.100}")
    return scheduled_at.astimezone(UTC)
