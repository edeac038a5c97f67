"""The lease of a run, through which a worker makes all writes of its job.

Each write is one atomic commit with the record of the run, at the version that this worker knows. A worker whose lease
was taken over can write nothing more (``attempt`` is the fencing token), and a crash leaves either a whole step with
its checkpoint or nothing of it. When another worker may take over is decided by ``Run.is_available`` in
:mod:`brain.domain.jobs.runs`.

Every commit renews the lease, and so does a heartbeat in a thread beside the work. Both change one record at one
version, so they share a lock.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from brain.domain.jobs.runs import HEARTBEAT_PERIOD, LEASE_DURATION, LEASE_MARGIN, Run, RunStatus
from brain.errors import BrainError, ConflictError, LeaseLostError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import Version, Write
from brain.repositories.jobs.runs import Runs

Figures: TypeAlias = Mapping[str, Any]
STOP_MARGIN = timedelta(seconds=20)


class Lease:
    """The exclusive right to write for one run until its time limit; a dry run only counts the writes."""

    def __init__(
        self, runs: Runs, run: Run, version: Version, *, clock: Clock, time_limit: timedelta, dry_run: bool = False
    ) -> None:
        self._runs = runs
        self._version = version
        self._clock = clock
        self._stop_at = clock.now() + time_limit - STOP_MARGIN
        self._beats_until = clock.now() + time_limit + LEASE_MARGIN
        self._dry_run = dry_run
        self._lock = threading.RLock()
        # Whether the latest write of the work, or of the heartbeat, may have been applied without a response.
        self._is_work_unconfirmed = False
        self._is_beat_unconfirmed = False
        self.run = run
        self.would_write: dict[str, int] = {}

    @property
    def client_id(self) -> str:
        """The client of the run."""
        return self.run.client_id

    @property
    def scheduled_at(self) -> datetime:
        """The scheduled time of the run; the job computes its results as of then."""
        return self.run.scheduled_at

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be written, including to the shop's own database."""
        return self._dry_run

    @property
    def checkpoint(self) -> Mapping[str, Any]:
        """The checkpoint of the last commit of this run, possibly by an earlier worker."""
        return self.run.checkpoint

    def out_of_time(self) -> bool:
        """Return whether the job should stop now and leave the remaining work to its next attempt."""
        return self._clock.now() >= self._stop_at

    def commit(self, writes: Sequence[Write], checkpoint: Mapping[str, Any]) -> list[Version]:
        """Write a step together with its checkpoint, renew the lease, and return one version per write.

        Raises:
            LeaseLostError: Another worker took over the run.
            ConflictError: A document of the step changed since it was read; read it again and retry.
        """
        expires_at = self._clock.now() + LEASE_DURATION
        return self._write(writes, replace(self.run, checkpoint=dict(checkpoint), lease_expires_at=expires_at))

    def renew(self) -> None:
        """Renew the lease before a write to another database; raises as ``commit`` does."""
        self.commit([], self.checkpoint)

    def beat(self) -> bool:
        """Renew the lease beside the work; return False once there is nothing more to renew.

        A lease is never renewed beyond the time limit and ``LEASE_MARGIN``, so that a worker that hangs loses its run.
        One that a commit renewed lately is left as it is. Raises as ``commit`` does; a later beat may succeed.
        """
        with self._lock:
            now = self._clock.now()
            if self._dry_run or self.run.status is not RunStatus.RUNNING or now >= self._beats_until:
                return False
            expires_at = min(now + LEASE_DURATION, self._beats_until)
            is_fresh = expires_at - self.run.lease_expires_at < HEARTBEAT_PERIOD / 2
            # A lost commit of the work must conflict with its repetition, so that the work learns that it was applied.
            if not is_fresh and not self._is_work_unconfirmed:
                self._write_beat(replace(self.run, lease_expires_at=expires_at))
            return True

    def finish(self, writes: Sequence[Write], result: Figures) -> Figures:
        """Write the last step together with the result of the run; raises as ``commit`` does."""
        self._write(writes, replace(self.run, status=RunStatus.DONE, result=dict(result), checkpoint={}))
        return {"status": "success", **result} | ({"would_write": self.would_write} if self._dry_run else {})

    def stop(self, figures: Figures) -> Figures:
        """Release the lease before the time limit; the next attempt continues from the checkpoint."""
        self._write([], replace(self.run, status=RunStatus.STOPPED))
        return {"status": "stopped", "attempt": self.run.attempt, **figures}

    def release(self, error: BrainError) -> None:
        """Release the lease after an error, so that the next attempt need not wait for its expiry."""
        try:
            self._write([], replace(self.run, status=RunStatus.FAILED, result={"error_code": error.code}))
        except BrainError as release_error:
            error.add_note(f"the lease was not released ({release_error.code}) and will expire")

    def _write(self, writes: Sequence[Write], run: Run) -> list[Version]:
        if self._dry_run:
            return [self._count(write) for write in writes]
        with self._lock:
            if self._is_beat_unconfirmed:
                self._reload()
            try:
                return self._commit(writes, run)
            except StoreUnavailableError:
                self._is_work_unconfirmed = True
                raise

    def _write_beat(self, run: Run) -> None:
        if self._is_beat_unconfirmed:
            self._reload()
        try:
            self._commit([], run)
        except StoreUnavailableError:
            self._is_beat_unconfirmed = True
            raise

    def _commit(self, writes: Sequence[Write], run: Run) -> list[Version]:
        changes = {
            "status": str(run.status),
            "checkpoint": dict(run.checkpoint),
            "result": dict(run.result),
            "lease_expires_at": run.lease_expires_at,
        }
        try:
            self._version, *versions = self._runs.commit(self.run, self._version, writes, changes)
        except ConflictError:
            self._reload()
            raise
        self.run = run
        self._is_work_unconfirmed = self._is_beat_unconfirmed = False
        return versions

    def _reload(self) -> None:
        """Read the record again, since an earlier commit may have been applied although its response was lost."""
        record = self._runs.read(self.run)
        if record is None or record[0].attempt != self.run.attempt:
            raise LeaseLostError("another worker took over this run; this worker stops writing")
        self.run, self._version = record
        self._is_work_unconfirmed = self._is_beat_unconfirmed = False

    def _count(self, write: Write) -> Version:
        collection = write.path.split("/")[-2]
        self.would_write[collection] = self.would_write.get(collection, 0) + 1
        return ""
