"""Warnings about a client's feeds: items rejected, dead-lettered or in conflict, unknown kinds, and wrong dates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from brain.domain.events import AUTO_SOURCE, FeedType
from brain.domain.gateway.dead_letters import DEAD_LETTER_CODES
from brain.domain.gateway.normalize import IdentifiedEvent
from brain.domain.gateway.report_totals import TOTAL_ROW
from brain.domain.gateway.results import CONFLICT_CODE, IngestStatus, ItemResult

# The clocks of senders differ a little from ours; one that is further ahead misdates its events.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
_CLOCK_AHEAD: Final = "events are dated in the future; synchronize the sender's clock (NTP)"
_UNKNOWN_KIND: Final = "this feed has no reader for this kind of event; it is stored as custom and counts no metric"


@dataclass(frozen=True, slots=True)
class FeedWarning:
    """One item that the client should look at: what is wrong with it, the id of a sample, and what to do."""

    kind: str
    sample_id: str
    message: str


def find_warnings(
    source: str, delivery_id: str, events: Sequence[IdentifiedEvent], results: Sequence[ItemResult]
) -> list[FeedWarning]:
    """Return the warnings of one request; none while the sender has to send the request again.

    A sample is identified by its event, its dead letter or its delivery, never by anything the sender wrote.
    """
    if any(result.outcome is IngestStatus.UNAVAILABLE for result in results):
        return []
    totals = (result for result in results if result.error_code == TOTAL_ROW)
    total_warnings = (FeedWarning(TOTAL_ROW, delivery_id, total.message or "") for total in totals)
    return [*total_warnings, *_item_warnings(delivery_id, results), *_event_warnings(source, events, results)]


def _item_warnings(delivery_id: str, results: Sequence[ItemResult]) -> Iterator[FeedWarning]:
    for result in results:
        if result.outcome in (IngestStatus.REJECTED, IngestStatus.DEAD_LETTERED):
            code = result.error_code or "internal"
            outcome = result.outcome if code in DEAD_LETTER_CODES else IngestStatus.REJECTED
            kind = code if code == CONFLICT_CODE else f"{outcome}_{code}"
            yield FeedWarning(kind, result.event_id or result.dead_letter_id or delivery_id, result.message or "")


def _event_warnings(
    source: str, events: Sequence[IdentifiedEvent], results: Sequence[ItemResult]
) -> Iterator[FeedWarning]:
    new_ids = {result.event_id for result in results if result.outcome in (IngestStatus.STORED, IngestStatus.REVISED)}
    for identified in events:
        event = identified.event
        if event.event_id in new_ids:
            yield from (FeedWarning(notice.kind, event.event_id, notice.message) for notice in identified.notices)
            if event.occurred_at > event.received_at + CLOCK_TOLERANCE:
                yield FeedWarning("clock_ahead", event.event_id, _CLOCK_AHEAD)
            if event.feed_type is FeedType.CUSTOM and source not in (AUTO_SOURCE, FeedType.CUSTOM):
                yield FeedWarning("unknown_kind", event.event_id, _UNKNOWN_KIND)
