"""Scheduled calls and tasks: their HTTP forms into dispatches and tasks, and figures back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from brain.domain import periods
from brain.domain.events import is_client_id
from brain.domain.json_text import parse_json
from brain.entrypoints import http
from brain.entrypoints.http import Request, Response
from brain.errors import BrainError, ErrorSeverity, InvalidInputError, LeaseHeldError
from brain.ports.clock import Clock
from brain.ports.task_queue import Task
from brain.services.jobs.dispatch import Dispatch
from brain.services.jobs.lease import Figures

SCHEDULE_TIME = "x-cloudscheduler-scheduletime"
RETRY_COUNT = "x-cloudtasks-taskretrycount"
STOPPED_RETRY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class ScheduledHttp:
    """One scheduled function: enqueues its job's tasks."""

    job: str
    jitter: timedelta
    dispatch: Dispatch
    clock: Clock
    log: Callable[..., None]

    def __call__(self, request: Request) -> Response:
        """Dispatch and answer with the figures; errors become problems, which the scheduler retries."""
        try:
            given = _body(request)
            at = scheduled_time(request.headers.get(SCHEDULE_TIME) or given.get("scheduled_at"), self.clock)
            client = _client(given["client_id"]) if "client_id" in given else None
            dry_run = bool(given.get("dry_run"))
            figures = self.dispatch(self.job, at, jitter=self.jitter, client_id=client, dry_run=dry_run)
        except Exception as error:  # noqa: BLE001 - the last line: told to the log and answered as a problem
            self.log("dispatch_failed", error=error, job=self.job, correlation_id=request.correlation_id)
            return http.problem(error, request.correlation_id)
        self.log("dispatched", job=self.job, scheduled_at=at.isoformat(), figures=dict(figures))
        return Response(200, figures)


@dataclass(frozen=True, slots=True)
class WorkerHttp:
    """The worker: performs one task; what fails at the queue's last retry becomes a dead letter and is told loudly."""

    perform: Callable[[Task], Figures]
    give_up: Callable[[Task, Exception], str]
    retries: int
    clock: Clock
    log: Callable[..., None]

    def __call__(self, request: Request) -> Response:
        """Perform the task; a run that stopped at its time limit is answered so that the queue sends it again."""
        try:
            task = _task(_body(request), self.clock)
        except InvalidInputError as error:
            self.log("task_unreadable", error=error, correlation_id=request.correlation_id)
            return http.problem(error, request.correlation_id)
        try:
            figures = self.perform(task)
        except Exception as error:  # noqa: BLE001 - the last line, as above
            return self._failed(request, task, error)
        self.log("task_done", job=task.job, client_id=task.client_id, figures=dict(figures))
        if figures["status"] == "stopped":
            return Response(503, figures, {"Retry-After": str(STOPPED_RETRY_SECONDS)})
        return Response(200, figures)

    def _failed(self, request: Request, task: Task, error: Exception) -> Response:
        count = request.headers.get(RETRY_COUNT, "0")
        last = count.isdigit() and int(count[:6]) >= self.retries and not isinstance(error, LeaseHeldError)
        kept = self._kept(task, error) if last else None
        event = "task_given_up" if last else "task_failed"
        severity = str(ErrorSeverity.CRITICAL if last else ErrorSeverity.WARNING)
        self.log(event, error=error, severity=severity, job=task.job, client_id=task.client_id, dead_letter_id=kept)
        return http.problem(error, request.correlation_id)

    def _kept(self, task: Task, error: Exception) -> str | None:
        try:
            return self.give_up(task, error)
        except BrainError as second:
            self.log("dead_letter_failed", error=second, severity=str(ErrorSeverity.CRITICAL), job=task.job)
            return None


def _body(request: Request) -> dict[str, Any]:
    given = parse_json(request.body) if request.body.strip() else {}
    if not isinstance(given, dict):
        raise InvalidInputError("expected a JSON object with client_id, scheduled_at or dry_run, or no body")
    return given


def _task(given: dict[str, Any], clock: Clock) -> Task:
    job = given.get("job")
    if not isinstance(job, str):
        raise InvalidInputError("expected a task with job, client_id and scheduled_at; job is missing")
    at = scheduled_time(given.get("scheduled_at"), clock)
    return Task(job, _client(given.get("client_id")), at, at, bool(given.get("dry_run")))


def _client(given: object) -> str:
    if not isinstance(given, str) or not is_client_id(given):
        raise InvalidInputError(f"client_id must be 1 to 64 letters, digits, _ or -, got {given!r}")
    return given


def scheduled_time(given: object, clock: Clock) -> datetime:
    """Return the scheduled time; a call by hand without one is for this hour, so that a second one changes nothing."""
    if given is None:
        return periods.truncate_to_hour(clock.now())
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError as exc:
        raise InvalidInputError(f"expected scheduled_at as ISO 8601 with an offset, {given!r} came") from exc
    if at.tzinfo is None:
        raise InvalidInputError(f"expected scheduled_at with an offset such as Z, {given!r} came")
    return at.astimezone(UTC)
