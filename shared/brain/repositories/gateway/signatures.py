"""Signed requests that were taken lately, as documents that expire."""

from brain.domain.senders.signatures.replays import Taken, taken_from
from brain.ports.document_store import DocumentStore, Set, Write
from brain.repositories import paths


def find(store: DocumentStore, delivery: str) -> Taken | None:
    """Return what is remembered of a delivery; it may have expired, since stores delete late."""
    found = store.get(paths.signature(delivery))
    return taken_from(delivery, found.data) if found else None


def remember(taken: Taken) -> Write:
    """Return the write that remembers a delivery until it expires."""
    return Set(paths.signature(taken.delivery), taken.document())
