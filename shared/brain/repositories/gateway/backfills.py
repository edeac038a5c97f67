"""Where a backfill stands, beside the client's other state, so that a run that was killed goes on where it stood."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from brain.ports.document_store import DocumentStore
from brain.repositories import paths


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """``run`` tells this run from a later one of the same file; the file is done up to ``offset`` bytes."""

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

    def read(self, key: str) -> Checkpoint | None:
        """Return the checkpoint of a file, known by its content, or None."""
        found = self._store.get(self._path(key))
        return None if found is None else Checkpoint(**found.data)

    def write(self, key: str, checkpoint: Checkpoint) -> None:
        """Write where the file stands."""
        self._store.set(self._path(key), asdict(checkpoint))

    def _path(self, key: str) -> str:
        return paths.state(self._client_id, f"backfill-{key}")
