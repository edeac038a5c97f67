"""Creates, rotates and revokes API keys, and authenticates senders by them."""

import threading
from dataclasses import dataclass, field

from cachetools import TTLCache

from brain.domain.senders.api_keys import MAX_VALID_KEYS, NOT_AUTHENTICATED, ApiKey, RandomBytes, generate_key, hash_key
from brain.errors import InvalidInputError, NotFoundError, UnauthenticatedError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.repositories.gateway.api_keys import ApiKeys

CACHE_SECONDS = 60
CACHE_SIZE = 10_000


@dataclass(slots=True)
class KeyRing:
    """The keys of clients, as an operator manages them."""

    store: DocumentStore
    clock: Clock
    random_bytes: RandomBytes

    def create(self, client_id: str, label: str = "") -> tuple[str, ApiKey]:
        """Return the text of a new key, which is never shown again, and the key as it is stored.

        Raises:
            InvalidInputError: two keys are valid already; revoke one first.
        """
        valid_keys = self.list_valid(client_id)
        if len(valid_keys) >= MAX_VALID_KEYS:
            raise InvalidInputError(
                f"at most {MAX_VALID_KEYS} keys per client may be valid, got {len(valid_keys)}; revoke one, or rotate"
            )
        text = generate_key(self.random_bytes)
        key = ApiKey(hash_key(text), client_id, self.clock.now(), label=label)
        ApiKeys(self.store).add(key)
        return text, key

    def rotate(self, client_id: str) -> tuple[str, ApiKey]:
        """Return a new key; of the keys valid before, only the newest stays valid, so that senders can switch over."""
        for older_key in self.list_valid(client_id)[:-1]:
            ApiKeys(self.store).revoke(older_key, self.clock.now())
        return self.create(client_id)

    def revoke(self, client_id: str, key_id: str) -> ApiKey:
        """Revoke one key; every instance refuses it within a minute.

        Raises:
            NotFoundError: the client has no such key.
        """
        for key in ApiKeys(self.store).of_client(client_id):
            if key.key_id == key_id:
                ApiKeys(self.store).revoke(key, self.clock.now())
                return key
        raise NotFoundError(f"the key must be one that `brain keys list --client {client_id}` lists, got {key_id!r}")

    def list_all(self, client_id: str) -> list[ApiKey]:
        """Return all keys of a client, the oldest first."""
        return ApiKeys(self.store).of_client(client_id)

    def list_valid(self, client_id: str) -> list[ApiKey]:
        """Return the keys that are not revoked, the oldest first."""
        return [key for key in self.list_all(client_id) if key.revoked_at is None]


@dataclass(slots=True)
class Authenticator:
    """Checks API keys, with a cache of one minute; unknown, revoked and foreign keys get the same answer.

    Keys that do not exist are cached apart, so that strangers cannot displace those that do.
    """

    store: DocumentStore
    clock: Clock
    _cache: TTLCache[str, str] = field(init=False, repr=False)
    _absent: TTLCache[str, bool] = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Create empty caches that age by the clock."""
        self._cache = TTLCache(CACHE_SIZE, CACHE_SECONDS, timer=lambda: self.clock.now().timestamp())
        self._absent = TTLCache(CACHE_SIZE, CACHE_SECONDS, timer=lambda: self.clock.now().timestamp())

    def is_cached(self, key: str, client_id: str) -> bool:
        """Whether the key was found valid for the client within the last minute."""
        with self._lock:
            return self._cache.get(hash_key(key)) == client_id

    def is_refused(self, key: str, client_id: str) -> bool:
        """Whether the key was found invalid for the client within the last minute, so that nothing needs to be read."""
        key_hash = hash_key(key)
        with self._lock:
            return key_hash in self._absent or self._cache.get(key_hash, client_id) != client_id

    def check(self, key: str, client_id: str) -> None:
        """Accept a key of this client, reading the store when it is not cached.

        Raises:
            UnauthenticatedError: the key is unknown, revoked or another client's.
        """
        if self._find_owner(hash_key(key)) != client_id:
            raise UnauthenticatedError(NOT_AUTHENTICATED)

    def _find_owner(self, key_hash: str) -> str | None:
        with self._lock:
            if key_hash in self._cache:
                return self._cache[key_hash]
            if key_hash in self._absent:
                return None
        key = ApiKeys(self.store).find(key_hash)
        owner = key.client_id if key and key.revoked_at is None else None
        with self._lock:
            if owner is None:
                self._absent[key_hash] = True
            else:
                self._cache[key_hash] = owner
        return owner
