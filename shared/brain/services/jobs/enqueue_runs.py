"""Recording runs and enqueueing their tasks: a run that is enqueued is on record until it is done or dead-lettered."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from brain.errors import AbandonedRunError, BrainError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task, TaskQueue
from brain.repositories.jobs.runs import Runs

BATCH_SIZE = 500
MAX_FAILURES = 5
"""After so many failures in a row the queue is taken to be away."""
RENEWAL_PERIOD = timedelta(minutes=10)
"""With the time limit of any one task, shorter than any run is open."""
CONTINUATION_DELAY = timedelta(seconds=10)
MAX_ATTEMPTS = 40
"""After so many attempts a run that stops at its time limit again is not continued."""


class RunEnqueuer(Protocol):
    """Records runs and enqueues their tasks."""

    def __call__(self, tasks: Sequence[Task], /) -> int:
        """Return the number of tasks that were not in the queue yet."""

    def renew(self, waiting: Sequence[Task], renewed_at: datetime | None, /) -> datetime:
        """Keep the runs of waiting tasks open, and return when that was last done."""


@dataclass(frozen=True, slots=True)
class EnqueueRuns:
    """Records each run with the time by which its queue has made the last attempt, and then enqueues its task.

    A process that is killed in between leaves a record without a task, which a repeated dispatch enqueues and which
    otherwise ``SweepRuns`` finds. ``open_for`` is the longest that a queue is at a task, per job.
    """

    store: DocumentStore
    queue: TaskQueue
    clock: Clock
    open_for: Mapping[str, timedelta]

    def __call__(self, tasks: Sequence[Task]) -> int:
        """Record and enqueue tasks; a dry run is not recorded.

        Raises as the store and the queue do: for a task that the queue did not take, once the others were tried; after
        ``MAX_FAILURES`` in a row, at once.
        """
        now = self.clock.now()
        for start in range(0, len(tasks), BATCH_SIZE):
            batch = tasks[start : start + BATCH_SIZE]
            open_until = {
                task: max(now, task.not_before) + self.open_for[task.job] for task in batch if not task.dry_run
            }
            if open_until:
                Runs(self.store).open(open_until, now)
        return self._enqueue(tasks)

    def _enqueue(self, tasks: Sequence[Task]) -> int:
        enqueued = failures_in_row = 0
        first_error: BrainError | None = None
        for task in tasks:
            try:
                enqueued += self.queue.enqueue(task)
                failures_in_row = 0
            except BrainError as error:
                first_error = first_error or error
                failures_in_row += 1
                if failures_in_row == MAX_FAILURES:
                    break
        if first_error:
            raise first_error
        return enqueued

    def renew(self, waiting: Sequence[Task], renewed_at: datetime | None) -> datetime:
        """Move the marks of tasks that wait in this process, so that no sweep takes their runs for abandoned.

        A queue in this process performs one task after another, which may take longer than the mark of the last one.
        Call this before each task, with what the call before returned. Marks are moved once per ``RENEWAL_PERIOD``.
        """
        now = self.clock.now()
        if renewed_at and now - renewed_at < RENEWAL_PERIOD:
            return renewed_at
        for task in waiting:
            if task.dry_run:
                continue
            with suppress(BrainError):  # at worst, a run is reported as abandoned and done all the same
                Runs(self.store).keep_open(task, now + self.open_for[task.job])
        return now

    def continue_run(self, task: Task, attempt: int) -> None:
        """Enqueue the continuation of a run that stopped at its time limit in this attempt; twice is once.

        Raises:
            AbandonedRunError: The run has had ``MAX_ATTEMPTS`` attempts.
        """
        if attempt >= MAX_ATTEMPTS:
            message = f"a run must be done within {MAX_ATTEMPTS} attempts, got one that stopped again; see its figures"
            raise AbandonedRunError(message)
        start = self.clock.now() + CONTINUATION_DELAY
        Runs(self.store).keep_open(task, start + self.open_for[task.job])
        self.queue.enqueue(replace(task, not_before=start, continues=attempt))
