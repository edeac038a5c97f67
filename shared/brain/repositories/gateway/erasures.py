"""Everything a client has that could name a person, a page at a time, and the receipts of erasures."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from brain.domain.gateway.erasure import ERASED
from brain.ports.document_store import DocumentStore, Increment, Set, Snapshot, Transform, Update
from brain.repositories import paths

# Every collection below a client; a test holds this against the paths there are.
CLIENT_COLLECTIONS = (
    "events", "scores", "anomalies", "predictions", "recommendations", "outcomes", "reports", "ledger", "warnings",
    "views", "state", "feedback",
)  # fmt: skip
PAGE = 100
PURGED, REDUCED = "purged_dead_letters", "reduced_dead_letters"
COUNTED = (*CLIENT_COLLECTIONS, "revisions", PURGED, REDUCED)


def documents(store: DocumentStore, client_id: str) -> Iterator[Snapshot]:
    """Yield every document below a client; an event's revisions come after it."""
    for name in CLIENT_COLLECTIONS:
        for found in _pages(store, f"{paths.client(client_id)}/{name}"):
            yield found
            if name == "events" and found.data.get("revision"):
                yield from _pages(store, paths.revisions(client_id, found.id))


def _pages(store: DocumentStore, collection: str) -> Iterator[Snapshot]:
    after: Snapshot | None = None
    while page := store.query(collection, limit=PAGE, start_after=after):
        yield from page
        after = page[-1]


def change(found: Snapshot, changes: Mapping[str, Any]) -> Update:
    """Return the write that takes the person out of a document; refused when it changed since it was read.

    A creator who is erased is no creator any more: the field goes, as if the provider had named none.
    """
    gone = {"creator_hash": Transform.DELETE_FIELD} if changes.get("creator_hash") == ERASED else {}
    return Update(found.path, {**changes, **gone}, expect=found.version)


class Receipts:
    """One receipt a person and client: what was erased in all, since when, and by which run first."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def open(self, erasure_id: str, client_id: str, versions: list[int], correlation_id: str, now: datetime) -> None:
        """Write the receipt of an erasure that begins, unless there is one."""
        if self._store.get(paths.erasure(erasure_id)) is None:
            begun = {"erasure_id": erasure_id, "client_id": client_id, "key_versions": versions}
            times = {"started_at": now, "completed_at": None, "correlation_id": correlation_id}
            self._store.set(paths.erasure(erasure_id), begun | times, merge=True)

    def add(self, erasure_id: str, counts: Mapping[str, int]) -> Set:
        """Return the write that counts what the same commit erases; the erasure is not complete until it says so."""
        increments = {name: Increment(number) for name, number in counts.items()}
        return Set(paths.erasure(erasure_id), increments | {"completed_at": None}, merge=True)

    def close(self, erasure_id: str, versions: list[int], now: datetime) -> dict[str, Any]:
        """Return the receipt, complete from now on unless it was already and nothing was erased since."""
        found = self._store.get(paths.erasure(erasure_id))
        receipt = dict(found.data) if found else {}
        if receipt.get("completed_at") is None:
            receipt |= {"completed_at": now, "key_versions": versions}
            self._store.set(paths.erasure(erasure_id), {"completed_at": now, "key_versions": versions}, merge=True)
        return _public(receipt)


def _public(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Return a receipt as it is shown: the counts of what was erased in one place."""
    shown = {name: receipt.get(name) for name in ("erasure_id", "client_id", "key_versions", "correlation_id")}
    times = {name: receipt.get(name) for name in ("started_at", "completed_at")}
    return shown | times | {"erased": {name: receipt[name] for name in COUNTED if receipt.get(name)}}
