"""Three hundred clients on the simulated queues, one of whose runs raises, hangs, or kills its worker."""

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from brain.domain.jobs.runs import HEARTBEAT_PERIOD
from brain.domain.jobs.schedule import not_before
from brain.domain.jobs.steps import HOURLY_SCORES
from brain.entrypoints.http import Request
from brain.entrypoints.jobs.handlers import RETRY_COUNT, WorkerHttp
from brain.errors import StoreUnavailableError
from brain.ports.document_store import Create, DocumentStore
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.jobs.heartbeat import Beat
from brain.services.jobs.lease import Figures, Lease
from brain.services.jobs.perform import Job, Perform
from brain.settings.scheduler import read_scheduler
from brain.testing.faulty_store import ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import build_memory_brain
from brain.testing.simulations.simulated_tasks import Attempt, SimulatedTasks, get_completion_times

AT = datetime(2026, 11, 22, 7, tzinfo=UTC)
CLIENTS = tuple(f"client-{number:03}" for number in range(300))
BAD = CLIENTS[7]
MAX_SECONDS = 6.0


class Trouble(StrEnum):
    """What is wrong with the run of one client."""

    NONE = "none"
    RAISES = "raises a bug"
    UNAVAILABLE = "its store calls fail"
    HANGS = "hangs until its limit"
    KILLS = "kills its worker (poison document)"


@dataclass(frozen=True, slots=True)
class IsolationResult:
    """When each client's run was done, the statuses of the worker's answers, and the clients with dead letters."""

    completed: Mapping[str, datetime]
    statuses: Mapping[int | None, int]
    dead_lettered: tuple[str, ...]


def simulate_hour(trouble: Trouble, *, job: str = HOURLY_SCORES, bad: tuple[str, ...] = (BAD,)) -> IsolationResult:
    """Run an hour of ``HOURLY_SCORES`` for all clients, with the trouble at the runs of ``job`` of the bad clients.

    With another job, its runs for the bad clients are enqueued first. A run takes up to ``MAX_SECONDS``.
    """
    clock = ManualClock(AT)
    brain = build_memory_brain(clock)
    brain.log = lambda *_, **__: None
    tasks = SimulatedTasks(read_scheduler(), clock)
    enqueue = brain.enqueue_runs(tasks)
    jitter = timedelta(seconds=read_scheduler().get_row(HOURLY_SCORES).jitter_seconds)
    others = [] if job == HOURLY_SCORES else [Task(job, client, AT, AT) for client in bad]
    hourly = [Task(HOURLY_SCORES, client, AT, not_before(HOURLY_SCORES, client, AT, jitter)) for client in CLIENTS]
    enqueue([*others, *hourly])
    attempt = _Worker(brain.store, clock, trouble, job, bad)
    attempt.worker = WorkerHttp(
        attempt.perform, enqueue.continue_run, brain.give_up, tasks.table.task_retry.retries, clock, brain.log
    )
    tasks.run(attempt)
    for _ in range(4):
        clock.advance(timedelta(hours=1))
        brain.dispatch(tasks).sweep()
    letters = tuple(sorted(letter.client_id for letter in DeadLetters(brain.store).list(clock.now())))
    return IsolationResult(get_completion_times(tasks, HOURLY_SCORES), tasks.statuses, letters)


class _Worker:
    """The worker with the trouble, as Cloud Tasks sees it."""

    worker: WorkerHttp

    def __init__(
        self, store: DocumentStore, clock: ManualClock, trouble: Trouble, job: str, bad: tuple[str, ...]
    ) -> None:
        self._clock, self._trouble, self._job, self._bad = clock, trouble, job, bad
        limits = {
            name: timedelta(seconds=read_scheduler().get_row(name).timeout_seconds) for name in (HOURLY_SCORES, job)
        }
        jobs = {name: Job(lambda: self._work, limit) for name, limit in limits.items()}
        self.perform = Perform(store, clock, jobs, heartbeat=self._beat_while_hanging)

    def __call__(self, task: Task, retry_count: int) -> Attempt:
        deadline = timedelta(seconds=read_scheduler().get_task_deadline_seconds(task.job))
        body = {"job": task.job, "client_id": task.client_id, "scheduled_at": task.scheduled_at.isoformat()}
        seconds = random.Random(task.client_id).uniform(1, MAX_SECONDS)
        try:
            response = self.worker(Request("POST", "/", {RETRY_COUNT: str(retry_count)}, json.dumps(body).encode()))
        except ProcessKilled:
            return Attempt(None, deadline if self._trouble is Trouble.HANGS else timedelta(seconds=seconds))
        return Attempt(response.status, timedelta(seconds=seconds))

    def _is_bad(self, lease: Lease) -> bool:
        return lease.run.job == self._job and lease.client_id in self._bad

    def _work(self, lease: Lease) -> Figures:
        if self._is_bad(lease):
            if self._trouble is Trouble.RAISES:
                raise KeyError("a bug")
            if self._trouble is Trouble.UNAVAILABLE:
                raise StoreUnavailableError("of this simulation")
            if self._trouble in (Trouble.HANGS, Trouble.KILLS):
                raise ProcessKilled
        return lease.finish([Create(paths.state(lease.client_id, f"done-{lease.run.job}"), {})], {})

    @contextmanager
    def _beat_while_hanging(self, beat: Beat) -> Iterator[None]:
        try:
            yield
        except ProcessKilled:
            if self._trouble is Trouble.HANGS:
                while beat():
                    self._clock.advance(HEARTBEAT_PERIOD)
            raise
