"""Ingest counters: in which hours and weeks a client sent events, and what each delivery left without an event.

Stored events and revisions are counted from their own documents. Duplicates, rejections, ignored items and dead letters
leave none, so each delivery that has any writes one counter document here. A delivery of new events writes nothing but
one activity mark per hour and instance.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from brain.domain import periods
from brain.domain.gateway.results import IngestStatus, ItemResult
from brain.ports.document_store import DocumentStore, Filter, Set, Snapshot, Write
from brain.repositories import paths

RETENTION = timedelta(days=90)
PAGE_SIZE = 500
COUNTED_OUTCOMES = (IngestStatus.DUPLICATE, IngestStatus.REJECTED, IngestStatus.IGNORED, IngestStatus.DEAD_LETTERED)


class IngestCounters:
    """Finds active clients and reads a client's counters."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def active_between(self, start: datetime, end: datetime) -> list[str]:
        """Return the ids of the clients that sent something in an hour between the hour of ``start`` and ``end``."""
        return self._active_clients("hour_at", periods.truncate_to_hour(start), end)

    def active_in_weeks(self, start: datetime, end: datetime) -> list[str]:
        """Return the ids of the clients that sent something in a week between the week of ``start`` and ``end``."""
        return self._active_clients("week_at", periods.truncate_to_week(start), end)

    def of_client(self, client_id: str) -> Iterator[Snapshot]:
        """Yield all counters of a client, its activity marks included."""
        after: Snapshot | None = None
        where = [Filter("client_id", "==", client_id)]
        while page := self._store.query(paths.COUNTERS, where, limit=PAGE_SIZE, start_after=after):
            yield from page
            after = page[-1]

    def _active_clients(self, field: str, start: datetime, end: datetime) -> list[str]:
        where = [Filter(field, ">=", start), Filter(field, "<", end)]
        client_ids: set[str] = set()
        page: list[Snapshot] = []
        while not page or len(page) == PAGE_SIZE:
            after = page[-1] if page else None
            page = self._store.query(paths.COUNTERS, where, limit=PAGE_SIZE, start_after=after)
            if not page:
                break
            client_ids.update(mark.data["client_id"] for mark in page)
        return sorted(client_ids)


def build_activity_marks(client_id: str, now: datetime) -> list[Write]:
    """Return the writes that mark the client as active in this hour and week."""
    common = {"client_id": client_id, "expires_at": now + RETENTION}
    hour, week = periods.truncate_to_hour(now), periods.truncate_to_week(now)
    return [
        Set(paths.counter(client_id, periods.format_hour(now)), common | {"hour_at": hour}, merge=True),
        Set(paths.counter(client_id, periods.format_week(now)), common | {"week_at": week}, merge=True),
    ]


def build_delivery_counter(
    client_id: str, delivery_id: str, received_at: datetime, results: Sequence[ItemResult]
) -> Write | None:
    """Return the write that counts a delivery's items by outcome.

    None when every item became an event, or when the sender has to send the request again. Each delivery has a document
    of its own, so that writing it twice changes nothing and no document is contended.
    """
    outcomes = [result.outcome for result in results]
    counts = {outcome.value: count for outcome in COUNTED_OUTCOMES if (count := outcomes.count(outcome))}
    if not counts or IngestStatus.UNAVAILABLE in outcomes:
        return None
    letter = next(({"dead_letter_id": result.dead_letter_id} for result in results if result.dead_letter_id), {})
    hour = {"client_id": client_id, "hour": periods.format_hour(received_at), "expires_at": received_at + RETENTION}
    return Set(paths.counter(client_id, delivery_id), hour | counts | letter)


def build_settlement(client_id: str, dead_letter_id: str, now: datetime, *, how: str, event_count: int) -> Write:
    """Return the write that records how a dead letter was settled and how many events it became."""
    hour = {"client_id": client_id, "hour": periods.format_hour(now), "expires_at": now + RETENTION}
    settlement = {"settled": how, "settled_id": dead_letter_id, "taken": event_count}
    return Set(paths.counter(client_id, dead_letter_id), hour | settlement)
