"""Creates, rotates and revokes senders' keys, and says whose key a request carries."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import TTLCache

from brain.domain.senders.api_keys import MAX_VALID_KEYS, NOT_AUTHENTICATED, ApiKey, generate_key, hash_key
from brain.errors import InvalidInputError, NotFoundError, UnauthenticatedError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.repositories.gateway.api_keys import ApiKeys

REMEMBERED_SECONDS = 60
REMEMBERED_KEYS = 10_000


@dataclass(slots=True)
class KeyRing:
    """An operator's tool for one client's keys."""

    store: DocumentStore
    clock: Clock
    random_bytes: Callable[[int], bytes]

    def create(self, client_id: str, label: str = "") -> tuple[str, ApiKey]:
        """Return a new key's text, which is never shown again, and what is kept of it.

        Raises:
            InvalidInputError: two keys are valid already; revoke one first.
        """
        keys = ApiKeys(self.store)
        if len(self.valid(client_id)) >= MAX_VALID_KEYS:
            raise InvalidInputError("two keys of this client are valid already; revoke one, or rotate")
        text = generate_key(self.random_bytes)
        kept = ApiKey(hash_key(text), client_id, self.clock.now(), label=label)
        keys.add(kept)
        return text, kept

    def rotate(self, client_id: str) -> tuple[str, ApiKey]:
        """Return a new key; of those valid before, only the newest stays valid, so that senders can move over."""
        for old in self.valid(client_id)[:-1]:
            ApiKeys(self.store).revoke(old, self.clock.now())
        return self.create(client_id)

    def revoke(self, client_id: str, key_id: str) -> ApiKey:
        """Revoke one key; every instance stops taking it within a minute.

        Raises:
            NotFoundError: the client has no such key.
        """
        for key in ApiKeys(self.store).of_client(client_id):
            if key.key_id == key_id:
                ApiKeys(self.store).revoke(key, self.clock.now())
                return key
        raise NotFoundError(f"client {client_id} has no key {key_id}; `brain keys list` shows those it has")

    def all(self, client_id: str) -> list[ApiKey]:
        """Return all keys of a client, the oldest first."""
        return ApiKeys(self.store).of_client(client_id)

    def valid(self, client_id: str) -> list[ApiKey]:
        """Return the keys that are not revoked, the oldest first."""
        return [key for key in self.all(client_id) if key.revoked_at is None]


@dataclass(slots=True)
class Authenticator:
    """Says whose key it is, from memory for a minute; unknown, revoked and foreign keys get the same answer."""

    store: DocumentStore
    clock: Clock
    _known: TTLCache[str, str | None] = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Start with an empty memory that ages by this clock."""
        self._known = TTLCache(REMEMBERED_KEYS, REMEMBERED_SECONDS, timer=lambda: self.clock.now().timestamp())

    def remembered(self, key: str, client_id: str) -> bool:
        """Whether the key was found valid for the client within the last minute."""
        with self._lock:
            return self._known.get(hash_key(key)) == client_id

    def check(self, key: str, client_id: str) -> None:
        """Accept a key of this client, reading the store when it is not remembered.

        Raises:
            UnauthenticatedError: the key is unknown, revoked or another client's.
        """
        if self._owner(hash_key(key)) != client_id:
            raise UnauthenticatedError(NOT_AUTHENTICATED)

    def _owner(self, key_hash: str) -> str | None:
        with self._lock:
            if key_hash in self._known:
                return self._known[key_hash]
        found = ApiKeys(self.store).find(key_hash)
        owner = found.client_id if found and found.revoked_at is None else None
        with self._lock:
            self._known[key_hash] = owner
        return owner
