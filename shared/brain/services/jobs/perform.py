"""Performs tasks: one client's job, with its time limit; and a queue of them in this process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from brain.errors import BrainError, InvalidInputError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.lease import Figures
from brain.services.jobs.run_once import Work, run_once


@dataclass(frozen=True, slots=True)
class Job:
    """How a job is made, and how long one attempt may take."""

    make: Callable[[], Work]
    time_limit: timedelta


@dataclass(frozen=True, slots=True)
class Perform:
    """The worker: does a task's job for its client exactly once."""

    store: DocumentStore
    clock: Clock
    jobs: Mapping[str, Job]

    def __call__(self, task: Task) -> Figures:
        """Return the run's figures; raises as ``run_once`` does, and ``InvalidInputError`` for an unknown job."""
        job = self.jobs.get(task.job)
        if job is None:
            raise InvalidInputError(f"expected a job, one of {', '.join(self.jobs)}; {task.job} came")
        return run_once(Runs(self.store), task, job.make(), time_limit=job.time_limit, clock=self.clock)


@dataclass(slots=True)
class TasksHere:
    """A ``TaskQueue`` of this process: remembers tasks and performs them when told; one failure stops no other."""

    perform: Callable[[Task], Figures]
    tasks: list[Task] = field(default_factory=list)

    def enqueue(self, task: Task) -> bool:
        """Take the task unless the same one is waiting."""
        if task in self.tasks:
            return False
        self.tasks.append(task)
        return True

    def drain(
        self, progress: Callable[[Task], None] = lambda _: None
    ) -> tuple[list[tuple[Task, Figures]], list[tuple[Task, BrainError]]]:
        """Perform all waiting tasks and return those done with their figures, and those failed with their errors."""
        done: list[tuple[Task, Figures]] = []
        failed: list[tuple[Task, BrainError]] = []
        while self.tasks:
            task = self.tasks.pop(0)
            progress(task)
            try:
                done.append((task, self.perform(task)))
            except BrainError as error:
                failed.append((task, error))
        return done, failed
