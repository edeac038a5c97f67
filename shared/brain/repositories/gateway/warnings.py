"""A client's warnings as documents, one a kind, counted by increments so that no writer needs to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from brain.domain.gateway.notices import Notice
from brain.ports.document_store import Create, Increment, Set
from brain.repositories import paths

MAX_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Tally:
    """How often one kind was noticed between two moments, with its latest sample."""

    count: int
    first_seen: datetime
    last_seen: datetime
    latest: Notice

    def with_more(self, other: "Tally") -> "Tally":
        """Return both together; ``other`` came later."""
        return Tally(self.count + other.count, self.first_seen, other.last_seen, other.latest)


def tallies(notices: Sequence[Notice], at: datetime) -> dict[str, Tally]:
    """Return the notices of one moment, counted by kind."""
    found: dict[str, Tally] = {}
    for notice in notices:
        one = Tally(1, at, at, notice)
        found[notice.kind] = found[notice.kind].with_more(one) if notice.kind in found else one
    return found


def first(client_id: str, tally: Tally) -> Create:
    """Return the write of a warning that nobody has seen yet."""
    return Create(paths.warning(client_id, tally.latest.kind), _fields(tally) | {
        "first_seen": tally.first_seen, "count": tally.count,
    })  # fmt: skip


def more(client_id: str, tally: Tally) -> Set:
    """Return the write that adds to a warning; several of them become one on their way."""
    changes = _fields(tally) | {"count": Increment(tally.count)}
    return Set(paths.warning(client_id, tally.latest.kind), changes, merge=True)


def _fields(tally: Tally) -> dict[str, object]:
    return {
        "type": tally.latest.kind,
        "sample_id": tally.latest.sample_id,
        "message": tally.latest.message[:MAX_MESSAGE],
        "last_seen": tally.last_seen,
    }
