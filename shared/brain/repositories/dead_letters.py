"""Dead letters as documents: listed for operators, replayed, purged."""

from datetime import datetime

from brain.domain.dead_letters import DeadLetter, dead_letter_from
from brain.ports.document_store import DocumentStore, Filter, Increment
from brain.repositories import paths


class DeadLetters:
    """Reads and removes dead letters; those past their expiry are as good as gone."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def get(self, dead_letter_id: str, now: datetime) -> DeadLetter | None:
        """Return one that has not expired, or None."""
        found = self._store.get(paths.dead_letter(dead_letter_id))
        return dead_letter_from(found.data) if found and found.data["expires_at"] > now else None

    def list(self, now: datetime, client_id: str | None = None, limit: int = 100) -> list[DeadLetter]:
        """Return those that have not expired, of one client or of all, the earliest first."""
        where = [Filter("client_id", "==", client_id)] if client_id else []
        found = self._store.query(paths.DEAD_LETTERS, where, limit=limit)
        living = [dead_letter_from(one.data) for one in found if one.data["expires_at"] > now]
        return sorted(living, key=lambda letter: (letter.first_seen, letter.dead_letter_id))

    def count(self, client_id: str) -> int:
        """Return how many a client has."""
        return self._store.count(paths.DEAD_LETTERS, [Filter("client_id", "==", client_id)])

    def remove(self, dead_letter_id: str) -> None:
        """Remove one that was taken in at last, or that the operator gives up."""
        self._store.delete(paths.dead_letter(dead_letter_id))

    def tried(self, dead_letter_id: str, at: datetime) -> None:
        """Count one more attempt that failed."""
        self._store.update(paths.dead_letter(dead_letter_id), {"attempts": Increment(1), "last_seen": at})
