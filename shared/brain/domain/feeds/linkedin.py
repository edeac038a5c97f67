"""LinkedIn: share statistics of organizations, posts, and ad analytics."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, snake_case_names, to_list, to_object, to_text, to_texts
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import (
    SYNC_COLUMNS,
    VOLATILE_COLUMNS,
    is_deleted_row,
    read_row_time,
    resolve_total_time,
    to_day,
)
from brain.domain.feeds.row_dimensions import select_unknown_dimensions

_AD_FIELDS: Final = (
    "costInLocalCurrency", "costInUsd", "externalWebsiteConversions", "pivotValues", "pivotValue",
)  # fmt: skip
# What statistics of a share and ad analytics are keyed or dated by, or count, besides their dimensions.
_STATISTICS_FIELDS: Final = frozenset({
    "total_share_statistics", "share", "ugc_post", "time_range", "organizational_entity",
})  # fmt: skip
_DAY_COLUMNS: Final = ("start_date", "date", "day")
_ANALYTICS_FIELDS: Final = frozenset({"pivot_values", "date_range", *_DAY_COLUMNS})
_ANALYTICS_FIGURES: Final = re.compile(
    r"impressions|clicks|likes|comments|shares|follows|reactions|sends|opens|approximate_unique_impressions"
    r"|(?:cost|value|conversion|video|viral|one_click|card|full_screen|lead|job|talent|download|document|text_url|action"
    r"|company_page|comment|landing|other|total|external|average|registrations|valid|headline|sent|event|audience"
    r"|subscription|approximate|qualified|messaging|post)_.+"
)


def matches_page(payload: JsonObject) -> bool:
    """Recognize a page by its first element."""
    elements = payload.get("elements")
    if not isinstance(elements, list):
        return False
    return not elements or (isinstance(elements[0], Mapping) and matches_element(elements[0]))


def read_page(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every element of a page."""
    elements = to_list(payload.get("elements"))
    if not elements:
        return [Ignored("an empty page of elements")]
    return [
        _read_element(element, context)
        if isinstance(element, Mapping)
        else reject_shape("share statistics, posts or ad analytics in elements")
        for element in elements
    ]


def matches_element(payload: JsonObject) -> bool:
    """Recognize statistics by their totals, ads by their costs and pivots, posts by author and lifecycle."""
    return "totalShareStatistics" in payload or has_any(payload, _AD_FIELDS) or _is_post(payload)


def _is_post(element: JsonObject) -> bool:
    return "lifecycleState" in element and ("author" in element or "owner" in element)


def read_element(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one element that was sent without its page."""
    return [_read_element(payload, context)]


def _read_element(element: JsonObject, context: FeedContext) -> Draft | Rejected:
    if "totalShareStatistics" in element:
        return _read_statistics(element, context)
    return _read_post(element) if _is_post(element) else _read_ad_analytics(element, context)


def _read_statistics(statistics: JsonObject, context: FeedContext) -> Draft | Rejected:
    """Return the totals of a share, for its lifetime or one day or month; ``engagement`` is a ratio and not read."""
    builder = DraftBuilder(statistics)
    add_counters(builder, builder.read_object(statistics, "totalShareStatistics"), "Count")
    share = first_text(statistics, ("share", "ugcPost"))
    if share is None:
        builder.metrics.pop("audience_size", None)  # the reach of all posts together is not the audience of one
    period = builder.read_object(statistics, "timeRange")
    total_time = resolve_total_time(builder, builder.read_time(period, "start"), context)
    organization = to_text(statistics.get("organizationalEntity"))
    key = ("share", share) if share else ("organization", organization or "")
    span = () if total_time.undated else (str(period.get("start")), str(period.get("end")))
    unknown = select_unknown_dimensions(snake_case_names(statistics), _STATISTICS_FIELDS)
    return builder.build(
        FeedType.SOCIAL_LINKEDIN,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=(*key, *span),
        dimensions=unknown.dimensions,
        notices=unknown.notices,
        cumulative=True,
        content_id=share,
        content_type="post" if share else "account",
        platform="linkedin",
        creator=organization,
    )


def add_counters(builder: DraftBuilder, source: Mapping[str, Any], suffix: str) -> None:
    """Add the counts whose names have a suffix (likeCount, like_count)."""
    builder.add_count("likes", source, f"like{suffix}")
    builder.add_count("comments", source, f"comment{suffix}")
    builder.add_count("shares", source, f"share{suffix}")
    builder.add_count("clicks", source, f"click{suffix}")
    builder.add_count("impressions", source, f"impression{suffix}")
    builder.add_count(
        "audience_size", source, "uniqueImpressionsCount", "unique_impressions_count", "unique_impressions_counts"
    )


def _read_post(post: JsonObject) -> Draft | Rejected:
    builder = DraftBuilder(post)
    likes, comments = builder.read_object(post, "likesSummary"), builder.read_object(post, "commentsSummary")
    builder.add_count("likes", likes, "totalLikes", "aggregatedTotalLikes")
    builder.add_count("comments", comments, "aggregatedTotalComments", "totalFirstLevelComments")
    published_at = builder.read_time(post, "publishedAt", "createdAt", "firstPublishedAt")
    return builder.build(
        FeedType.SOCIAL_LINKEDIN,
        published_at or builder.read_time(to_object(post.get("created")), "time"),
        content_key=("post", to_text(post.get("id")) or ""),
        cumulative=True,
        content_id=to_text(post.get("id")),
        content_type=_infer_post_type(post),
        platform="linkedin",
        creator=first_text(post, ("author", "owner")),
        volatile=frozenset({"lastModifiedAt", "versionTag"}),
    )


def _infer_post_type(post: JsonObject) -> str:
    content = to_object(post.get("content"))
    for name, kind in (("multiImage", "carousel"), ("carousel", "carousel"), ("article", "link"), ("poll", "poll")):
        if name in content:
            return kind
    media_urn = to_text(to_object(content.get("media")).get("id")) or ""
    kinds_by_urn = {"urn:li:video": "video", "urn:li:image": "photo", "urn:li:document": "document"}
    return next((kind for urn, kind in kinds_by_urn.items() if media_urn.startswith(urn)), "text")


def _read_ad_analytics(analytics: JsonObject, context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(analytics)
    builder.add_count("impressions", analytics, "impressions")
    builder.add_count("clicks", analytics, "clicks", "landingPageClicks")
    for metric in ("likes", "comments", "shares"):
        builder.add_count(metric, analytics, metric)
    builder.add_count("engagements", analytics, "totalEngagements")
    builder.add_count("views", analytics, "videoViews")
    builder.add_amount("spend", analytics, "costInLocalCurrency", "costInUsd")
    builder.add_amount("conversions", analytics, "externalWebsiteConversions")
    builder.add_amount("revenue", analytics, "conversionValueInLocalCurrency")
    period = builder.read_object(analytics, "dateRange")
    row = snake_case_names(analytics)
    start = _read_date(builder, period, "start") or _read_day(builder, row)
    end = _read_date(builder, period, "end")
    total_time = resolve_total_time(builder, _start_of(start), context)
    pivots = to_texts(builder.read_list(analytics, "pivotValues"))
    unknown = select_unknown_dimensions(row, _ANALYTICS_FIELDS, _ANALYTICS_FIGURES)
    is_flat = start is not None and not period  # version 0.1 did not read the day of such a row
    return builder.build(
        FeedType.SOCIAL_LINKEDIN,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("ads", *pivots, start.isoformat() if start else ""),
        former_key=("ads", *pivots, "") if is_flat else (),
        dimensions=(*_name_end(period, start, end), *unknown.dimensions),
        as_of=read_row_time(builder, row, SYNC_COLUMNS),
        retracted=is_deleted_row(row),
        notices=unknown.notices,
        cumulative=True,
        currency="USD" if "costInLocalCurrency" not in analytics and "costInUsd" in analytics else None,
        content_id=pivots[0] if pivots else to_text(analytics.get("pivotValue")),
        content_type="ad",
        platform="linkedin",
        volatile=VOLATILE_COLUMNS,
    )


def _read_date(builder: DraftBuilder, period: Mapping[str, Any], name: str) -> date | None:
    """Return the start or end of a date range, whose month or day is absent where it is a whole year or month."""
    parts = builder.read_object(period, name)
    if not parts:
        return None
    numbers = [builder.read_number(parts, part, is_count=True) for part in ("year", "month", "day")]
    try:
        return date(numbers[0], *(1 if number is None else number for number in numbers[1:]))
    except (TypeError, ValueError, OverflowError):
        shown = "-".join(str(number) for number in numbers if isinstance(number, int))
        builder.faults.append(
            f"dateRange.{name}: expected year, month and day, got a day that does not exist ({shown})"
        )
        return None


def _read_day(builder: DraftBuilder, row: Mapping[str, Any]) -> date | None:
    """Return the day of an element that a connector stored with columns for its start and end."""
    start = builder.read_time({name: to_day(row.get(name)) for name in _DAY_COLUMNS}, *_DAY_COLUMNS, naive_is_utc=True)
    return start.date() if start else None


def _start_of(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def _name_end(period: Mapping[str, Any], start: date | None, end: date | None) -> list[str]:
    """Return the end of a period of several days: a month starts on a day that has figures of its own."""
    if start is None or end is None or start == end:
        return []
    return [f"dateRange.end.{part}={json.dumps(number)}" for part, number in to_object(period.get("end")).items()]


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_LINKEDIN,
        "a page of LinkedIn's API (elements with totalShareStatistics)",
        matches_page,
        read_page,
        names=("elements",),
    ),
    PayloadShape(
        FeedType.SOCIAL_LINKEDIN,
        "one element (totalShareStatistics, or a post, or ad analytics)",
        matches_element,
        read_element,
        names=("totalShareStatistics", "lifecycleState", *_AD_FIELDS),
    ),
)
