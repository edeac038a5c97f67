"""Cloud Tasks, Cloud Scheduler and workers in virtual time, around the real dispatch, worker, lease and dead letters.

Only the passing of time, the delivery of tasks and the work of one job are simulated.
"""

import heapq
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from field.scripted_work import OUTCOME, Script, ScriptedWork
from google.api_core.exceptions import AlreadyExists, DeadlineExceeded

from brain.adapters.cloud_tasks import CloudTasksQueue, TaskRoute
from brain.bootstrap.jobs import build_jobs
from brain.domain.jobs.runs import HEARTBEAT_PERIOD
from brain.domain.jobs.steps import JOBS
from brain.domain.periods import truncate_to_hour
from brain.entrypoints.http import Request
from brain.entrypoints.jobs.handlers import RETRY_COUNT, SCHEDULE_TIME, ScheduledHttp, WorkerHttp
from brain.errors import BrainError, LeaseLostError, StoreUnavailableError
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.jobs.runs import OPEN_UNTIL, Runs
from brain.services.jobs.heartbeat import Beat
from brain.services.jobs.lease import Figures
from brain.services.jobs.run_once import run_once
from brain.settings.scheduler import read_scheduler
from brain.testing.faulty_store import ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import build_memory_brain

HOUR = timedelta(hours=1)


class InterruptibleStore:
    """The store, which refuses every call while it ``is_away``."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.is_away = False

    def __getattr__(self, name: str) -> Any:
        """Return the inner store's method, unless the store is away."""
        if self.is_away and name != "close":
            raise StoreUnavailableError("the store is away")
        return getattr(self._inner, name)


@dataclass
class JobSite:
    """A Brain with its queues and clock; the attempts at ``job`` follow ``scripts``."""

    job: str
    scripts: Sequence[Script]
    start: datetime
    failing_share: float = 0  # of the calls that create a task
    unreachable: int = 0  # the first so many deliveries find no instance of the worker
    counts: Counter[str] = field(default_factory=Counter)
    statuses: list[int] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the Brain."""
        self._rng = random.Random(0)  # noqa: S311 - for faults
        self.clock = ManualClock(self.start)
        self.brain = build_memory_brain(self.clock)
        self.store = InterruptibleStore(self.brain.store)
        self.brain.store = self.store  # type: ignore[assignment]
        self.brain.log = lambda event, **_: self.logged.append(event)  # type: ignore[misc, assignment]
        self.brain.perform = self.perform  # type: ignore[misc, assignment]
        self.table = read_scheduler()
        self.work = ScriptedWork(self.scripts, self)
        jobs = build_jobs(self.brain)
        self._jobs = {**jobs, self.job: replace(jobs[self.job], build=lambda: self.work)}
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._names: set[str] = set()
        self._tasks: list[dict[str, Any]] = []
        routes = {
            job: TaskRoute(self.table.get_row(job).queue, self.table.get_task_deadline_seconds(job)) for job in JOBS
        }
        self.queue = CloudTasksQueue(routes, "https://worker.example", "invoker@example.com", client=self)  # type: ignore[arg-type]
        self.enqueue = self.brain.enqueue_runs(self.queue)
        retries = self.table.task_retry.retries
        self._worker = WorkerHttp(
            self.brain.perform, self.enqueue.continue_run, self.brain.give_up, retries, self.clock, self.brain.log
        )

    def create_task(self, *, request: dict[str, Any]) -> None:
        """Take a task as Cloud Tasks does: a name that was used before is refused."""
        task = request["task"]
        if self._rng.random() < self.failing_share:
            raise DeadlineExceeded("the call took too long")
        if task["name"] in self._names:
            raise AlreadyExists("the task existed recently")
        self._names.add(task["name"])
        self.counts["tasks"] += 1
        self._deliver_at(max(task["schedule_time"], self.clock.now()), task, 0)

    def start_run(self, client_id: str = "acme") -> Task:
        """Enqueue the run of the scripted job that is due now."""
        task = Task(self.job, client_id, self.clock.now(), self.clock.now())
        self.enqueue([task])
        return task

    def at(self, time: datetime, act: Callable[[], None]) -> None:
        """Do something at a time."""
        heapq.heappush(self._agenda, (time, next(self._order), act))

    def run_until(self, end: datetime) -> None:
        """Let time pass, with everything that happens meanwhile."""
        while self._agenda and self._agenda[0][0] <= end:
            time, _, act = heapq.heappop(self._agenda)
            self.clock.time = max(self.clock.time, time)
            act()
        self.clock.time = max(self.clock.time, end)

    def dispatch(self, job: str, scheduled_at: datetime | None = None) -> int:
        """Call a scheduled function as Cloud Scheduler does, by default for this hour, and return the status."""
        scheduled_at = scheduled_at or truncate_to_hour(self.clock.now())
        jitter = timedelta(seconds=self.table.scheduled[job].jitter_seconds)
        handler = ScheduledHttp(job, jitter, self.brain.dispatch(self.queue), self.clock, self.brain.log)
        return handler(Request("POST", "/", {SCHEDULE_TIME: scheduled_at.isoformat()}, b"{}")).status

    def pass_time(self, duration: timedelta) -> None:
        """Let time pass, with everything that happens meanwhile."""
        self.run_until(self.clock.now() + duration)

    def take_store_away(self, duration: timedelta) -> None:
        """Let the store refuse every call for a time."""
        self.store.is_away = True
        self.at(self.clock.now() + duration, lambda: setattr(self.store, "is_away", False))

    @property
    def deadline(self) -> timedelta:
        """How long the queue waits for the worker."""
        return timedelta(seconds=self.table.get_task_deadline_seconds(self.job))

    def dispatch_every_hour(self, hours: int) -> None:
        """Let the hourly function be called at each of the next full hours."""
        next_hour = self.start.replace(minute=0, second=0) + HOUR
        for hour in range(hours):
            self.at(next_hour + hour * HOUR, lambda: self.counts.update(dispatched=self.dispatch("brainHourlyScores")))

    def redeliver_at(self, seconds: float, *, ahead: float = 0, retry_count: int = 0) -> None:
        """Let the queue deliver the first task once more, to a worker whose clock is ``ahead`` by so many seconds."""
        task = self._tasks[0]

        def deliver() -> None:
            self.clock.time += timedelta(seconds=ahead)
            self._attempt(task, retry_count, is_copy=True)
            self.clock.time -= timedelta(seconds=ahead)

        self.at(self.start + timedelta(seconds=seconds), deliver)

    def summarize(self) -> dict[str, Any]:
        """Return how all ended."""
        runs = [run.data for run in self.store.query(paths.RUNS) if run.data.get("job") == self.job]
        letters = DeadLetters(self.store).list(self.clock.now(), limit=1000)
        letters = [letter for letter in letters if letter.source == self.job]
        return {
            "runs": dict(Counter(str(run["status"]) for run in runs)),
            "open": sum(OPEN_UNTIL in run for run in runs),
            "letters": len(letters),
            "parked": sum(letter.parked for letter in letters),
            "starts": self.work.starts,
            "finished": self.work.finished,
            "overlaps": self.work.overlaps,
            "slowing": sum(status == 429 or status >= 500 for status in self.statuses),
            "given_up": self.logged.count("task_given_up"),
            "abandoned": self.logged.count("task_abandoned"),
            "writer": self._read_writer(),
            "late_answers": self.counts["late_answers"],
        }

    def _read_writer(self) -> int | None:
        outcome = self.store.get(OUTCOME.format("acme"))
        return outcome.data["attempt"] if outcome else None

    def perform(self, task: Task) -> Figures:
        """Perform a task as ``Perform`` does, with a heartbeat in virtual time."""
        job = self._jobs[task.job]
        return run_once(
            Runs(self.store), task, job.build(), time_limit=job.time_limit, clock=self.clock, heartbeat=self._heartbeat
        )

    def _deliver_at(self, time: datetime, task: dict[str, Any], retry_count: int) -> None:
        self._tasks.append(task)
        self.at(time, lambda: self._attempt(task, retry_count))

    def _attempt(self, task: dict[str, Any], retry_count: int, *, is_copy: bool = False) -> None:
        """Call the worker; without a success in time the queue tries again later."""
        headers = {RETRY_COUNT: str(retry_count)}
        request = Request("POST", "/", headers, task["http_request"]["body"])
        is_answered = [False]

        def give_up_waiting() -> None:
            if not is_answered[0]:
                is_answered[0] = True
                self._retry(task, retry_count, is_copy=is_copy)

        deadline = timedelta(seconds=task["dispatch_deadline"]["seconds"])
        self.at(self.clock.now() + deadline, give_up_waiting)
        status = None
        with suppress(ProcessKilled):
            status = self._call_worker(request)
        if status is not None:
            self.statuses.append(status)
        if not is_answered[0]:
            is_answered[0] = True
            if status is None or status >= 400:
                self._retry(task, retry_count, is_copy=is_copy)
        elif json.loads(request.body)["job"] != self.job:
            self.counts["late_answers"] += 1

    def _call_worker(self, request: Request) -> int | None:
        if self.unreachable:
            self.unreachable -= 1
            return None
        return self._worker(request).status

    def _retry(self, task: dict[str, Any], retry_count: int, *, is_copy: bool) -> None:
        delays = self.table.task_retry.delays_seconds
        if not is_copy and retry_count < len(delays):
            self._deliver_at(self.clock.now() + timedelta(seconds=delays[retry_count]), task, retry_count + 1)

    @contextmanager
    def _heartbeat(self, beat: Beat) -> Iterator[None]:
        """Beat while the context lasts, as ``beat_in_thread`` does; a frozen process does not beat."""
        attempts = self.work.attempts
        depth = len(attempts)
        has_ended = [False]

        def run() -> None:
            if has_ended[0]:
                return
            is_frozen = len(attempts) > depth and attempts[depth].is_frozen
            try:
                if not is_frozen and not beat():
                    return
            except LeaseLostError:
                return
            except BrainError:
                self.counts["failed_beats"] += 1
            self.at(self.clock.now() + HEARTBEAT_PERIOD, run)

        self.at(self.clock.now() + HEARTBEAT_PERIOD, run)
        try:
            yield
        finally:
            has_ended[0] = True
