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
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find_key(self, keys_url: str, key_id: str) -> Mapping[str, Any] | None:
        """Return the key with that id as a JSON Web Key, or None if the set does not contain it.

        Raises:
            SenderCheckUnavailableError: The key set is not cached and cannot be fetched.
        """
        now = self.clock.now()
        with self._lock:
            cached = self._cache.get(keys_url)
            is_stale = cached is None or now >= cached[0] + CACHE_LIFETIME or key_id not in cached[1]
            attempted_at = self._attempted_at.get(keys_url)
            if is_stale and (attempted_at is None or now >= attempted_at + MIN_FETCH_INTERVAL):
                self._attempted_at[keys_url] = now
                cached = self._refresh(keys_url, now)
            elif cached is None:
                raise _unavailable_error(keys_url)
            return cached[1].get(key_id)

    def _refresh(self, keys_url: str, now: datetime) -> tuple[datetime, KeySet]:
        cached = self._cache.get(keys_url)
        try:
            self._cache[keys_url] = (now, _fetch_key_set(keys_url))
        except (OSError, HTTPException, ValueError) as exc:
            if cached is None:
                raise _unavailable_error(keys_url) from exc
            return cached
        return self._cache[keys_url]


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
