"""The books: which clients sent something in an hour or a week, and what of it made no event.

Stored and revised are counted from their documents; duplicates, rejections and what was kept aside have an entry for
their request here. A new event costs the books nothing beyond one mark an hour and instance.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from brain.domain import periods
from brain.domain.gateway.results import Item, Outcome
from brain.ports.document_store import DocumentStore, Filter, Set, Snapshot, Write
from brain.repositories import paths

KEPT = timedelta(days=90)
PAGE = 500
BOOKED = (Outcome.DUPLICATE, Outcome.REJECTED, Outcome.IGNORED, Outcome.DEAD_LETTERED)


class Books:
    """Reads and marks the books."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def active_between(self, start: datetime, end: datetime) -> list[str]:
        """Return the clients that sent something in the hours that start in ``[start, end)``."""
        return self._clients("hour_at", periods.hour_of(start), end)

    def active_in_weeks(self, start: datetime, end: datetime) -> list[str]:
        """Return the clients that sent something in the weeks that start in ``[start's week, end)``."""
        return self._clients("week_at", periods.week_of(start), end)

    def entries(self, client_id: str) -> Iterator[Snapshot]:
        """Yield all that is booked of a client, the marks of hours and weeks included."""
        after: Snapshot | None = None
        where = [Filter("client_id", "==", client_id)]
        while page := self._store.query(paths.COUNTERS, where, limit=PAGE, start_after=after):
            yield from page
            after = page[-1]

    def _clients(self, field: str, start: datetime, end: datetime) -> list[str]:
        found = self._store.query(paths.COUNTERS, [Filter(field, ">=", start), Filter(field, "<", end)])
        return sorted({entry.data["client_id"] for entry in found})


def marks(client_id: str, now: datetime) -> list[Write]:
    """Return the writes that mark the client as active in this hour and week."""
    common = {"client_id": client_id, "expires_at": now + KEPT}
    hour, week = periods.hour_of(now), periods.week_of(now)
    return [
        Set(paths.counter(client_id, periods.hour_name(now)), common | {"hour_at": hour}, merge=True),
        Set(paths.counter(client_id, periods.week_name(now)), common | {"week_at": week}, merge=True),
    ]


def sending(client_id: str, delivery: str, at: datetime, items: Sequence[Item]) -> Write | None:
    """Return the entry of a request that came ``at``, or None when all of it became events or is to be sent again.

    An entry of its own for each sending: written twice it says the same, and no document is hot.
    """
    counts = Counter(str(item.outcome) for item in items)
    counted = {name: counts[name] for name in BOOKED if counts[name]}
    if not counted or counts[Outcome.UNAVAILABLE]:
        return None
    letter = next(({"dead_letter_id": item.dead_letter_id} for item in items if item.dead_letter_id), {})
    base = {"client_id": client_id, "hour": periods.hour_name(at), "expires_at": at + KEPT}
    return Set(paths.counter(client_id, delivery), base | counted | letter)


def settlement(client_id: str, dead_letter_id: str, at: datetime, *, how: str, taken: int) -> Write:
    """Return the entry that says what became of a dead letter; ``taken`` of it are events now."""
    entry = {"client_id": client_id, "hour": periods.hour_name(at), "expires_at": at + KEPT}
    return Set(
        paths.counter(client_id, dead_letter_id), entry | {"settled": how, "settled_id": dead_letter_id, "taken": taken}
    )
