"""What a feed knows about a request besides its payload, passed in so that reading a payload is a pure function."""

from dataclasses import dataclass
from datetime import datetime

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.field_maps import FieldMap
from brain.domain.feeds.meta_actions import DEFAULT_META_ADS, MetaAdsConfig

FeedOutcome = Draft | Rejected | Ignored
"""What a feed reads out of one JSON object of a payload."""


@dataclass(frozen=True, slots=True)
class FeedContext:
    """A request without its body.

    ``received_at`` is when the Brain received the request, ``signed_at`` the time inside the sender's verified
    signature; both are aware. ``source`` is the feed that the URL names. ``backfill`` allows events that are older than
    365 days. ``field_map`` says how the columns of plain rows become fields of an event. ``meta_ads`` says which of
    Meta's actions are conversions.

    ``property_id`` is the GA4 property of a report, which GA4 does not write into it: from the request's URL or header,
    else the client's only one. ``is_single_property`` says whether the client has only one; without one a report that
    names none is refused. None if that is unknown, as for a file.
    """

    client_id: str
    received_at: datetime
    signed_at: datetime | None = None
    vertical: str | None = None
    correlation_id: str | None = None
    backfill: bool = False
    field_map: FieldMap | None = None
    source: FeedType = FeedType.CUSTOM
    property_id: str | None = None
    is_single_property: bool | None = None
    meta_ads: MetaAdsConfig = DEFAULT_META_ADS
