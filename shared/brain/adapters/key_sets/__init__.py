"""Key sets of token issuers over HTTPS, cached for an hour.

An unknown key causes another fetch, at most once per minute.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from brain.errors import SenderCheckUnavailableError
from brain.ports.clock import Clock

CACHE_LIFETIME = timedelta(hours=1)
MIN_FETCH_INTERVAL = timedelta(minutes=1)
TIMEOUT_SECONDS = 5.0
WAIT_SECONDS = 2 * TIMEOUT_SECONDS
MAX_BYTES = 1024 * 1024

KeySet = Mapping[str, Mapping[str, Any]]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Rejects redirects: keys are accepted from the configured address only."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Do not follow the redirect."""
        del req, fp, code, msg, headers, newurl


@dataclass(slots=True)
class HttpKeySets:
    """Fetches each key set on first use; a cached one remains in use while its issuer is unavailable."""

    clock: Clock
    _cache: dict[str, tuple[datetime, KeySet]] = field(default_factory=dict)
    _attempted_at: dict[str, datetime] = field(default_factory=dict)
    _fetching: dict[str, threading.Event] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_cached(self, keys_url: str, key_id: str) -> bool:
        """Whether the key can be found without waiting for its issuer."""
        with self._lock:
            is_due = self._is_stale(keys_url, key_id) and self._may_fetch(keys_url)
            return not is_due and keys_url not in self._fetching

    def find_key(self, keys_url: str, key_id: str) -> Mapping[str, Any] | None:
        """Return the key with that id as a JSON Web Key, or None if the set does not contain it.

        Only a caller with an unknown key waits for a fetch, its own or another's.

        Raises:
            SenderCheckUnavailableError: The key set is not cached and cannot be fetched.
        """
        with self._lock:
            fetching = self._fetching.get(keys_url)
            is_fetcher = fetching is None and self._is_stale(keys_url, key_id) and self._may_fetch(keys_url)
            if is_fetcher:
                self._attempted_at[keys_url] = self.clock.now()
                self._fetching[keys_url] = threading.Event()
        if is_fetcher:
            self._refresh(keys_url)
        elif fetching and not self._has_key(keys_url, key_id):
            fetching.wait(WAIT_SECONDS)
        with self._lock:
            cached = self._cache.get(keys_url)
        if cached is None:
            raise _unavailable_error(keys_url)
        return cached[1].get(key_id)

    def _is_stale(self, keys_url: str, key_id: str) -> bool:
        cached = self._cache.get(keys_url)
        return cached is None or self.clock.now() >= cached[0] + CACHE_LIFETIME or key_id not in cached[1]

    def _may_fetch(self, keys_url: str) -> bool:
        attempted_at = self._attempted_at.get(keys_url)
        return attempted_at is None or self.clock.now() >= attempted_at + MIN_FETCH_INTERVAL

    def _has_key(self, keys_url: str, key_id: str) -> bool:
        with self._lock:
            cached = self._cache.get(keys_url)
            return cached is not None and key_id in cached[1]

    def _refresh(self, keys_url: str) -> None:
        """Fetch a key set without holding the lock; one that cannot be fetched leaves the cached one in use."""
        key_set: KeySet | None = None
        try:
            key_set = _fetch_key_set(keys_url)
        except (OSError, HTTPException, ValueError) as exc:
            if keys_url not in self._cache:
                raise _unavailable_error(keys_url) from exc
        finally:
            with self._lock:
                if key_set is not None:
                    self._cache[keys_url] = (self.clock.now(), key_set)
                self._fetching.pop(keys_url).set()


def _fetch_key_set(keys_url: str) -> KeySet:
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(keys_url, timeout=TIMEOUT_SECONDS) as response:
        parsed = json.loads(response.read(MAX_BYTES + 1))
    keys = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(keys, list):
        raise ValueError("expected a JSON object with a list of keys")  # noqa: TRY004 - a shape of JSON is not a type
    return {key["kid"]: key for key in keys if isinstance(key, dict) and isinstance(key.get("kid"), str)}


def _unavailable_error(keys_url: str) -> SenderCheckUnavailableError:
    message = "the sender cannot be verified at the moment; send again"
    return SenderCheckUnavailableError(message, retry_after_seconds=MIN_FETCH_INTERVAL.total_seconds(), keys=keys_url)
