"""Proves that nothing was lost: what is there is counted from the documents, the rest from the books."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.domain import periods
from brain.domain.gateway.dead_letters import KEPT
from brain.domain.gateway.reconciliation import Account, in_all, sending_from
from brain.ports.document_store import DocumentStore, Filter, Snapshot
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.gateway.ingest_counters import IngestCounters

PAGE = 200


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Counts one client's ends, in all or by the hour in which they came."""

    store: DocumentStore

    def __call__(self, client_id: str, *, now: datetime | None = None, by_hour: bool = False) -> dict[str, Any]:
        """Return how much came to each end, ``sent``, ``accounted`` and their ``difference``, which must be 0.

        ``sent`` are all items that were answered for good, or whose event is there. ``settled`` were kept aside, and
        then replayed, purged or erased; what a replay stored counts as stored. In all, events are counted and not
        read; ``by_hour`` reads every event. ``now`` tells letters that have expired from letters that are lost.
        """
        account = Account(periods.format_hour(now - KEPT) if now else "")
        self._count_documents(client_id, account, by_hour=by_hour)
        for entry in IngestCounters(self.store).of_client(client_id):
            if "settled" in entry.data:
                account.settlements[entry.data["settled_id"]] = entry.data["taken"]
            elif "hour" in entry.data:
                account.sendings.append(sending_from(entry.data))
        for letter in DeadLetters(self.store).of_client(client_id):
            account.letters[letter.id] = letter.data.get("taken", 0)
        hours = account.hours()
        figures: dict[str, Any] = in_all(hours.values()) | {
            "unscored": self.store.count(paths.events(client_id), [Filter("unscored", "==", True)]),
            "dead_letters": len(account.letters),
        }
        return figures | ({"hours": hours} if by_hour else {})

    def _count_documents(self, client_id: str, account: Account, *, by_hour: bool) -> None:
        """Count the events, and their revisions by the number that each event has."""
        if by_hour:
            for event in self._pages(client_id, ()):
                account.stored[self._first_hour(client_id, event)] += 1
                account.revised.update(self._revision_hours(client_id, event))
            return
        account.stored[""] = self.store.count(paths.events(client_id))
        revised = self._pages(client_id, [Filter("revision", ">", 0)])
        account.revised[""] = sum(event.data["revision"] for event in revised)

    def _pages(self, client_id: str, where: Sequence[Filter]) -> Iterator[Snapshot]:
        after: Snapshot | None = None
        while page := self.store.query(paths.events(client_id), where, limit=PAGE, start_after=after):
            yield from page
            after = page[-1]

    def _first_hour(self, client_id: str, event: Snapshot) -> str:
        if not event.data["revision"]:
            return periods.format_hour(event.data["received_at"])
        return min(periods.format_hour(known.data["received_at"]) for known in self._revisions(client_id, event))

    def _revision_hours(self, client_id: str, event: Snapshot) -> Counter[str]:
        if not event.data["revision"]:
            return Counter()
        known = self._revisions(client_id, event)
        return Counter(periods.format_hour(one.data["received_at"]) for one in known if one.data["revision"])

    def _revisions(self, client_id: str, event: Snapshot) -> list[Snapshot]:
        return self.store.query(paths.revisions(client_id, event.id))
