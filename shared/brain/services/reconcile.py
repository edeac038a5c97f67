"""Proves that nothing was lost: what is there is counted from the documents, the rest from the books."""

from dataclasses import dataclass
from typing import Any

from brain.ports.document_store import DocumentStore, Filter
from brain.repositories import paths
from brain.repositories.dead_letters import DeadLetters


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Counts one client's ends, and checks a sender's own list of event ids."""

    store: DocumentStore

    def __call__(self, client_id: str, sent_ids: list[str] | None = None) -> dict[str, Any]:
        """Return the counts; with ``sent_ids`` also which of them are not stored, in ``missing``."""
        hours = self.store.query(paths.COUNTERS, [Filter("client_id", "==", client_id)])
        booked = {name: sum(h.data.get(name, 0) for h in hours) for name in ("duplicate", "rejected", "ignored")}
        counts: dict[str, Any] = {
            "stored": self.store.count(paths.events(client_id)),
            "unscored": self.store.count(paths.events(client_id), [Filter("unscored", "==", True)]),
            "dead_letters": DeadLetters(self.store).count(client_id),
            **booked,
        }
        if sent_ids is not None:
            found = self.store.get_all([paths.event(client_id, event_id) for event_id in sent_ids])
            missing = [event_id for event_id, event in zip(sent_ids, found, strict=True) if event is None]
            counts |= {"sent": len(sent_ids), "missing": missing}
        return counts
