"""Signed deliveries that were accepted lately, as documents that expire."""

from brain.domain.senders.signatures.accepted_deliveries import AcceptedDelivery
from brain.ports.document_store import DocumentStore, Set, Write
from brain.repositories import paths


def find(store: DocumentStore, delivery_id: str) -> AcceptedDelivery | None:
    """Return an accepted delivery or None; it may have expired, since stores delete late."""
    delivery = store.get(paths.signature(delivery_id))
    return AcceptedDelivery.from_document(delivery_id, delivery.data) if delivery else None


def build_write(delivery: AcceptedDelivery) -> Write:
    """Return the write that remembers a delivery until it expires."""
    return Set(paths.signature(delivery.delivery_id), delivery.to_document())
