"""Verifies that nothing was lost: events are counted from their documents, everything else from the ingest counters."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.domain import periods
from brain.domain.gateway.dead_letters import RETENTION
from brain.domain.gateway.reconciliation import Reconciliation, counts_from_document, sum_hours
from brain.ports.document_store import DocumentStore, Filter, Snapshot
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.gateway.ingest_counters import IngestCounters

PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Counts one client's items by outcome, in total or per hour of receipt."""

    store: DocumentStore

    def __call__(self, client_id: str, *, now: datetime | None = None, by_hour: bool = False) -> dict[str, Any]:
        """Return the number of items per outcome, ``sent``, ``accounted`` and their ``difference``, which must be 0.

        ``sent`` are all items that had a final answer, or whose event exists. ``settled`` were dead-lettered and then
        replayed, purged or erased; what a replay stored counts as stored. The total counts events without reading them,
        ``by_hour`` reads every event. With ``now``, dead letters that have expired are not taken for lost ones.
        """
        reconciliation = Reconciliation(periods.format_hour(now - RETENTION) if now else "")
        self._count_documents(client_id, reconciliation, by_hour=by_hour)
        for counter in IngestCounters(self.store).of_client(client_id):
            if "settled" in counter.data:
                reconciliation.settlements[counter.data["settled_id"]] = counter.data["taken"]
            elif "hour" in counter.data:
                reconciliation.deliveries.append(counts_from_document(counter.data))
        for letter in DeadLetters(self.store).of_client(client_id):
            reconciliation.dead_letters[letter.id] = letter.data.get("taken", 0)
        hours = reconciliation.by_hour()
        figures: dict[str, Any] = sum_hours(hours.values()) | {
            "unscored": self.store.count(paths.events(client_id), [Filter("unscored", "==", True)]),
            "dead_letters": len(reconciliation.dead_letters),
        }
        return figures | ({"hours": hours} if by_hour else {})

    def _count_documents(self, client_id: str, reconciliation: Reconciliation, *, by_hour: bool) -> None:
        """Count the events, and their revisions by each event's revision number."""
        if by_hour:
            for event in self._events(client_id, ()):
                reconciliation.stored[self._first_hour(client_id, event)] += 1
                reconciliation.revised.update(self._revision_hours(client_id, event))
            return
        reconciliation.stored[""] = self.store.count(paths.events(client_id))
        revised_events = self._events(client_id, [Filter("revision", ">", 0)])
        reconciliation.revised[""] = sum(event.data["revision"] for event in revised_events)

    def _events(self, client_id: str, where: Sequence[Filter]) -> Iterator[Snapshot]:
        after: Snapshot | None = None
        while page := self.store.query(paths.events(client_id), where, limit=PAGE_SIZE, start_after=after):
            yield from page
            after = page[-1]

    def _first_hour(self, client_id: str, event: Snapshot) -> str:
        if not event.data["revision"]:
            return periods.format_hour(event.data["received_at"])
        revisions = self._revisions(client_id, event)
        return min(periods.format_hour(revision.data["received_at"]) for revision in revisions)

    def _revision_hours(self, client_id: str, event: Snapshot) -> Counter[str]:
        if not event.data["revision"]:
            return Counter()
        revisions = [revision.data for revision in self._revisions(client_id, event) if revision.data["revision"]]
        return Counter(periods.format_hour(revision["received_at"]) for revision in revisions)

    def _revisions(self, client_id: str, event: Snapshot) -> list[Snapshot]:
        return self.store.query(paths.revisions(client_id, event.id))
