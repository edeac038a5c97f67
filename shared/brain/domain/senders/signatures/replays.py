"""What is remembered of a signed request that was taken, and when another one like it is a replay.

A provider that got no answer signs its retry anew: the same id and body under a later time. What was signed no later
than what was taken, or is another body under the same id, is not from a provider that retries.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from brain.domain.senders.signatures.signed_request import Proof, digest


@dataclass(frozen=True, slots=True)
class Taken:
    """One signed request; ``signed_at`` is None while it is on its way and not yet durable."""

    delivery: str
    body: str
    signed_at: datetime | None
    expires_at: datetime

    def replayed_by(self, other: "Taken", now: datetime) -> bool:
        """Whether ``other``, of the same delivery, is a replay and not the provider's own retry."""
        if now > self.expires_at:
            return False
        signed_no_later = bool(self.signed_at and other.signed_at and other.signed_at <= self.signed_at)
        return signed_no_later or other.body != self.body

    def document(self) -> dict[str, Any]:
        """Return what is stored; nothing in it names a person or a client."""
        return {"body": self.body, "signed_at": self.signed_at, "expires_at": self.expires_at}


def taken(client_id: str, provider: str, proof: Proof, body: bytes, tolerance: timedelta) -> Taken | None:
    """Return what is to be remembered of a proven request, None where the scheme has nothing to tell it by.

    It is remembered until its signed time would be refused anyway.
    """
    if proof.delivery is None or proof.signed_at is None:
        return None
    name = digest(client_id.encode(), provider.encode(), proof.delivery.encode())
    return Taken(name, digest(body), proof.signed_at, proof.signed_at + tolerance)


def taken_from(delivery: str, document: Mapping[str, Any]) -> Taken:
    """Return what a document holds."""
    return Taken(delivery, document["body"], document["signed_at"], document["expires_at"])
