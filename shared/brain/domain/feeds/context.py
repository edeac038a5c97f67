"""What a feed may know besides the payload, so that reading a payload stays a pure function."""

from dataclasses import dataclass
from datetime import datetime

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.field_maps import FieldMap

Outcome = Draft | Rejected | Ignored


@dataclass(frozen=True, slots=True)
class FeedContext:
    """What is known about a request besides its body.

    ``received_at`` is when the Brain took the request and ``signed_at`` the time inside the sender's verified
    signature; both are aware. ``source`` is the feed that the address named. ``backfill`` lifts the floor of 365 days
    under ``occurred_at``. ``field_map`` tells how the columns of plain rows become fields of an event.
    """

    client_id: str
    received_at: datetime
    signed_at: datetime | None = None
    vertical: str | None = None
    correlation_id: str | None = None
    backfill: bool = False
    field_map: FieldMap | None = None
    source: FeedType = FeedType.CUSTOM
