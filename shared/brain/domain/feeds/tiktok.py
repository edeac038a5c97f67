"""TikTok: videos of the display and business APIs, ad reports, webhooks, and warehouse rows."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, lowercase_names, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import (
    SYNC_COLUMNS,
    VOLATILE_COLUMNS,
    check_ids,
    is_deleted_row,
    list_parent_names,
    read_row_time,
    resolve_total_time,
    select_dimensions,
)
from brain.domain.feeds.row_dimensions import RowDimensions, select_unknown_dimensions

_TIME_COLUMNS: Final = ("stat_time_hour", "stat_time_day", "stat_time", "date", "stat_time_week", "stat_time_month")
_ID_COLUMNS: Final = ("ad_id", "adgroup_id", "campaign_id", "advertiser_id")
_BREAKDOWN_COLUMNS: Final = (
    "age", "gender", "country_code", "province_id", "dma_id", "ac", "language", "platform", "placement",
    "placement_id", "interest_category", "contextual_tag", "device_brand_id", "search_terms", "image_id",
    "video_material_id", "page_id",
)  # fmt: skip
_LEVELS: Final = ("ad", "adgroup", "campaign", "advertiser")
_METRICS: Final = frozenset({
    "impressions", "clicks", "likes", "comments", "shares", "follows", "spend", "currency", "reach", "conversion",
    "conversions", "engagements", "total_engagements", "profile_visits", "result", "promotion_type",
    "secondary_goal_result",
    "ad_text", "call_to_action", "image_mode", "budget", "bid", "billing_event",
})  # fmt: skip
_READ_COLUMNS: Final = _METRICS | {*_TIME_COLUMNS, *_ID_COLUMNS}
_FIGURES: Final = re.compile(
    r"(?:cost_per|real_time|video|total|average|skan|value_per|clicks_on|duet|stitch|sound|ix|onsite|app|web|secondary"
    r"|unique|complete|initiate|on_web|offline|live|page|in_app|vta|cta|frequency)_?.*"
    r"|ctr|cpc|cpm|frequency|(?:.+_)?(?:rate|roas|cost|count|value|views|clicks|visits|install|purchase|result|score)"
)
_ERROR_CODE: Final = re.compile(r"[a-z0-9_]{1,40}")
# URLs of covers and players are signed again for every fetch.
_VOLATILE_FIELDS: Final = frozenset({"cover_image_url", "thumbnail_url", "embed_html", "embed_link", "share_url"})


def _is_video(video: Any) -> bool:
    if not isinstance(video, Mapping) or not ("id" in video or "item_id" in video):
        return False
    has_metadata = has_any(video, ("create_time", "video_description", "share_url", "view_count", "video_views"))
    return has_metadata and has_any(video, ("like_count", "view_count", "likes", "video_views", "create_time"))


def _is_report(report_row: Any) -> bool:
    return (
        isinstance(report_row, Mapping)
        and isinstance(report_row.get("dimensions"), Mapping)
        and isinstance(report_row.get("metrics"), Mapping)
    )


def _find_error_code(response: JsonObject) -> str | None:
    """Return the code of an error response, None of a success: TikTok responds 200 to both."""
    error = to_object(response.get("error"))
    code = error.get("code", response.get("code"))
    if code in (None, 0, "0", "ok", "OK"):
        return None
    return str(code) if _ERROR_CODE.fullmatch(str(code)) else "of an unknown code"


def matches_response(payload: JsonObject) -> bool:
    """Recognize a response by the videos or report in ``data``, an error by TikTok's log id or request id."""
    data = to_object(payload.get("data"))
    if "videos" in data:
        return True
    rows = data.get("list")
    if isinstance(rows, list) and ("page_info" in data or "request_id" in payload or any(map(_is_report, rows))):
        return True
    return _find_error_code(payload) is not None and (
        "log_id" in to_object(payload.get("error")) or "request_id" in payload
    )


def read_response(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every video or report row of a response."""
    error_code = _find_error_code(payload)
    if error_code is not None:
        message = f"expected metrics, got TikTok's error {error_code}; repeat the request to TikTok"
        return [Rejected("provider_error", message)]
    data = to_object(payload.get("data"))
    records = data.get("videos") or data.get("list")
    if not records:
        return [Ignored("an empty page of videos or rows")]
    if not isinstance(records, list):
        return [reject_shape("a list of videos or rows in data")]
    return [_read_record(record, context) for record in records]


def _read_record(record: Any, context: FeedContext) -> Draft | Rejected:
    if _is_report(record):
        dimensions = lowercase_names(record["dimensions"])
        row = {**lowercase_names(record["metrics"]), **dimensions}
        return _read_row(record, row, context, RowDimensions(_select_further_dimensions(dimensions), ()))
    if _is_video(record):
        return _read_video(record, context)
    return reject_shape("a video (id, create_time) or a report row (dimensions, metrics)")


def matches_record(payload: JsonObject) -> bool:
    """Recognize a single video or report row."""
    if _is_report(payload):
        return has_any(payload["dimensions"], (*_TIME_COLUMNS, *_ID_COLUMNS))
    return _is_video(payload) and has_any(payload, ("video_description", "view_count", "video_views"))


def read_record(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one video or report row that was sent without its response."""
    return [_read_record(payload, context)]


def _read_video(video: JsonObject, context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(video)
    builder.add_count("likes", video, "like_count", "likes")
    builder.add_count("comments", video, "comment_count", "comments")
    builder.add_count("shares", video, "share_count", "shares")
    builder.add_count("views", video, "view_count", "video_views")
    builder.add_count("audience_size", video, "reach")
    total_time = resolve_total_time(builder, builder.read_time(video, "create_time"), context)
    video_id = first_text(video, ("id", "item_id"))
    return builder.build(
        FeedType.SOCIAL_TIKTOK,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("video", video_id or ""),
        cumulative=True,
        is_record=True,
        content_id=video_id,
        content_type="video",
        platform="tiktok",
        creator=first_text(video, ("open_id", "username")),
        volatile=_VOLATILE_FIELDS,
    )


def matches_row(payload: JsonObject) -> bool:
    """Recognize a row by TikTok's names of its hour or day, in upper or lower case."""
    row = lowercase_names(payload)
    return has_any(row, ("stat_time_hour", "stat_time_day")) and has_any(row, _ID_COLUMNS)


def read_row(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row of a report that a connector synced."""
    row = lowercase_names(payload)
    known = _READ_COLUMNS | list_parent_names(row, _LEVELS)
    unknown = select_unknown_dimensions(row, known, _FIGURES, _BREAKDOWN_COLUMNS)
    return [_read_row(payload, row, context, unknown)]


def _select_further_dimensions(dimensions: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the dimensions of a report's row that are not listed here, whatever their type."""
    return tuple(
        f"dimensions.{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in sorted(dimensions.items())
        if name not in _TIME_COLUMNS
        and name not in _ID_COLUMNS
        and (name not in _BREAKDOWN_COLUMNS or to_text(value) is None)
        and value not in (None, "")
    )


def _read_row(
    payload: JsonObject, row: Mapping[str, Any], context: FeedContext, further: RowDimensions
) -> Draft | Rejected:
    """Return one hour or day of an ad, a group or a campaign; its times are read as UTC, its rates are not read."""
    builder = DraftBuilder(payload)
    for metric in ("impressions", "clicks", "likes", "comments", "shares"):
        builder.add_count(metric, row, metric)
    builder.add_count("views", row, "video_play_actions", "video_views")
    builder.add_count("engagements", row, "engagements", "total_engagements")
    builder.add_amount("conversions", row, "conversion", "conversions")
    builder.add_amount("spend", row, "spend")
    builder.add_amount("revenue", row, "total_purchase_value", "total_complete_payment_rate_value")
    breakdown = select_dimensions(row, _BREAKDOWN_COLUMNS)
    check_ids(builder, row, _ID_COLUMNS)
    if not breakdown and not further.dimensions:
        builder.add_count("audience_size", row, "reach")  # the reach of one segment cannot be added to others
    total_time = resolve_total_time(builder, builder.read_time(row, *_TIME_COLUMNS, naive_is_utc=True), context, row)
    ids = select_dimensions(row, _ID_COLUMNS)
    period = "" if total_time.undated else total_time.occurred_at.isoformat()
    return builder.build(
        FeedType.SOCIAL_TIKTOK,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("report", "hour" if row.get("stat_time_hour") else "day", period, *ids, *breakdown),
        dimensions=(*_name_period(row), *further.dimensions),
        notices=further.notices,
        as_of=read_row_time(builder, row, SYNC_COLUMNS),
        retracted=is_deleted_row(row),
        cumulative=True,
        currency=to_text(row.get("currency")),
        content_id=first_text(row, _ID_COLUMNS),
        content_type="ad",
        platform="tiktok",
        volatile=VOLATILE_COLUMNS,
    )


def _name_period(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the column of a longer period, which version 0.1 did not know: its start is that of a day too."""
    return tuple(f"period={name}" for name in ("stat_time_week", "stat_time_month") if row.get(name))


def matches_webhook(payload: JsonObject) -> bool:
    """Recognize a webhook by its app key and user."""
    return "client_key" in payload and "user_openid" in payload and "event" in payload


def read_webhook(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return what happened to a video or an authorization; none of these events has metrics."""
    builder = DraftBuilder(payload)
    kind = to_text(payload.get("event")) or ""
    return [
        builder.build(
            FeedType.SOCIAL_TIKTOK if kind.startswith(("video.", "post.")) else FeedType.CUSTOM,
            builder.read_time(payload, "create_time") or context.signed_at,
            content_type="video" if kind.startswith("video.") else kind or None,
            platform="tiktok",
            creator=to_text(payload.get("user_openid")),
            personal=frozenset({"useropenid"}),
        )
    ]


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_TIKTOK,
        "TikTok responses (data.videos, or data.list with dimensions and metrics)",
        matches_response,
        read_response,
        names=("data", "error", "request_id"),
    ),
    PayloadShape(
        FeedType.SOCIAL_TIKTOK,
        "one video (id, create_time, view_count) or one report row",
        matches_record,
        read_record,
        names=("dimensions", "video_description", "view_count", "video_views"),
    ),
    PayloadShape(
        FeedType.SOCIAL_TIKTOK,
        "rows per stat_time_hour or stat_time_day",
        matches_row,
        read_row,
        is_warehouse_row=True,
        names=("stat_time_hour", "stat_time_day"),
    ),
    PayloadShape(
        FeedType.SOCIAL_TIKTOK,
        "a TikTok webhook (client_key, event, user_openid)",
        matches_webhook,
        read_webhook,
        names=("client_key",),
    ),
)
