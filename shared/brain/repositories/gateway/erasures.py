"""Erasures as documents: everything of a client that could name a person, and the receipts."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from brain.domain.privacy.person import ERASED
from brain.ports.document_store import DocumentStore, Increment, Set, Snapshot, Transform, Update
from brain.repositories import paths

# Every collection of a client; a test compares this with all paths.
CLIENT_COLLECTIONS = (
    "events", "scores", "anomalies", "predictions", "recommendations", "outcomes", "reports", "ledger", "warnings",
    "views", "state", "feedback", "field_maps",
)  # fmt: skip
PAGE_SIZE = 100
PURGED, REDUCED, SHOP_TEXTS = "purged_dead_letters", "reduced_dead_letters", "shop_texts"
COUNTED = (*CLIENT_COLLECTIONS, "revisions", PURGED, REDUCED, SHOP_TEXTS)


def iterate_documents(store: DocumentStore, client_id: str) -> Iterator[Snapshot]:
    """Yield every document of a client; the revisions of an event come after it."""
    for name in CLIENT_COLLECTIONS:
        for document in _iterate_collection(store, f"{paths.client(client_id)}/{name}"):
            yield document
            if name == "events" and document.data.get("revision"):
                yield from _iterate_collection(store, paths.revisions(client_id, document.id))


def _iterate_collection(store: DocumentStore, collection: str) -> Iterator[Snapshot]:
    after: Snapshot | None = None
    while page := store.query(collection, limit=PAGE_SIZE, start_after=after):
        yield from page
        after = page[-1]


def build_redaction(document: Snapshot, redactions: Mapping[str, Any]) -> Update:
    """Return the write that removes the person from a document; it is refused if the document has changed meanwhile.

    An erased creator is no creator any more: the field is deleted, as if the provider had named none.
    """
    deleted = {"creator_hash": Transform.DELETE_FIELD} if redactions.get("creator_hash") == ERASED else {}
    return Update(document.path, {**redactions, **deleted}, expect=document.version)


class ErasureReceipts:
    """One receipt per person and client: what was erased in total, since when, and by which request first."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def open(self, erasure_id: str, client_id: str, versions: list[int], correlation_id: str, now: datetime) -> None:
        """Write the receipt of an erasure that begins, unless it exists."""
        if self._store.get(paths.erasure(erasure_id)) is None:
            identity = {"erasure_id": erasure_id, "client_id": client_id, "key_versions": versions}
            times = {"started_at": now, "completed_at": None, "correlation_id": correlation_id}
            self._store.set(paths.erasure(erasure_id), identity | times, merge=True)

    def add(self, erasure_id: str, counts: Mapping[str, int]) -> Set:
        """Return the write that counts what the same commit erases; the erasure is incomplete until it is closed."""
        increments = {name: Increment(count) for name, count in counts.items()}
        return Set(paths.erasure(erasure_id), increments | {"completed_at": None}, merge=True)

    def close(self, erasure_id: str, versions: list[int], now: datetime) -> dict[str, Any]:
        """Return the receipt, completed now unless it was complete and nothing was erased since."""
        stored = self._store.get(paths.erasure(erasure_id))
        receipt = dict(stored.data) if stored else {}
        if receipt.get("completed_at") is None:
            completion = {"completed_at": now, "key_versions": versions}
            receipt |= completion
            self._store.set(paths.erasure(erasure_id), completion, merge=True)
        return _present(receipt)


def _present(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Return a receipt for the operator, with the counts of what was erased under ``erased``."""
    names = ("erasure_id", "client_id", "key_versions", "correlation_id", "started_at", "completed_at")
    counts = {name: receipt[name] for name in COUNTED if receipt.get(name)}
    return {name: receipt.get(name) for name in names} | {"erased": counts}
