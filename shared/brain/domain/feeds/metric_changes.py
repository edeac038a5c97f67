"""Days on which a provider changed what a metric counts, recorded in the raw data of what it counted since then."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

METRIC_CHANGES: Final = "metric_changes"
"""The name under which raw data say since when a metric has its present definition; no part of the content."""
YOUTUBE_VIEWS_CHANGE: Final = date(2026, 8, 24)
"""YouTube's views have their new definition for days from this one on; ``engagedViews`` keeps the former one."""


def record_change(raw: Mapping[str, Any], metric: str, changed_on: date, counted_at: datetime) -> Mapping[str, Any]:
    """Return raw data with the day since which a metric is defined as it is, if the figures are from then or later.

    >>> from datetime import UTC
    >>> record_change({"views": 3}, "views", YOUTUBE_VIEWS_CHANGE, datetime(2026, 9, 1, tzinfo=UTC))
    {'views': 3, 'metric_changes': {'views': '2026-08-24'}}
    """
    if counted_at.date() < changed_on:
        return raw
    return {**raw, METRIC_CHANGES: {metric: changed_on.isoformat()}}
