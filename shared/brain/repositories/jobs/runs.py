"""Records of runs: ``create`` decides who is first, and every later write requires the version that was read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from brain.domain.jobs.runs import Run, RunStatus
from brain.errors import AlreadyExistsError, ConflictError, LeaseHeldError
from brain.ports.document_store import Document, DocumentStore, Snapshot, Update, Version, Write
from brain.repositories import paths

RETENTION = timedelta(days=30)


class Runs:
    """Acquires, reads and updates the records of runs."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def acquire(
        self, job: str, client_id: str, scheduled_at: datetime, *, now: datetime, lease: timedelta
    ) -> tuple[Run, Version]:
        """Acquire the run for this worker, or return it unchanged if it is done.

        Raises:
            LeaseHeldError: Another worker holds the lease; ``retry_after_seconds`` is its remaining time.
        """
        path = paths.run(job, client_id, scheduled_at)
        run = Run(job, client_id, scheduled_at, RunStatus.RUNNING, 1, now + lease)
        try:
            return run, self._store.create(path, to_document(run, now))
        except AlreadyExistsError:
            record = self._store.get(path)
        if record is None:
            raise LeaseHeldError("the record of this run changed while it was read; try again", retry_after_seconds=1)
        return self._take_over(record, now, lease)

    def _take_over(self, record: Snapshot, now: datetime, lease: timedelta) -> tuple[Run, Version]:
        run = from_document(record.data)
        if run.status is RunStatus.DONE:
            return run, record.version
        if not run.is_available(now):
            remaining = (run.lease_expires_at - now).total_seconds()
            raise LeaseHeldError("another worker holds this run; try again later", retry_after_seconds=remaining)
        changes = {"status": str(RunStatus.RUNNING), "attempt": run.attempt + 1, "lease_expires_at": now + lease}
        try:
            version = self._store.update(record.path, changes, expect=record.version)
        except ConflictError as exc:
            message = "another worker has just acquired this run; try again later"
            raise LeaseHeldError(message, retry_after_seconds=1) from exc
        acquired = replace(run, status=RunStatus.RUNNING, attempt=run.attempt + 1, lease_expires_at=now + lease)
        return acquired, version

    def read(self, run: Run) -> tuple[Run, Version] | None:
        """Return the current record of the run, or None if it does not exist."""
        record = self._store.get(paths.run(run.job, run.client_id, run.scheduled_at))
        return (from_document(record.data), record.version) if record else None

    def commit(self, run: Run, version: Version, writes: Sequence[Write], changes: Document) -> list[Version]:
        """Change the record and apply ``writes`` in one commit; returns the versions in that order.

        Raises:
            ConflictError: The record is not at ``version``, or one of ``writes`` met a document that had changed.
        """
        path = paths.run(run.job, run.client_id, run.scheduled_at)
        return self._store.commit([Update(path, changes, expect=version), *writes])


def from_document(document: Document) -> Run:
    """Return the run of a stored document."""
    return Run(
        job=document["job"],
        client_id=document["client_id"],
        scheduled_at=document["scheduled_at"],
        status=RunStatus(document["status"]),
        attempt=document["attempt"],
        lease_expires_at=document["lease_expires_at"],
        checkpoint=document["checkpoint"],
        result=document["result"],
    )


def to_document(run: Run, now: datetime) -> dict[str, Any]:
    """Return the document of a run, which expires after ``RETENTION``."""
    return {
        "job": run.job,
        "client_id": run.client_id,
        "scheduled_at": run.scheduled_at,
        "status": str(run.status),
        "attempt": run.attempt,
        "lease_expires_at": run.lease_expires_at,
        "checkpoint": dict(run.checkpoint),
        "result": dict(run.result),
        "expires_at": now + RETENTION,
    }
