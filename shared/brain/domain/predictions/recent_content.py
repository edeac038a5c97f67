"""The recent content of a client with its engagements: a short list that the hourly job stores with its daily sums."""

from collections.abc import Iterable, Mapping
from typing import Any

from brain.domain.days.scorer import ScoredEvent
from brain.domain.events import Event, FeedType
from brain.domain.scoring.components import count_engagements
from brain.domain.types import to_key_name

MAX_CONTENT = 400
# Ads are reported per day and e-mails per message; neither is content that is planned.
PUBLISHING = frozenset(
    {
        FeedType.SOCIAL_LINKEDIN,
        FeedType.SOCIAL_TWITTER,
        FeedType.SOCIAL_INSTAGRAM,
        FeedType.SOCIAL_TIKTOK,
        FeedType.SOCIAL_YOUTUBE,
        FeedType.CUSTOM,
    }
)


def build_content_row(event: Event) -> dict[str, Any] | None:
    """Return the row of a piece of content; None for other events and without engagements.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    >>> event = Event(
    ...     event_id="e1", client_id="acme", feed_type=FeedType.CUSTOM, occurred_at=at, received_at=at,
    ...     platform="x", content_type="photo", engagements=12,
    ... )
    >>> row = build_content_row(event)
    >>> row["platform"], row["content_type"], row["engagements"]
    ('x', 'photo', 12)
    """
    engagements = count_engagements(event)
    if event.feed_type not in PUBLISHING or event.content_type is None or engagements is None:
        return None
    return {
        "event_id": event.event_id,
        "at": event.occurred_at,
        "platform": to_key_name(event.platform or str(event.feed_type)),
        "content_type": to_key_name(event.content_type),
        "engagements": engagements,
    }


def merge_content(stored: Iterable[Mapping[str, Any]], new: Iterable[ScoredEvent]) -> list[dict[str, Any]]:
    """Return the latest content, oldest first; a re-scored event replaces its row.

    >>> stored = [{"event_id": "e2", "at": "2026-11-03"}, {"event_id": "e1", "at": "2026-11-02"}]
    >>> [row["event_id"] for row in merge_content(stored, [])]
    ['e1', 'e2']
    """
    rows = {row["event_id"]: _shorten_names(row) for row in stored}
    for scored in new:
        row = build_content_row(scored.event)
        if row is None:
            rows.pop(scored.event.event_id, None)
        else:
            rows[row["event_id"]] = row
    return sorted(rows.values(), key=lambda row: (row["at"], row["event_id"]))[-MAX_CONTENT:]


def _shorten_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored row with short names, which rows of former versions may not have."""
    return dict(row) | {name: to_key_name(row[name]) for name in ("platform", "content_type") if name in row}
