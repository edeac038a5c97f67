"""Run records: one winner by ``create``, take-over and every later write by the version that was read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from brain.domain.jobs.runs import Run, RunStatus
from brain.errors import AlreadyExistsError, ConflictError, LeaseHeldError
from brain.ports.document_store import Document, DocumentStore, Snapshot, Update, Version, Write
from brain.repositories import paths

KEPT = timedelta(days=30)


class Runs:
    """Takes, renews and ends runs."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def take(
        self, job: str, client_id: str, scheduled_at: datetime, *, now: datetime, lease: timedelta
    ) -> tuple[Run, Version]:
        """Take the run for this worker, or return it as done.

        Raises:
            LeaseHeldError: another worker has it; ``retry_after_seconds`` says how long its lease lasts.
        """
        path = paths.run(job, client_id, scheduled_at)
        fresh = Run(job, client_id, scheduled_at, RunStatus.RUNNING, 1, now + lease)
        try:
            return fresh, self._store.create(path, _document(fresh, now))
        except AlreadyExistsError:
            found = self._store.get(path)
        if found is None:
            raise LeaseHeldError("the run's record changed while it was read; try again", retry_after_seconds=1)
        return self._take_over(found, now, lease)

    def _take_over(self, found: Snapshot, now: datetime, lease: timedelta) -> tuple[Run, Version]:
        run = run_from(found)
        if run.status is RunStatus.DONE:
            return run, found.version
        if not run.may_be_taken(now):
            wait = (run.lease_expires_at - now).total_seconds()
            raise LeaseHeldError("another worker is doing this run; try again later", retry_after_seconds=wait)
        changes = {"status": str(RunStatus.RUNNING), "attempt": run.attempt + 1, "lease_expires_at": now + lease}
        try:
            version = self._store.update(found.path, changes, expect=found.version)
        except ConflictError as exc:
            raise LeaseHeldError(
                "another worker took this run just now; try again later", retry_after_seconds=1
            ) from exc
        taken = replace(run, status=RunStatus.RUNNING, attempt=run.attempt + 1, lease_expires_at=now + lease)
        return taken, version

    def read(self, run: Run) -> tuple[Run, Version] | None:
        """Return the run's record as it is now, or None."""
        found = self._store.get(paths.run(run.job, run.client_id, run.scheduled_at))
        return (run_from(found), found.version) if found else None

    def commit(self, run: Run, version: Version, writes: Sequence[Write], changes: Document) -> list[Version]:
        """Apply ``changes`` to the record and ``writes`` together, or nothing at all; versions in that order.

        Raises:
            ConflictError: the record is not at ``version``, or one of ``writes`` met a document that had changed.
        """
        record = paths.run(run.job, run.client_id, run.scheduled_at)
        return self._store.commit([Update(record, changes, expect=version), *writes])


def run_from(found: Snapshot) -> Run:
    """Return the run that a record holds."""
    data = found.data
    return Run(
        job=data["job"],
        client_id=data["client_id"],
        scheduled_at=data["scheduled_at"],
        status=RunStatus(data["status"]),
        attempt=data["attempt"],
        lease_expires_at=data["lease_expires_at"],
        checkpoint=data["checkpoint"],
        result=data["result"],
    )


def _document(run: Run, now: datetime) -> dict[str, Any]:
    return {
        "job": run.job,
        "client_id": run.client_id,
        "scheduled_at": run.scheduled_at,
        "status": str(run.status),
        "attempt": run.attempt,
        "lease_expires_at": run.lease_expires_at,
        "checkpoint": dict(run.checkpoint),
        "result": dict(run.result),
        "expires_at": now + KEPT,
    }
