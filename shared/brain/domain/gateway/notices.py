"""What a client should know of its own feeds: what was refused, kept aside, in conflict, unknown or misdated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from brain.domain.events import FeedType
from brain.domain.gateway.normalize import Completed
from brain.domain.gateway.results import Item, Outcome

# A sender's clock may be ahead of ours by a little; one that is further ahead misdates its events.
CLOCK_AHEAD: Final = timedelta(minutes=5)
_CLOCK: Final = "events come from a time that is not yet; set the sender's clock by a time server"
_UNKNOWN_KIND: Final = "a kind of event that this feed's reader does not know is kept as custom and counts no metric"


@dataclass(frozen=True, slots=True)
class Notice:
    """One item that a client should know of: its ``kind``, an id to find it by, and what to do."""

    kind: str
    sample_id: str
    message: str


def noticed(source: str, delivery: str, events: Sequence[Completed], items: Sequence[Item]) -> list[Notice]:
    """Return what of a request the client should know; nothing while the sender is told to send it again.

    A sample is named by its event, its dead letter or its request's ``delivery``, never by what the sender wrote.
    """
    if any(item.outcome is Outcome.UNAVAILABLE for item in items):
        return []
    return [*_of_items(delivery, items), *_of_events(source, events, items)]


def _of_items(delivery: str, items: Sequence[Item]) -> Iterator[Notice]:
    for item in items:
        if item.outcome in (Outcome.REJECTED, Outcome.DEAD_LETTERED):
            code = item.error_code or "internal"
            kind = code if code == "conflict" else f"{item.outcome}_{code}"
            yield Notice(kind, item.event_id or item.dead_letter_id or delivery, item.message or "")


def _of_events(source: str, events: Sequence[Completed], items: Sequence[Item]) -> Iterator[Notice]:
    new = {item.event_id for item in items if item.outcome in (Outcome.STORED, Outcome.REVISED)}
    for event in (completed.event for completed in events):
        if event.event_id in new:
            if event.occurred_at > event.received_at + CLOCK_AHEAD:
                yield Notice("clock_ahead", event.event_id, _CLOCK)
            if event.feed_type is FeedType.CUSTOM and source != FeedType.CUSTOM:
                yield Notice("unknown_kind", event.event_id, _UNKNOWN_KIND)
