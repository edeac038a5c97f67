"""Catching up on dispatches that did not happen, whatever kept the scheduler from them.

A dispatch that failed at every attempt, a schedule that was never created, and a machine that was off leave no run that
could be missed. So each dispatch is recorded, and the hourly one compares the record with the schedules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from brain.domain.jobs.schedule import last_due
from brain.errors import ErrorSeverity
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.ports.logger import EventLogger
from brain.repositories.jobs.dispatches import Dispatches

GRACE: Final = timedelta(hours=1)
"""How long a dispatch may be late: the scheduler's own attempts take most of an hour."""


class Dispatcher(Protocol):
    """Dispatches a job for all its clients."""

    def __call__(self, job: str, scheduled_at: datetime, /) -> Mapping[str, Any]:
        """Return the figures; the same dispatch repeated enqueues nothing new."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Dispatches each job whose latest scheduled time has passed without a dispatch; earlier ones are left out.

    ``schedules`` has the schedule of each job. A job that has no record yet gets one, so that its next dispatch is
    missed if it does not happen. A record of the future, left by a clock that was wrong, counts as no dispatch: it
    would hide whatever is missed until then.
    """

    store: DocumentStore
    schedules: Mapping[str, str]
    log: EventLogger
    clock: Clock

    def __call__(self, dispatch: Dispatcher, now: datetime) -> Mapping[str, int]:
        """Return how many jobs were ``caught_up``, if any; one that fails does not stop the others."""
        latest_possible = max(now, self.clock.now()) + GRACE
        caught_up = sum(
            self._catch_up(dispatch, job, last_due(self.schedules[job], now - GRACE), latest_possible)
            for job in self.schedules
        )
        return {"caught_up": caught_up} if caught_up else {}

    def _catch_up(self, dispatch: Dispatcher, job: str, due_at: datetime, latest_possible: datetime) -> bool:
        """Return whether a job was dispatched for a time at which it had not been."""
        dispatches = Dispatches(self.store)
        latest = dispatches.read(job)
        if latest is None:
            dispatches.record({job: due_at})
        if latest is None or due_at <= latest <= latest_possible:
            return False
        if latest > latest_possible:
            dispatches.record({job: due_at - GRACE})
        severity, status = str(ErrorSeverity.CRITICAL), "failed"
        try:
            status = dispatch(job, due_at)["status"]
        except Exception as error:  # noqa: BLE001 - the next hour tries again
            self.log("dispatch_failed", error=error, severity=severity, job=job)
        if status == "disabled":  # nobody waits for it
            return False
        self.log(
            "dispatch_missed", severity=severity, job=job, scheduled_at=due_at.isoformat(), last=latest.isoformat()
        )
        return status == "success"
