"""The worker, which performs one client's task, and a queue that performs tasks in this process."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from brain.errors import BrainError, InvalidInputError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.heartbeat import Heartbeat, beat_in_thread
from brain.services.jobs.lease import Figures
from brain.services.jobs.run_once import Work, run_once, to_brain_error

MAX_CONTINUATIONS = 20


class WorkFactory(Protocol):
    """Builds the work of a job, importing it on first use."""

    def __call__(self) -> Work:
        """Return the work."""


class TaskPerformer(Protocol):
    """Performs a task."""

    def __call__(self, task: Task, /) -> Figures:
        """Return the figures of the run."""


class TaskObserver(Protocol):
    """Is told of each task before it is performed."""

    def __call__(self, task: Task, /) -> None:
        """Take note of the task."""


@dataclass(frozen=True, slots=True)
class Job:
    """The work of a job and the time limit of one attempt."""

    build: WorkFactory
    time_limit: timedelta


@dataclass(frozen=True, slots=True)
class Perform:
    """The worker, which performs the job of a task exactly once for its client."""

    store: DocumentStore
    clock: Clock
    jobs: Mapping[str, Job]
    heartbeat: Heartbeat = beat_in_thread

    def __call__(self, task: Task) -> Figures:
        """Return the figures of the run; raises as ``run_once`` and ``InvalidInputError`` for an unknown job."""
        job = self.jobs.get(task.job)
        if job is None:
            raise InvalidInputError(f"job must be one of {', '.join(self.jobs)}, got {task.job}")
        runs, limit = Runs(self.store), job.time_limit
        return run_once(runs, task, job.build(), time_limit=limit, clock=self.clock, heartbeat=self.heartbeat)


@dataclass(slots=True)
class InProcessQueue:
    """A ``TaskQueue`` that holds tasks in memory and performs them on request; a failure does not stop others.

    A run that stops at its time limit goes on after the others, at most ``MAX_CONTINUATIONS`` times.
    """

    perform: TaskPerformer
    tasks: list[Task] = field(default_factory=list)

    def enqueue(self, task: Task) -> bool:
        """Add the task; returns False if it is already in the queue."""
        if task in self.tasks:
            return False
        self.tasks.append(task)
        return True

    def drain(
        self, observe: TaskObserver = lambda _: None
    ) -> tuple[list[tuple[Task, Figures]], list[tuple[Task, BrainError]]]:
        """Perform all tasks and return the successful ones with their figures and the failed ones with their errors."""
        succeeded: list[tuple[Task, Figures]] = []
        failed: list[tuple[Task, BrainError]] = []
        while self.tasks:
            task = self.tasks.pop(0)
            observe(task)
            try:
                figures = self.perform(task)
                if figures["status"] == "stopped" and not task.dry_run and task.continues < MAX_CONTINUATIONS:
                    self.tasks.append(replace(task, continues=task.continues + 1))
                else:
                    succeeded.append((task, figures))
            except Exception as error:  # noqa: BLE001 - a bug at one client must not end the run for the others
                failed.append((task, to_brain_error(error)))
        return succeeded, failed
