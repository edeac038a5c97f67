"""X in warehouses: rows per post and day, with the column names of connectors."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, lowercase_names
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.report_rows import (
    VOLATILE_COLUMNS,
    is_deleted_row,
    read_row_time,
    resolve_total_time,
    select_dimensions,
)
from brain.domain.feeds.row_dimensions import select_unknown_dimensions

_ROW_METRICS: Final[Mapping[str, tuple[str, ...]]] = {
    "likes": ("likes", "favorites"),
    "comments": ("replies",),
    "impressions": ("impressions",),
    "clicks": ("url_clicks", "clicks"),
    "engagements": ("engagements",),
    "views": ("video_views", "video_total_views"),
}
_ROW_IDS: Final = ("organic_tweet_id", "tweet_id")
_ROW_DIMENSIONS: Final = ("date", "placement", "account_id")
_ROW_COLUMNS: Final = frozenset({
    *_ROW_IDS, *_ROW_DIMENSIONS, *(name for names in _ROW_METRICS.values() for name in names), "retweets", "quotes",
    "created_at", "text", "tweet_text", "full_text", "lang", "source", "conversation_id", "author_id", "username",
})  # fmt: skip


def matches(payload: JsonObject) -> bool:
    """Recognize a warehouse row by its post and a date or impressions."""
    row = lowercase_names(payload)
    return has_any(row, ("organic_tweet_id", "tweet_id")) and has_any(row, ("date", "impressions"))


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one day of one post that a connector synced."""
    row = lowercase_names(payload)
    builder = DraftBuilder(payload)
    for metric, names in _ROW_METRICS.items():
        builder.add_count(metric, row, *names)
    builder.add_sum("shares", row, "retweets", "quotes")
    total_time = resolve_total_time(
        builder, builder.read_time(row, "date", "created_at", naive_is_utc=True), context, row
    )
    post_id = first_text(row, _ROW_IDS)
    unknown = select_unknown_dimensions(row, _ROW_COLUMNS)
    return [
        builder.build(
            FeedType.SOCIAL_TWITTER,
            total_time.occurred_at,
            undated=total_time.undated,
            content_key=("row", post_id or "", *select_dimensions(row, _ROW_DIMENSIONS)),
            dimensions=unknown.dimensions,
            notices=unknown.notices,
            cumulative=True,
            as_of=read_row_time(builder, row),
            retracted=is_deleted_row(row),
            content_id=post_id,
            platform="twitter",
            volatile=VOLATILE_COLUMNS,
        )
    ]


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_TWITTER, "rows per tweet_id and date", matches, read, names=("organic_tweet_id", "tweet_id")
    ),
)
