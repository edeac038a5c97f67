"""The result of ingesting a request: an outcome per item, and one HTTP status for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class IngestStatus(StrEnum):
    """The outcome of an item; ``ignored`` is a provider's ping, which makes no event."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REVISED = "revised"
    REJECTED = "rejected"
    DEAD_LETTERED = "dead_lettered"
    IGNORED = "ignored"
    UNAVAILABLE = "unavailable"


HTTP_STATUSES = {
    IngestStatus.STORED: 201,
    IngestStatus.DUPLICATE: 200,
    IngestStatus.REVISED: 200,
    IngestStatus.IGNORED: 200,
    IngestStatus.REJECTED: 422,
    IngestStatus.DEAD_LETTERED: 422,
    IngestStatus.UNAVAILABLE: 503,
}
CONFLICT_CODE = "conflict"
_COUNTED = {outcome.value: outcome for outcome in IngestStatus if outcome is not IngestStatus.UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The outcome of one item; ``error_code`` and ``message`` say why it made no event and what to do.

    The names of the fields are the keys of the HTTP response.
    """

    outcome: IngestStatus
    event_id: str | None = None
    error_code: str | None = None
    message: str | None = None
    dead_letter_id: str | None = None

    @property
    def http_status(self) -> int:
        """The item's HTTP status; 409 when its id is stored with other content."""
        return 409 if self.error_code == CONFLICT_CODE else HTTP_STATUSES[self.outcome]

    def to_document(self, index: int) -> dict[str, Any]:
        """Return the item's part of the HTTP response; fields that are not set are left out."""
        fields = {name: field for name in self.__slots__ if (field := getattr(self, name)) is not None}
        return {"index": index, "status": self.http_status, **fields}


@dataclass(frozen=True, slots=True)
class IngestResult:
    """The results of a request's items, in the order of the request."""

    items: Sequence[ItemResult]

    @property
    def http_status(self) -> int:
        """503 when anything must be sent again, the items' status where all agree, else 207."""
        statuses = {result.http_status for result in self.items} or {200}
        if 503 in statuses:  # noqa: PLR2004 - HTTP's own number
            return 503
        return statuses.pop() if len(statuses) == 1 else 207

    @property
    def is_final(self) -> bool:
        """Whether no item is in a dead letter or has to be sent again."""
        return all(
            result.outcome not in (IngestStatus.DEAD_LETTERED, IngestStatus.UNAVAILABLE) for result in self.items
        )

    @property
    def is_certain(self) -> bool:
        """Whether it is known of every item that it is stored or that it is not."""
        return all(result.outcome is not IngestStatus.UNAVAILABLE for result in self.items)

    @property
    def conflict_count(self) -> int:
        """How many items have the id of a stored event and other content."""
        return sum(result.error_code == CONFLICT_CODE for result in self.items)

    def count_outcomes(self) -> dict[str, int]:
        """Return the number of items per outcome, those to be sent again left out."""
        outcomes = [result.outcome for result in self.items]
        return {name: outcomes.count(outcome) for name, outcome in _COUNTED.items()}
