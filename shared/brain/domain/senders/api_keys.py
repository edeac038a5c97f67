"""API keys of senders: generated from injected randomness and stored only as hashes."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

KEY_PREFIX: Final = "brk_"
KEY_BYTES: Final = 32
MAX_VALID_KEYS: Final = 2  # two, so that a client can rotate without a gap
# The one answer to every unauthenticated sender: it reveals neither what is wrong nor whether the client exists.
NOT_AUTHENTICATED: Final = (
    "expected a valid API key of this client as `Authorization: Bearer KEY`, or a signature of its provider"
)


class RandomBytes(Protocol):
    """A source of cryptographic randomness, such as ``secrets.token_bytes``."""

    def __call__(self, nbytes: int, /) -> bytes:
        """Return ``nbytes`` random bytes."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored API key; ``key_hash`` is SHA-256 of 256 random bits, so it needs no salt."""

    key_hash: str
    client_id: str
    created_at: datetime
    revoked_at: datetime | None = None
    label: str = ""

    @property
    def key_id(self) -> str:
        """The short id that people and commands use for the key; it does not help to guess it."""
        return self.key_hash[:12]

    @classmethod
    def from_document(cls, key_hash: str, document: Mapping[str, Any]) -> "ApiKey":
        """Return the key that is stored in ``document`` under its hash."""
        return cls(
            key_hash,
            document["client_id"],
            document["created_at"],
            document.get("revoked_at"),
            document.get("label", ""),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the document that is stored under the key's hash."""
        return {
            "client_id": self.client_id,
            "created_at": self.created_at,
            "revoked_at": self.revoked_at,
            "label": self.label,
        }


def generate_key(random_bytes: RandomBytes) -> str:
    """Return the text of a new key, to be shown once."""
    return KEY_PREFIX + base64.urlsafe_b64encode(random_bytes(KEY_BYTES)).decode().rstrip("=")


def hash_key(key: str) -> str:
    """Return the hash under which a key is stored."""
    return hashlib.sha256(key.encode()).hexdigest()
