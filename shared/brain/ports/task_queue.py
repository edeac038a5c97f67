"""The port to the task queue, through which a dispatch hands each client's job to the worker."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """One client's part of a scheduled run; ``not_before`` spreads the tasks of a run over its jitter.

    ``continues`` is the number of the attempt that stopped at its time limit and that this task continues, 0 for none.
    """

    job: str
    client_id: str
    scheduled_at: datetime
    not_before: datetime
    dry_run: bool = False
    continues: int = 0


class TaskQueue(Protocol):
    """A queue of tasks that runs a task once even if it is enqueued twice."""

    def enqueue(self, task: Task) -> bool:
        """Add the task; returns False if it is already in the queue."""
