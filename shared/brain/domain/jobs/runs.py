"""The record of a run: one job for one client at one scheduled time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

LEASE_DURATION: Final = timedelta(seconds=90)
"""How long a run stays with a worker that was killed; a living one renews its lease every ``HEARTBEAT_PERIOD``."""
HEARTBEAT_PERIOD: Final = timedelta(seconds=30)
LEASE_MARGIN: Final = timedelta(seconds=30)
"""How long after its time limit a worker that hangs loses its lease: until then, its heartbeat renews it."""


class RunStatus(StrEnum):
    """The status of a run; a ``stopped`` run ended cleanly before its time limit and will be resumed."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Run:
    """The record of a run; ``attempt`` is the fencing token of the worker that holds the lease."""

    job: str
    client_id: str
    scheduled_at: datetime
    status: RunStatus
    attempt: int
    lease_expires_at: datetime
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)

    def is_available(self, now: datetime) -> bool:
        """Whether a worker may acquire the run: it is not done and no other worker holds its lease."""
        is_leased = self.status is RunStatus.RUNNING and now < self.lease_expires_at
        return self.status is not RunStatus.DONE and not is_leased
