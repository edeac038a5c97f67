"""Cloud Tasks in virtual time: rates, concurrent dispatches, deadlines and retries of the deployed queues."""

import heapq
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

from brain.adapters.cloud_tasks import task_name
from brain.ports.task_queue import Task
from brain.settings.scheduler import Scheduler
from brain.testing.manual_clock import ManualClock

SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt at a task ended: the status of the response, None if there was none, and how long it took."""

    status: int | None
    duration: timedelta = timedelta(0)


class Attempting(Protocol):
    """The worker, called as Cloud Tasks does."""

    def __call__(self, task: Task, retry_count: int, /) -> Attempt:
        """Attempt the task for the ``retry_count``-th time after the first."""


@dataclass(slots=True)
class _Queue:
    """The state of one queue."""

    waiting: deque[tuple[Task, int]] = field(default_factory=deque)
    running: int = 0
    next_dispatch: datetime | None = None


@dataclass(slots=True)
class SimulatedTasks:
    """A ``TaskQueue`` with the table's queues, whose tasks ``run`` sends to a worker.

    An attempt begins when the queue's rate and its concurrent dispatches allow. It is executed at once by the worker,
    with the clock at its beginning, and ends after its duration, at most the deadline of its job. A task is retried
    after the delays of the table and dropped after the last attempt.

    Attributes:
        completed: When each task was answered with success.
        dropped: The tasks of which the queue made the last attempt in vain.
        statuses: The number of attempts by status; None for those without a response.
    """

    table: Scheduler
    clock: ManualClock
    completed: dict[Task, datetime] = field(default_factory=dict)
    dropped: list[Task] = field(default_factory=list)
    statuses: Counter[int | None] = field(default_factory=Counter)
    _names: set[str] = field(default_factory=set)
    _events: list[tuple[datetime, int, str, Task, int]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)
    _queues: dict[str, _Queue] = field(default_factory=dict)

    def enqueue(self, task: Task) -> bool:
        """Add the task; returns False if a task of its name was ever added."""
        if task_name(task) in self._names:
            return False
        self._names.add(task_name(task))
        self._push(max(task.not_before, self.clock.now()), "due", task, 0)
        return True

    def run(self, attempt: Attempting) -> None:
        """Send all tasks to the worker until none is left; the clock ends at the last event."""
        now = self.clock.now()
        while self._events:
            now, _, kind, task, retry_count = heapq.heappop(self._events)
            self.clock.time = now
            queue = self._queues.setdefault(self.table.get_queue(task.job), _Queue())
            if kind == "due":
                queue.waiting.append((task, retry_count))
            elif kind == "end":
                queue.running -= 1
            self._dispatch(task, queue, now, attempt)
        self.clock.time = now

    def _dispatch(self, latest: Task, queue: _Queue, now: datetime, attempt: Attempting) -> None:
        limits = self.table.queues[self.table.get_queue(latest.job)]
        while queue.waiting and queue.running < limits.concurrent_dispatches:
            if queue.next_dispatch is not None and now < queue.next_dispatch:
                self._push(queue.next_dispatch, "rate", latest, 0)
                return
            queue.next_dispatch = now + timedelta(seconds=1) / limits.dispatches_per_second
            queue.running += 1
            task, retry_count = queue.waiting.popleft()
            self._attempt(task, retry_count, now, attempt)

    def _attempt(self, task: Task, retry_count: int, now: datetime, attempt: Attempting) -> None:
        result = attempt(task, retry_count)
        self.clock.time = now  # other tasks run beside this one
        self.statuses[result.status] += 1
        deadline = timedelta(seconds=self.table.get_task_deadline_seconds(task.job))
        end = now + min(result.duration, deadline)
        self._push(end, "end", task, retry_count)
        if result.status in SUCCESS and result.duration <= deadline:
            self.completed[task] = end
        elif retry_count < self.table.task_retry.retries:
            delay = self.table.task_retry.delays_seconds[retry_count]
            self._push(end + timedelta(seconds=delay), "due", task, retry_count + 1)
        else:
            self.dropped.append(task)

    def _push(self, time: datetime, kind: str, task: Task, retry_count: int) -> None:
        heapq.heappush(self._events, (time, next(self._numbers), kind, task, retry_count))


def get_completion_times(tasks: SimulatedTasks, job: str) -> Mapping[str, datetime]:
    """Return when each client's task of a job was completed."""
    return {task.client_id: completed_at for task, completed_at in tasks.completed.items() if task.job == job}
