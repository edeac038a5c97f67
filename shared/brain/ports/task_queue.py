"""How a dispatcher hands one client's job to a worker."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """One client's share of one scheduled run; ``not_before`` spreads a run's tasks over its jitter window."""

    job: str
    client_id: str
    scheduled_at: datetime
    not_before: datetime
    dry_run: bool = False


class TaskQueue(Protocol):
    """Takes tasks; the same task enqueued twice runs once."""

    def enqueue(self, task: Task) -> bool:
        """Take the task; False when the same task is already there."""
