"""The port to the task queue, through which a dispatch hands each client's job to the worker."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """One client's part of a scheduled run; ``not_before`` spreads the tasks of a run over its jitter."""

    job: str
    client_id: str
    scheduled_at: datetime
    not_before: datetime
    dry_run: bool = False


class TaskQueue(Protocol):
    """A queue of tasks that runs a task once even if it is enqueued twice."""

    def enqueue(self, task: Task) -> bool:
        """Add the task; returns False if it is already in the queue."""
