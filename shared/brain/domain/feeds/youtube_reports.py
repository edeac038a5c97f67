"""YouTube: reports of the Analytics API, and their rows in warehouses."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, lowercase_names, to_list, to_object, to_text
from brain.domain.feeds.metric_changes import METRIC_CHANGES, record_changes
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import (
    SYNC_COLUMNS,
    VOLATILE_COLUMNS,
    check_ids,
    is_deleted_row,
    read_row_time,
    resolve_total_time,
    select_dimensions,
    to_day,
)
from brain.domain.feeds.row_dimensions import select_unknown_dimensions

_MONTH: Final = re.compile(r"\d{4}-\d\d")
_DATE_COLUMNS: Final = ("day", "date", "month")
_DIMENSIONS: Final = (
    "day", "date", "month", "channel", "channel_id", "video", "video_id", "playlist", "playlist_id", "group",
    "country", "country_code", "province", "city", "continent", "subcontinent", "liveorondemand",
    "live_or_on_demand", "subscribedstatus", "subscribed_status", "youtubeproduct", "creatorcontenttype",
    "devicetype", "device_type", "operatingsystem", "operating_system", "insighttrafficsourcetype",
    "traffic_source_type", "insighttrafficsourcedetail", "traffic_source_detail", "insightplaybacklocationtype",
    "playback_location_type", "agegroup", "age_group", "gender", "sharingservice", "sharing_service", "adtype",
    "ad_type", "elapsedvideotimeratio", "audiencetype", "claimedstatus", "claimed_status", "uploadertype",
    "uploader_type",
)  # fmt: skip
_METRICS: Final = frozenset({
    "views", "likes", "dislikes", "comments", "shares", "impressions", "redviews", "engagedviews", "engaged_views",
    "subscribersgained", "subscriberslost", "subscribers_gained", "subscribers_lost", "grossrevenue",
    "monetizedplaybacks", "red_views", "date", "day", "month", "currency",
})  # fmt: skip
_FIGURES: Final = re.compile(
    r"(?:estimated|watch|red|average|annotation|card|end_screen|video|videos|playlist|viewer|playback|cpm|gross|ad|audience"
    r"|monetized|relative|subscribers|engaged).*|cpm|playbackbasedcpm"
)
_READ_COLUMNS: Final = _METRICS | {"channel_title", "video_title"}
_VOLATILE: Final = VOLATILE_COLUMNS | {METRIC_CHANGES}


def matches_table(payload: JsonObject) -> bool:
    """Recognize a report by its column headers."""
    headers = to_list(payload.get("columnHeaders"))
    return bool(headers) and isinstance(headers[0], Mapping) and "name" in headers[0]


def read_table(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event per row of an Analytics report."""
    headers = [to_object(header) for header in to_list(payload.get("columnHeaders"))]
    rows = payload.get("rows")
    if rows in (None, []):
        return [Ignored("a report without rows")]
    if not isinstance(rows, list):
        return [reject_shape("a list of rows")]
    return [_read_values(row, headers, context) for row in rows]


def _read_values(values: Any, headers: Sequence[JsonObject], context: FeedContext) -> Draft | Rejected:
    names = [to_text(header.get("name")) or "" for header in headers]
    if not isinstance(values, list) or len(values) != len(names):
        return reject_shape(f"rows of {len(names)} values, one per column header")
    dimensions = [name for name, header in zip(names, headers, strict=True) if _is_dimension(header)]
    return _read_row(dict(zip(names, values, strict=True)), context, dimensions)


def _is_dimension(header: JsonObject) -> bool:
    return header.get("columnType") == "DIMENSION"


def matches_row(payload: JsonObject) -> bool:
    """Recognize a warehouse row by a video or channel, a date and a YouTube metric."""
    row = lowercase_names(payload)
    if not has_any(row, ("video_id", "channel_id")) or not has_any(row, ("date", "day")):
        return False
    return has_any(row, ("views", "watch_time_minutes", "subscribers_gained", "estimatedminuteswatched"))


def read_row(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row of a report that a connector synced."""
    return [_read_row(payload, context)]


def _read_row(payload: JsonObject, context: FeedContext, dimensions: Sequence[str] = ()) -> Draft | Rejected:
    """Return one row; ``dimensions`` are the columns that a report's headers show to be dimensions."""
    row = lowercase_names(payload)
    builder = DraftBuilder(payload)
    for metric in ("views", "likes", "comments", "shares"):
        builder.add_count(metric, row, metric)
    builder.add_count("impressions", row, "videothumbnailimpressions", "video_thumbnail_impressions", "impressions")
    builder.add_amount("revenue", row, "estimatedrevenue", "estimated_partner_revenue", "estimated_revenue")
    check_ids(builder, row, ("video", "video_id", "channel", "channel_id"))
    total_time = resolve_total_time(builder, _read_start(builder, row), context, row)
    unknown = select_unknown_dimensions(row, _READ_COLUMNS, _FIGURES, _DIMENSIONS)
    structural = select_dimensions(row, sorted({name.lower() for name in dimensions}.difference(_DIMENSIONS)))
    video_id = first_text(row, ("video", "video_id"))
    return builder.build(
        FeedType.SOCIAL_YOUTUBE,
        total_time.occurred_at,
        undated=total_time.undated,
        raw=record_changes(payload, FeedType.SOCIAL_YOUTUBE, builder.metrics, total_time.occurred_at),
        content_key=("report", *select_dimensions(row, _DIMENSIONS)),
        dimensions=tuple(dict.fromkeys((*structural, *unknown.dimensions))),
        notices=() if dimensions else unknown.notices,
        as_of=read_row_time(builder, row, SYNC_COLUMNS),
        retracted=is_deleted_row(row),
        cumulative=True,
        content_id=video_id,
        content_type="video" if video_id else "channel",
        platform="youtube",
        creator=first_text(row, ("channel", "channel_id")),
        volatile=_VOLATILE,
    )


def _read_start(builder: DraftBuilder, row: Mapping[str, Any]) -> datetime | None:
    """Return the start of the day or month that a row is about."""
    column = next((name for name in _DATE_COLUMNS if row.get(name)), None)
    if column is None:
        return None
    value = to_day(row[column])
    is_month = isinstance(value, str) and _MONTH.fullmatch(value)
    return builder.read_time({column: f"{value}-01" if is_month else value}, column, naive_is_utc=True)


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_YOUTUBE,
        "a YouTube Analytics report (columnHeaders, rows)",
        matches_table,
        read_table,
        names=("columnHeaders",),
    ),
    PayloadShape(
        FeedType.SOCIAL_YOUTUBE,
        "rows per video_id or channel_id and date",
        matches_row,
        read_row,
        is_ambiguous=True,
        names=("video_id", "channel_id"),
    ),
)
