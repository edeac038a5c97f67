"""API keys as documents, found by their hash."""

from datetime import datetime

from brain.domain.senders.api_keys import ApiKey
from brain.ports.document_store import DocumentStore, Filter
from brain.repositories import paths


class ApiKeys:
    """Stores, finds and revokes API keys."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def find(self, key_hash: str) -> ApiKey | None:
        """Return the key with this hash, revoked or not, or None."""
        key = self._store.get(paths.api_key(key_hash))
        return ApiKey.from_document(key_hash, key.data) if key else None

    def of_client(self, client_id: str) -> list[ApiKey]:
        """Return a client's keys, the oldest first."""
        documents = self._store.query(paths.KEYS, [Filter("client_id", "==", client_id)])
        keys = [ApiKey.from_document(document.id, document.data) for document in documents]
        return sorted(keys, key=lambda key: (key.created_at, key.key_hash))

    def add(self, key: ApiKey) -> None:
        """Store a new key."""
        self._store.create(paths.api_key(key.key_hash), key.to_document())

    def revoke(self, key: ApiKey, now: datetime) -> None:
        """Mark a key as revoked from now on."""
        self._store.update(paths.api_key(key.key_hash), {"revoked_at": now})
