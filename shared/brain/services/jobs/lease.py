"""A worker's right to write for one run: every write of a job goes through it.

Each write is one atomic commit with the run's record, at the version this worker knows. A worker that was overtaken
writes nothing any more (``attempt`` is the fencing token), and a crash leaves either all of a step with its
checkpoint, or none of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from brain.domain.jobs.runs import Run, RunStatus
from brain.errors import BrainError, ConflictError, LeaseLostError
from brain.ports.clock import Clock
from brain.ports.document_store import Version, Write
from brain.repositories.jobs.runs import Runs

Figures: TypeAlias = Mapping[str, Any]
LEASE_MARGIN = timedelta(seconds=30)
STOP_MARGIN = timedelta(seconds=20)


class Lease:
    """The right to write for one run, until its time limit; a dry run counts what it would write."""

    def __init__(
        self, runs: Runs, run: Run, version: Version, *, clock: Clock, time_limit: timedelta, dry_run: bool = False
    ) -> None:
        self._runs = runs
        self._version = version
        self._clock = clock
        self._time_limit = time_limit
        self._stop_at = clock.now() + time_limit - STOP_MARGIN
        self._dry_run = dry_run
        self.run = run
        self.would_write: dict[str, int] = {}

    @property
    def client_id(self) -> str:
        """Whose run this is."""
        return self.run.client_id

    @property
    def scheduled_at(self) -> datetime:
        """The time the run is for; what the job computes is as of then."""
        return self.run.scheduled_at

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be written, the shop's own database included."""
        return self._dry_run

    @property
    def checkpoint(self) -> Mapping[str, Any]:
        """What the last commit of this run, perhaps by an earlier worker, left for the next."""
        return self.run.checkpoint

    def out_of_time(self) -> bool:
        """Whether the job should stop cleanly now and leave the rest to its next attempt."""
        return self._clock.now() >= self._stop_at

    def commit(self, writes: Sequence[Write], checkpoint: Mapping[str, Any]) -> list[Version]:
        """Write a step and its checkpoint together, renew the lease, and return a version a write.

        Raises:
            LeaseLostError: another worker took the run over.
            ConflictError: a document of the step changed since it was read; read again and decide anew.
        """
        expires = self._clock.now() + self._time_limit + LEASE_MARGIN
        return self._write(writes, replace(self.run, checkpoint=dict(checkpoint), lease_expires_at=expires))

    def renew(self) -> None:
        """Make sure that the run is still this worker's before it writes elsewhere; raises as ``commit`` does."""
        self.commit([], self.checkpoint)

    def finish(self, writes: Sequence[Write], result: Figures) -> Figures:
        """Write the last step and the run's result together; raises as ``commit`` does."""
        self._write(writes, replace(self.run, status=RunStatus.DONE, result=dict(result), checkpoint={}))
        return {"status": "success", **result} | ({"would_write": self.would_write} if self._dry_run else {})

    def stop(self, figures: Figures) -> Figures:
        """Let go before the time limit; the next attempt goes on from the checkpoint."""
        self._write([], replace(self.run, status=RunStatus.STOPPED))
        return {"status": "stopped", **figures}

    def release(self, error: BrainError) -> None:
        """Let go after an error, so that the next attempt need not wait for the lease to end by itself."""
        try:
            self._write([], replace(self.run, status=RunStatus.FAILED, result={"error_code": error.code}))
        except BrainError as second:
            error.add_note(f"the lease was not released ({second.code}); it ends by itself")

    def _write(self, writes: Sequence[Write], changed: Run) -> list[Version]:
        if self._dry_run:
            return [self._count(write) for write in writes]
        changes = {
            "status": str(changed.status),
            "checkpoint": dict(changed.checkpoint),
            "result": dict(changed.result),
            "lease_expires_at": changed.lease_expires_at,
        }
        try:
            self._version, *versions = self._runs.commit(self.run, self._version, writes, changes)
        except ConflictError:
            self._check_still_held()
            raise
        self.run = changed
        return versions

    def _check_still_held(self) -> None:
        """Learn the record's version again: an earlier commit may have been applied and its answer lost."""
        found = self._runs.read(self.run)
        if found is None or found[0].attempt != self.run.attempt:
            raise LeaseLostError("another worker took this run over; nothing more of this one is written")
        self.run, self._version = found

    def _count(self, write: Write) -> Version:
        collection = write.path.split("/")[-2]
        self.would_write[collection] = self.would_write.get(collection, 0) + 1
        return ""
