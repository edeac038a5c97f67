"""A run: one job for one client at one scheduled time, and what may happen to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class RunStatus(StrEnum):
    """Where a run stands; ``stopped`` ended cleanly before its time limit and is to be resumed."""

    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Run:
    """A run's record; ``attempt`` is the fencing token, and the lease says until when its holder may work."""

    job: str
    client_id: str
    scheduled_at: datetime
    status: RunStatus
    attempt: int
    lease_expires_at: datetime
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)

    def may_be_taken(self, now: datetime) -> bool:
        """Whether another worker may take the run: it is not done, and nobody holds it."""
        held = self.status is RunStatus.RUNNING and now < self.lease_expires_at
        return self.status is not RunStatus.DONE and not held
