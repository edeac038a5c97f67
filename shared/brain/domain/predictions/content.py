"""The latest content of a client with what it brought: a short list that the hourly job keeps beside its daily sums."""

from collections.abc import Iterable, Mapping
from typing import Any

from brain.domain.days.scorer import ScoredEvent
from brain.domain.events import Event, FeedType
from brain.domain.scoring.components import count_engagements

KEPT = 400
# Ads are rows of days and e-mails single messages; neither is a piece of content that is planned.
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


def entry(event: Event) -> dict[str, Any] | None:
    """Return what the list keeps of a piece of content, None for what is none or told no engagements."""
    engaged = count_engagements(event)
    if event.feed_type not in PUBLISHING or event.content_type is None or engaged is None:
        return None
    return {
        "event_id": event.event_id,
        "at": event.occurred_at,
        "platform": event.platform or str(event.feed_type),
        "content_type": event.content_type,
        "engagements": engaged,
    }


def merged(kept: Iterable[Mapping[str, Any]], new: Iterable[ScoredEvent]) -> list[dict[str, Any]]:
    """Return the latest content, oldest first; a re-scored event replaces its earlier entry."""
    by_id = {row["event_id"]: dict(row) for row in kept}
    for scored in new:
        row = entry(scored.event)
        if row is None:
            by_id.pop(scored.event.event_id, None)
        else:
            by_id[row["event_id"]] = row
    return sorted(by_id.values(), key=lambda row: (row["at"], row["event_id"]))[-KEPT:]
