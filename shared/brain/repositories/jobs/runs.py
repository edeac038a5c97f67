"""Records of runs: ``create`` decides who is first, and every later write requires the version that was read.

A run that was enqueued has a mark, ``open_until``: when its queue has certainly made the last attempt. The mark is
removed when the run is done or has a dead letter, so that a run whose workers were all killed is found by its mark.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from brain.domain.jobs.runs import Run, RunStatus
from brain.errors import AlreadyExistsError, BrainError, ConflictError, LeaseHeldError
from brain.ports.document_store import (
    Create,
    Document,
    DocumentStore,
    Filter,
    Snapshot,
    Transform,
    Update,
    Version,
    Write,
    WriteStatus,
)
from brain.ports.task_queue import Task
from brain.repositories import paths

RETENTION = timedelta(days=30)
OPEN_UNTIL = "open_until"
UNRECORDED_OPEN_FOR = timedelta(hours=4)
"""How long a run is open that a worker begins before it was recorded, as from a former version's task: beyond the last
attempt of any queue."""


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
        record = self._store.get(path)
        if record is not None:
            return self._take_over(record, now, lease)
        run = Run(job, client_id, scheduled_at, RunStatus.RUNNING, 1, now + lease)
        try:
            return run, self._store.create(path, {**to_document(run, now), OPEN_UNTIL: now + UNRECORDED_OPEN_FOR})
        except AlreadyExistsError as exc:
            message = "another worker has just created the record of this run; try again later"
            raise LeaseHeldError(message, retry_after_seconds=1) from exc

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

    def open(self, tasks: Mapping[Task, datetime], now: datetime) -> None:
        """Record at most 500 tasks as queued runs, each marked as open until its time.

        A recorded run stays as it is. If it was given up, and is neither done nor at work, it is open again.

        Raises:
            StoreUnavailableError: The store did not respond; some of the runs may be recorded.
        """
        documents = {
            paths.run(task.job, task.client_id, task.scheduled_at): to_document(
                Run(task.job, task.client_id, task.scheduled_at, RunStatus.QUEUED, 0, now), now
            )
            | {OPEN_UNTIL: open_until}
            for task, open_until in tasks.items()
        }
        results = self._store.write_many([Create(path, document) for path, document in documents.items()])
        for result in results:
            if result.status not in (WriteStatus.WRITTEN, WriteStatus.EXISTS):
                raise result.error or BrainError(f"a run must be recorded before it is enqueued, got {result.status}")
        recorded = [
            path for path, result in zip(documents, results, strict=True) if result.status is WriteStatus.EXISTS
        ]
        for record in filter(None, self._store.get_all(recorded) if recorded else ()):
            self._reopen(record, documents[record.path][OPEN_UNTIL], now)

    def _reopen(self, record: Snapshot, open_until: datetime, now: datetime) -> None:
        # A worker may just have begun it. What cannot be read is reported by its worker and must not stop the others.
        with suppress(ConflictError, KeyError, ValueError):
            if OPEN_UNTIL not in record.data and from_document(record.data).is_available(now):
                self._store.update(record.path, {OPEN_UNTIL: open_until}, expect=record.version)

    def keep_open(self, task: Task, until: datetime) -> None:
        """Move the mark of a recorded run, because it goes on in another task."""
        self._store.update(paths.run(task.job, task.client_id, task.scheduled_at), {OPEN_UNTIL: until})

    def find_overdue(self, now: datetime, limit: int) -> list[Snapshot]:
        """Return the records of runs that are still open after their time, the longest overdue first."""
        return self._store.query(paths.RUNS, [Filter(OPEN_UNTIL, "<=", now)], order_by=OPEN_UNTIL, limit=limit)

    def count_overdue(self, now: datetime) -> int:
        """Return the number of runs that are still open after their time, without reading them."""
        return self._store.count(paths.RUNS, [Filter(OPEN_UNTIL, "<=", now)])

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
        if changes["status"] == RunStatus.DONE:
            changes = {**changes, OPEN_UNTIL: Transform.DELETE_FIELD}
        return self._store.commit([Update(path, changes, expect=version), *writes])


def close_mark(record: Snapshot, *, expect: Version | None = None) -> Update:
    """Return the write that removes the mark of an open run."""
    return Update(record.path, {OPEN_UNTIL: Transform.DELETE_FIELD}, expect=expect)


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
