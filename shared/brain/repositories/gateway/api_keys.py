"""API keys as documents, found by their hash."""

from datetime import datetime

from brain.domain.senders.api_keys import ApiKey
from brain.ports.document_store import DocumentStore, Filter
from brain.repositories import paths


class ApiKeys:
    """Stores, finds and revokes senders' keys."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def find(self, key_hash: str) -> ApiKey | None:
        """Return the key of that hash, revoked or not, or None."""
        found = self._store.get(paths.api_key(key_hash))
        return ApiKey.from_document(key_hash, found.data) if found else None

    def of_client(self, client_id: str) -> list[ApiKey]:
        """Return a client's keys, the oldest first."""
        found = self._store.query(paths.KEYS, [Filter("client_id", "==", client_id)])
        return sorted((ApiKey.from_document(s.id, s.data) for s in found), key=lambda k: (k.created_at, k.key_hash))

    def add(self, key: ApiKey) -> None:
        """Store a new key."""
        self._store.create(paths.api_key(key.key_hash), key.to_document())

    def revoke(self, key: ApiKey, at: datetime) -> None:
        """Mark a key as revoked from now on."""
        self._store.update(paths.api_key(key.key_hash), {"revoked_at": at})
