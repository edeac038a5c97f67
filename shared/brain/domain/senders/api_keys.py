"""Senders' API keys: made from chance that is passed in, kept only as hashes, two valid at once for rotation."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PREFIX = "brk_"
KEY_BYTES = 32
MOST_VALID = 2
# The one answer to whoever is not known, whatever is wrong and whether the client exists or not.
NOT_AUTHENTICATED = (
    "expected a valid API key of this client as `Authorization: Bearer KEY`, or its provider's signature"
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key; ``key_hash`` is SHA-256 of 256 bits of chance, so it needs no salt."""

    key_hash: str
    client_id: str
    created_at: datetime
    revoked_at: datetime | None = None
    label: str = ""

    @property
    def key_id(self) -> str:
        """What people and commands call the key by; it does not help to guess it."""
        return self.key_hash[:12]

    def document(self) -> dict[str, Any]:
        """Return the key as a document."""
        return {
            "client_id": self.client_id,
            "created_at": self.created_at,
            "revoked_at": self.revoked_at,
            "label": self.label,
        }


def new_key(random_bytes: Callable[[int], bytes]) -> str:
    """Return a new key's text, to be shown once."""
    return PREFIX + base64.urlsafe_b64encode(random_bytes(KEY_BYTES)).decode().rstrip("=")


def hash_key(key: str) -> str:
    """Return the hash under which a key is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


def api_key_from(key_hash: str, document: Mapping[str, Any]) -> ApiKey:
    """Return the key that a document holds."""
    return ApiKey(
        key_hash, document["client_id"], document["created_at"], document.get("revoked_at"), document.get("label", "")
    )
