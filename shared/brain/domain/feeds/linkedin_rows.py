"""LinkedIn in warehouses: post statistics, posts and ad days with the column names of connectors."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, lowercase_names, to_text
from brain.domain.feeds.linkedin import add_counters
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.report_rows import (
    TIME_COLUMNS,
    VOLATILE_COLUMNS,
    check_ids,
    is_deleted_row,
    list_parent_names,
    read_row_time,
    resolve_total_time,
    select_dimensions,
)
from brain.domain.feeds.row_dimensions import select_unknown_dimensions

_POST_COLUMNS: Final = ("ugc_post_id", "ugc_post_urn", "share_urn", "share_id")
_COST_COLUMNS: Final = ("cost_in_local_currency", "cost_in_usd")
_STATISTICS_COLUMNS: Final = (
    "impression_count", "unique_impressions_count", "unique_impressions_counts", "share_mentions_count",
    "comment_mentions_count",
)  # fmt: skip
_ID_COLUMNS: Final = (
    "share_statistic_id", "_fivetran_id", "creative_id", "campaign_id", "campaign_group_id", "account_id",
    "organization_id", "organization_entity",
)  # fmt: skip
_DATE_COLUMNS: Final = ("day", "date", "time_range_start")
_KNOWN_COLUMNS: Final = frozenset({*_POST_COLUMNS, *_ID_COLUMNS, *_DATE_COLUMNS})
_LEVELS: Final = ("creative", "campaign", "campaign_group", "account")
_FIGURES: Final = re.compile(
    r"impressions|clicks|likes|comments|shares|follows|reactions|sends|opens|engagement|(?:.+_)?(?:count|counts)"
    r"|(?:cost|value|conversion|video|viral|one_click|card|full_screen|lead|job|talent|download|document|text_url|action"
    r"|company_page|comment|landing|other|total|external|average|registrations|valid|approximate|qualified)_.+"
)


def matches(payload: JsonObject) -> bool:
    """Recognize a row by the ids and counts that only LinkedIn's tables have."""
    row = lowercase_names(payload)
    if has_any(row, ("ugc_post_id", "share_statistic_id", "ugc_post_urn", *_COST_COLUMNS)) or _is_post(row):
        return True
    return has_any(row, _STATISTICS_COLUMNS) and has_any(row, ("_fivetran_id", *_POST_COLUMNS, *_ID_COLUMNS))


def _is_post(row: Mapping[str, Any]) -> bool:
    return "lifecycle_state" in row and "author" in row


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row: a post, the statistics of a post, their link to a post, or a day of an ad."""
    row = lowercase_names(payload)
    if _is_post(row):
        return [_read_post(payload, row)]
    return [_read_ad(payload, row, context) if has_any(row, _COST_COLUMNS) else _read_statistics(payload, row, context)]


def _read_post(payload: JsonObject, row: Mapping[str, Any]) -> Draft | Rejected:
    builder = DraftBuilder(payload)
    return builder.build(
        FeedType.SOCIAL_LINKEDIN,
        builder.read_time(row, "first_published_at", "published_at", "created_time", naive_is_utc=True),
        content_key=("post", to_text(row.get("id")) or ""),
        is_record=True,
        as_of=read_row_time(builder, row, (*TIME_COLUMNS, "last_modified_time")),
        retracted=is_deleted_row(row),
        cumulative=True,
        content_id=to_text(row.get("id")),
        content_type="post",
        platform="linkedin",
        creator=to_text(row.get("author")),
        volatile=VOLATILE_COLUMNS | {"last_modified_time", "version_tag"},
    )


def _read_statistics(payload: JsonObject, row: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(payload)
    add_counters(builder, row, "_count")
    total_time = resolve_total_time(builder, builder.read_time(row, *_DATE_COLUMNS, naive_is_utc=True), context, row)
    post = first_text(row, _POST_COLUMNS)
    check_ids(builder, row, (*_POST_COLUMNS, *_ID_COLUMNS))
    unknown = select_unknown_dimensions(row, _KNOWN_COLUMNS, _FIGURES)
    return builder.build(
        FeedType.SOCIAL_LINKEDIN,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=_build_statistics_key(row, post, has_metrics=bool(builder.metrics)),
        dimensions=unknown.dimensions,
        notices=unknown.notices,
        as_of=read_row_time(builder, row),
        retracted=is_deleted_row(row),
        cumulative=True,
        content_id=post,
        content_type="post",
        platform="linkedin",
        creator=first_text(row, ("organization_entity", "organization_id")),
        volatile=VOLATILE_COLUMNS,
    )


def _build_statistics_key(row: Mapping[str, Any], post: str | None, *, has_metrics: bool) -> tuple[str, ...]:
    """Return what a row counts: a post (on a day) if it has metrics, else the statistic that it links to a post."""
    dates = select_dimensions(row, _DATE_COLUMNS)
    return ("share", post, *dates) if has_metrics and post else ("row", *select_dimensions(row, _ID_COLUMNS), *dates)


def _read_ad(payload: JsonObject, row: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(payload)
    for metric in ("impressions", "clicks", "likes", "comments", "shares"):
        builder.add_count(metric, row, metric)
    check_ids(builder, row, _ID_COLUMNS)
    builder.add_count("engagements", row, "total_engagements")
    builder.add_amount("spend", row, *_COST_COLUMNS)
    builder.add_amount("conversions", row, "external_website_conversions")
    builder.add_amount("revenue", row, "conversion_value_in_local_currency")
    unknown = select_unknown_dimensions(row, _KNOWN_COLUMNS | list_parent_names(row, _LEVELS), _FIGURES)
    total_time = resolve_total_time(builder, builder.read_time(row, *_DATE_COLUMNS, naive_is_utc=True), context, row)
    return builder.build(
        FeedType.SOCIAL_LINKEDIN,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("ads", *select_dimensions(row, _ID_COLUMNS), *select_dimensions(row, _DATE_COLUMNS)),
        dimensions=unknown.dimensions,
        notices=unknown.notices,
        as_of=read_row_time(builder, row),
        retracted=is_deleted_row(row),
        cumulative=True,
        content_id=first_text(row, ("creative_id", "campaign_id")),
        content_type="ad",
        platform="linkedin",
        volatile=VOLATILE_COLUMNS,
    )


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_LINKEDIN,
        "warehouse rows (ugc_post_id, share_statistic_id or cost_in_local_currency)",
        matches,
        read,
        is_warehouse_row=True,
        names=(
            "ugc_post_id",
            "share_statistic_id",
            "ugc_post_urn",
            "lifecycle_state",
            *_COST_COLUMNS,
            *_STATISTICS_COLUMNS,
        ),
    ),
)
