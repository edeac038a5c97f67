"""Signed requests that were taken lately, as documents that expire."""

from brain.domain.senders.signatures.accepted_deliveries import AcceptedDelivery
from brain.ports.document_store import DocumentStore, Set, Write
from brain.repositories import paths


def find(store: DocumentStore, delivery: str) -> AcceptedDelivery | None:
    """Return what is remembered of a delivery; it may have expired, since stores delete late."""
    found = store.get(paths.signature(delivery))
    return AcceptedDelivery.from_document(delivery, found.data) if found else None


def remember(taken: AcceptedDelivery) -> Write:
    """Return the write that remembers a delivery until it expires."""
    return Set(paths.signature(taken.delivery_id), taken.to_document())
