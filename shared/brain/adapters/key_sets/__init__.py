"""Issuers' key sets over HTTPS, remembered for an hour; an unknown key makes us look again, at most once a minute."""

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

REMEMBERED = timedelta(hours=1)
LOOKED_AGAIN_AFTER = timedelta(minutes=1)
TIMEOUT_SECONDS = 5.0
MAX_BYTES = 1024 * 1024

KeySet = Mapping[str, Mapping[str, Any]]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from the address that the operator named and from no other."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing."""
        del req, fp, code, msg, headers, newurl


@dataclass(slots=True)
class HttpKeySets:
    """Fetches each key set when it is first needed; a known one serves on while its issuer is away."""

    clock: Clock
    _known: dict[str, tuple[datetime, KeySet]] = field(default_factory=dict)
    _asked: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find_key(self, keys_url: str, key_id: str) -> Mapping[str, Any] | None:
        """Return the key of that id as a JSON Web Key, None when the set has none.

        Raises:
            SenderCheckUnavailableError: the set is not known and cannot be had now.
        """
        now = self.clock.now()
        with self._lock:
            known = self._known.get(keys_url)
            stale = known is None or now >= known[0] + REMEMBERED or key_id not in known[1]
            if stale and now >= self._asked.get(keys_url, datetime.min.replace(tzinfo=now.tzinfo)) + LOOKED_AGAIN_AFTER:
                self._asked[keys_url] = now
                known = self._refreshed(keys_url, now)
            elif known is None:
                raise _unavailable(keys_url)
            return known[1].get(key_id)

    def _refreshed(self, keys_url: str, now: datetime) -> tuple[datetime, KeySet]:
        known = self._known.get(keys_url)
        try:
            self._known[keys_url] = (now, _fetched(keys_url))
        except (OSError, HTTPException, ValueError) as exc:
            if known is None:
                raise _unavailable(keys_url) from exc
            return known
        return self._known[keys_url]


def _fetched(keys_url: str) -> KeySet:
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(keys_url, timeout=TIMEOUT_SECONDS) as answer:
        parsed = json.loads(answer.read(MAX_BYTES + 1))
    keys = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(keys, list):
        raise ValueError("expected a key set, an object with keys")  # noqa: TRY004 - JSON of another shape is a bad value
    return {key["kid"]: key for key in keys if isinstance(key, dict) and isinstance(key.get("kid"), str)}


def _unavailable(keys_url: str) -> SenderCheckUnavailableError:
    message = "the sender cannot be checked just now; send again"
    return SenderCheckUnavailableError(message, retry_after_seconds=LOOKED_AGAIN_AFTER.total_seconds(), keys=keys_url)
