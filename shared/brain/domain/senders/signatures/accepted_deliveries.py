"""Accepted signed requests, remembered so that a resend or a replay of one is detected.

A provider that got no response sends the same body under the same id again, signed again or with the first signature:
all of it is stored already. A request that has another body under the same id is not a provider's retry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from brain.domain.senders.signatures.signed_request import Proof, compute_digest


@dataclass(frozen=True, slots=True)
class AcceptedDelivery:
    """One signed request; ``signed_at`` is None while the request is in progress and not yet durable."""

    delivery_id: str
    body_digest: str
    signed_at: datetime | None
    expires_at: datetime

    @classmethod
    def from_proof(
        cls, client_id: str, provider: str, proof: Proof, body: bytes, max_age: timedelta
    ) -> "AcceptedDelivery | None":
        """Return what to remember of a verified request, None where the scheme has no time or id to detect a replay.

        It is remembered until its signed time is refused anyway.
        """
        if proof.delivery_id is None or proof.signed_at is None:
            return None
        delivery_id = compute_digest(client_id.encode(), provider.encode(), proof.delivery_id.encode())
        return cls(delivery_id, compute_digest(body), proof.signed_at, proof.signed_at + max_age)

    @classmethod
    def from_document(cls, delivery_id: str, document: Mapping[str, Any]) -> "AcceptedDelivery":
        """Return the delivery that is stored in ``document`` under its id."""
        return cls(delivery_id, document["body"], document["signed_at"], document["expires_at"])

    def to_document(self) -> dict[str, Any]:
        """Return the document to store; nothing in it names a person or a client."""
        return {"body": self.body_digest, "signed_at": self.signed_at, "expires_at": self.expires_at}

    def is_resent_by(self, later: "AcceptedDelivery", now: datetime) -> bool:
        """Return whether a ``later`` request is the same delivery, and this one is durable."""
        is_durable = self.signed_at is not None and now <= self.expires_at
        return is_durable and later.body_digest == self.body_digest

    def is_replayed_by(self, later: "AcceptedDelivery", now: datetime) -> bool:
        """Return whether a ``later`` request has another body under the id of this one."""
        return now <= self.expires_at and later.body_digest != self.body_digest
