"""Dead letters: what an authenticated sender sent and we could not take, kept whole so that nothing is lost."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

KEPT = timedelta(days=30)
MAX_SEALED_BYTES = 900_000
# What of an item we could not read or store; every other rejection is the sender's to mend, and the answer says how.
CODES = frozenset({"unreadable_body", "unknown_shape", "conflict", "store_refused", "internal"})


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One request that failed in part or whole at ``stage``; ``sealed`` has the original bytes."""

    dead_letter_id: str
    client_id: str
    source: str
    content_type: str
    stage: str
    error_code: str
    message: str
    sealed: bytes
    first_seen: datetime
    last_seen: datetime
    next_try_at: datetime | None
    correlation_id: str
    attempts: int = 1

    def document(self) -> dict[str, Any]:
        """Return the dead letter as a document that expires by itself."""
        return asdict(self) | {"expires_at": self.first_seen + KEPT}


def dead_letter_id(client_id: str, source: str, body: bytes) -> str:
    """Return an id that the same request always gets, so that a resend is the same dead letter."""
    digest = hashlib.sha256(b"\x00".join((client_id.encode(), source.encode(), body))).hexdigest()
    return f"dl_{digest[:24]}"


def dead_letter_from(document: Mapping[str, Any]) -> DeadLetter:
    """Return the dead letter that a document holds."""
    return DeadLetter(**{name: document[name] for name in DeadLetter.__slots__})
