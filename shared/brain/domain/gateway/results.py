"""What became of each item of a request, and what that makes of the request."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """The ends an item can come to; ``ignored`` is a provider's ping, which makes no event."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REVISED = "revised"
    REJECTED = "rejected"
    DEAD_LETTERED = "dead_lettered"
    IGNORED = "ignored"
    UNAVAILABLE = "unavailable"


STATUSES = {
    Outcome.STORED: 201,
    Outcome.DUPLICATE: 200,
    Outcome.REVISED: 200,
    Outcome.IGNORED: 200,
    Outcome.REJECTED: 422,
    Outcome.DEAD_LETTERED: 422,
    Outcome.UNAVAILABLE: 503,
}


@dataclass(frozen=True, slots=True)
class Item:
    """One item's end; ``error_code`` and ``message`` say why it is no event and what to do."""

    outcome: Outcome
    event_id: str | None = None
    error_code: str | None = None
    message: str | None = None
    dead_letter_id: str | None = None

    @property
    def status(self) -> int:
        """The item's HTTP status; a conflict of contents is 409."""
        return 409 if self.error_code == "conflict" else STATUSES[self.outcome]

    def public(self, index: int) -> dict[str, Any]:
        """Return what the sender is told of the item."""
        told = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        return {"index": index, "status": self.status, **told}


@dataclass(frozen=True, slots=True)
class Ingested:
    """A request's items in the order in which they came."""

    items: Sequence[Item]

    @property
    def status(self) -> int:
        """503 when anything must be sent again, the items' status where they agree, else 207."""
        statuses = {item.status for item in self.items} or {200}
        if 503 in statuses:  # noqa: PLR2004 - HTTP's own number
            return 503
        return statuses.pop() if len(statuses) == 1 else 207

    def counts(self) -> dict[str, int]:
        """Return how many items came to each end."""
        found = Counter(item.outcome for item in self.items)
        return {str(outcome): found[outcome] for outcome in Outcome if outcome is not Outcome.UNAVAILABLE}
