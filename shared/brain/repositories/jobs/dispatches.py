"""The latest dispatch of each job, one small document per job."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from brain.ports.document_store import DocumentStore, Set
from brain.repositories import paths


@dataclass(frozen=True, slots=True)
class Dispatches:
    """Reads and records for which scheduled time each job was last dispatched for all its clients."""

    store: DocumentStore

    def read(self, job: str) -> datetime | None:
        """Return the latest scheduled time of a job, None if none is on record."""
        record = self.store.get(paths.dispatch(job))
        return record.data["scheduled_at"] if record else None

    def record(self, scheduled_at: Mapping[str, datetime]) -> None:
        """Record the latest scheduled time of each job."""
        self.store.commit(
            [Set(paths.dispatch(job), {"job": job, "scheduled_at": at}) for job, at in scheduled_at.items()]
        )
