"""Finds runs whose queue has given up although they neither ended nor left a dead letter, and stores one for each.

Their workers were killed at every attempt, no attempt was ever made, or, on a single machine, the attempt failed.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from brain.domain.jobs.runs import Run, RunStatus
from brain.errors import (
    AbandonedRunError,
    BrainError,
    ConflictError,
    ErrorSeverity,
    NotFoundError,
    StoreRefusedError,
    StoreUnavailableError,
)
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore, Snapshot, Update
from brain.ports.logger import EventLogger
from brain.ports.task_queue import Task
from brain.repositories.jobs.runs import OPEN_UNTIL, Runs, close_mark, from_document
from brain.services.jobs.give_up import GiveUp

KILLED: Final = "if it is abandoned again, look for workers that were killed, such as by their memory limit"
MAX_RUNS: Final = 500
"""The number of runs of one sweep; the next one, an hour later, has the others."""


@dataclass(frozen=True, slots=True)
class SweepRuns:
    """Dead-letters abandoned runs. It may be killed anywhere and repeated: each run is one commit."""

    store: DocumentStore
    give_up: GiveUp
    clock: Clock
    log: EventLogger

    def __call__(self) -> Mapping[str, int]:
        """Return the number of ``abandoned`` runs, if any; raises ``StoreUnavailableError``."""
        counts: Counter[str] = Counter()
        for record in Runs(self.store).find_overdue(self.clock.now(), MAX_RUNS):
            try:
                counts["abandoned"] += self._sweep(record)
            except ConflictError:  # a worker has just begun or finished it
                continue
            except StoreUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 - one run that cannot be read must not hide the others
                self.log("sweep_failed", error=error, severity=str(ErrorSeverity.CRITICAL), run=record.id)
                self._move_to_end(record)
        return {name: count for name, count in counts.items() if count}

    def _move_to_end(self, record: Snapshot) -> None:
        """Make a run that cannot be swept the least overdue: 500 of them must not keep the next sweep from others."""
        with suppress(ConflictError, NotFoundError, StoreRefusedError):
            self.store.commit([Update(record.path, {OPEN_UNTIL: self.clock.now()}, expect=record.version)])

    def _sweep(self, record: Snapshot) -> bool:
        """Return whether the run was abandoned: not done, not at work, and without a dead letter."""
        run = from_document(record.data)
        if run.status is RunStatus.DONE:
            self.store.commit([close_mark(record, expect=record.version)])
            return False
        if not run.is_available(self.clock.now()):
            postponed = {OPEN_UNTIL: run.lease_expires_at}
            self.store.commit([Update(record.path, postponed, expect=record.version)])
            return False
        task = Task(run.job, run.client_id, run.scheduled_at, run.scheduled_at)
        error = _build_error(run)
        dead_letter_id = self.give_up.keep(task, error, record)
        if dead_letter_id is None:
            return False
        severity = str(ErrorSeverity.CRITICAL)
        self.log(
            "task_abandoned",
            error=error,
            severity=severity,
            job=run.job,
            client_id=run.client_id,
            status=str(run.status),
            attempts=run.attempt,
            dead_letter_id=dead_letter_id,
        )
        return True


def _build_error(run: Run) -> AbandonedRunError:
    """Return an error that names the last known state of the run."""
    found, action = f"attempt {run.attempt} with the last status {run.status}", KILLED
    if run.status is RunStatus.QUEUED:
        found = "no attempt that reached its record"
    if run.status is RunStatus.FAILED:
        code = run.result.get("error_code", BrainError.code)
        found, action = f"attempt {run.attempt}, which failed with {code}", "fix the cause that its log entry names"
    return AbandonedRunError(f"the run must end within its queue's attempts, got {found}; {action}")
