"""Days on which a provider changed what a metric counts, recorded in the raw data of what it counted since then."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from brain.domain.events import FeedType

METRIC_CHANGES: Final = "metric_changes"
"""The name under which raw data say since when a metric has its present definition; no part of the content."""
CHANGES_BY_FEED: Final[Mapping[FeedType, Mapping[str, date]]] = {
    # Views count from the start of playback; ``engagedViews`` keeps the former definition.
    FeedType.SOCIAL_YOUTUBE: {"views": date(2026, 8, 24)},
    # Views take the place of impressions, plays and video views, which are no longer reported.
    FeedType.SOCIAL_INSTAGRAM: {"impressions": date(2025, 4, 21), "views": date(2025, 4, 21)},
}
"""Since when a metric of a provider has its present definition."""


def record_changes(
    raw: Mapping[str, Any], feed_type: FeedType, metrics: Mapping[str, Any], counted_at: datetime
) -> Mapping[str, Any]:
    """Return raw data with the day since which each of the metrics is defined as it is, if counted then or later.

    >>> from datetime import UTC
    >>> record_changes({"viewCount": 3}, FeedType.SOCIAL_YOUTUBE, {"views": 3}, datetime(2026, 9, 1, tzinfo=UTC))
    {'viewCount': 3, 'metric_changes': {'views': '2026-08-24'}}
    """
    changes = {
        metric: changed_on.isoformat()
        for metric, changed_on in CHANGES_BY_FEED[feed_type].items()
        if metric in metrics and counted_at.date() >= changed_on
    }
    return {**raw, METRIC_CHANGES: changes} if changes else raw
