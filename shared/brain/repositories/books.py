"""The books: which clients sent something in an hour or a week, and what of it made no event.

Stored, revised and dead-lettered are counted from their documents; duplicates and rejections leave none, so they
are counted here. A new event costs the books nothing beyond one mark an hour and instance.
"""

from datetime import datetime, timedelta

from brain.domain import books
from brain.ports.document_store import DocumentStore, Filter, Increment, Set, Write
from brain.repositories import paths

KEPT = timedelta(days=90)


class Books:
    """Reads and marks the books."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def active_between(self, start: datetime, end: datetime) -> list[str]:
        """Return the clients that sent something in the hours that start in ``[start, end)``."""
        return self._clients("hour_at", books.hour_of(start), end)

    def active_in_weeks(self, start: datetime, end: datetime) -> list[str]:
        """Return the clients that sent something in the weeks that start in ``[start's week, end)``."""
        return self._clients("week_at", books.week_of(start), end)

    def _clients(self, field: str, start: datetime, end: datetime) -> list[str]:
        found = self._store.query(paths.COUNTERS, [Filter(field, ">=", start), Filter(field, "<", end)])
        return sorted({entry.data["client_id"] for entry in found})


def marks(client_id: str, now: datetime) -> list[Write]:
    """Return the writes that mark the client as active in this hour and week."""
    common = {"client_id": client_id, "expires_at": now + KEPT}
    hour, week = books.hour_of(now), books.week_of(now)
    return [
        Set(paths.counter(client_id, books.hour_name(now)), common | {"hour_at": hour}, merge=True),
        Set(paths.counter(client_id, books.week_name(now)), common | {"week_at": week}, merge=True),
    ]


def count(client_id: str, now: datetime, **amounts: int) -> Write:
    """Return the write that adds to the hour's books, such as ``duplicates=3``."""
    changes = {name: Increment(amount) for name, amount in amounts.items() if amount}
    base = {"client_id": client_id, "hour_at": books.hour_of(now), "expires_at": now + KEPT}
    return Set(paths.counter(client_id, books.hour_name(now)), base | changes, merge=True)
