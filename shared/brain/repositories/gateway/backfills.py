"""Checkpoints of backfills, stored with the client's other state, so that a killed run can be resumed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from brain.ports.document_store import DocumentStore
from brain.repositories import paths


@dataclass(frozen=True, slots=True)
class BackfillCheckpoint:
    """How far a file has been imported. The names of the fields are the stored keys.

    Attributes:
        run: identifies this run among all runs of the same file.
        received_at: the time of receipt of all events of the run.
        offset: the bytes that are done.
        line: the lines that are done.
        counts: the number of items per outcome so far.
        done: whether the run is finished.
    """

    run: str
    received_at: datetime
    offset: int = 0
    line: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    done: bool = False


class Backfills:
    """Reads and writes the checkpoints of one client."""

    def __init__(self, store: DocumentStore, client_id: str) -> None:
        self._store = store
        self._client_id = client_id

    def read(self, key: str) -> BackfillCheckpoint | None:
        """Return the checkpoint of a file, identified by its content, or None."""
        checkpoint = self._store.get(self._path(key))
        return None if checkpoint is None else BackfillCheckpoint(**checkpoint.data)

    def write(self, key: str, checkpoint: BackfillCheckpoint) -> None:
        """Store the checkpoint of a file."""
        self._store.set(self._path(key), asdict(checkpoint))

    def _path(self, key: str) -> str:
        return paths.state(self._client_id, f"backfill-{key}")
