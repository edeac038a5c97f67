"""LinkedIn in warehouses: statistics of posts, posts and days of ads, as connectors name their columns."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.linkedin import counters
from brain.domain.feeds.reading import Reading, lowered, text
from brain.domain.feeds.rows import VOLATILE, dimensions, known
from brain.domain.feeds.shapes import Item, Shape

_POSTS: Final = ("ugc_post_id", "ugc_post_urn", "share_urn", "share_id")
_COSTS: Final = ("cost_in_local_currency", "cost_in_usd")
_MEASURES: Final = (
    "impression_count", "unique_impressions_count", "unique_impressions_counts", "share_mentions_count",
    "comment_mentions_count",
)  # fmt: skip
_ABOUT: Final = (
    "share_statistic_id", "_fivetran_id", "creative_id", "campaign_id", "campaign_group_id", "account_id",
    "organization_id",
    "organization_entity",
)  # fmt: skip
_DAYS: Final = ("day", "date", "time_range_start")


def _has(row: Mapping[str, Any], names: Iterable[str]) -> bool:
    return any(name in row for name in names)


def matches(item: Item) -> bool:
    """Tell a row by the ids and measures that only LinkedIn's tables have."""
    row = lowered(item)
    if _has(row, ("ugc_post_id", "share_statistic_id", "ugc_post_urn", *_COSTS)) or _is_post(row):
        return True
    return _has(row, _MEASURES) and _has(row, ("_fivetran_id", *_POSTS, *_ABOUT))


def _is_post(row: Mapping[str, Any]) -> bool:
    return "lifecycle_state" in row and "author" in row


def read(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one row: a post, statistics of a post, the link of statistics to a post, or a day of an ad."""
    row = lowered(item)
    if _is_post(row):
        return [_post(item, row)]
    return [_ad(item, row, context) if _has(row, _COSTS) else _statistics(item, row, context)]


def _post(item: Item, row: Mapping[str, Any]) -> Draft | Rejected:
    reading = Reading(item)
    return reading.outcome(
        FeedType.SOCIAL_LINKEDIN,
        reading.time(row, "first_published_at", "published_at", "created_time", naive_is_utc=True),
        content_key=("post", text(row.get("id")) or ""),
        cumulative=True,
        content_id=text(row.get("id")),
        content_type="post",
        platform="linkedin",
        creator=text(row.get("author")),
        volatile=VOLATILE | {"last_modified_time", "version_tag"},
    )


def _statistics(item: Item, row: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    reading = Reading(item)
    counters(reading, row, "_count")
    at = known(reading, reading.time(row, *_DAYS, naive_is_utc=True), context, row)
    post = next((found for name in _POSTS if (found := text(row.get(name)))), None)
    return reading.outcome(
        FeedType.SOCIAL_LINKEDIN,
        at.at,
        undated=at.undated,
        content_key=_key(row, post, measured=bool(reading.metrics)),
        cumulative=True,
        content_id=post,
        content_type="post",
        platform="linkedin",
        creator=text(row.get("organization_entity")) or text(row.get("organization_id")),
        volatile=VOLATILE,
    )


def _key(row: Mapping[str, Any], post: str | None, *, measured: bool) -> tuple[str, ...]:
    """Return what a row counts: a post (on a day) where it has figures, else the statistic that it links to a post."""
    days = dimensions(row, _DAYS)
    return ("share", post, *days) if measured and post else ("row", *dimensions(row, _ABOUT), *days)


def _ad(item: Item, row: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    reading = Reading(item)
    for metric in ("impressions", "clicks", "likes", "comments", "shares"):
        reading.count(metric, row, metric)
    reading.count("engagements", row, "total_engagements")
    reading.amount("spend", row, *_COSTS)
    reading.amount("conversions", row, "external_website_conversions")
    reading.amount("revenue", row, "conversion_value_in_local_currency")
    at = known(reading, reading.time(row, *_DAYS, naive_is_utc=True), context, row)
    return reading.outcome(
        FeedType.SOCIAL_LINKEDIN,
        at.at,
        undated=at.undated,
        content_key=("ads", *dimensions(row, _ABOUT), *dimensions(row, _DAYS)),
        cumulative=True,
        content_id=text(row.get("creative_id")) or text(row.get("campaign_id")),
        content_type="ad",
        platform="linkedin",
        volatile=VOLATILE,
    )


SHAPES = (
    Shape(
        FeedType.SOCIAL_LINKEDIN,
        "warehouse rows (ugc_post_id, share_statistic_id or cost_in_local_currency)",
        matches,
        read,
    ),
)
