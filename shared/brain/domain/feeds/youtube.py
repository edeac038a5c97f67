"""YouTube: videos and channels of the Data API, reports of the Analytics API, and warehouse rows."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, lowercase_names, to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import VOLATILE_COLUMNS, resolve_total_time, select_dimensions

_RESOURCE_KIND: Final = re.compile(r"youtube#[a-zA-Z]+")
_KINDS_WITH_TOTALS: Final = ("youtube#video", "youtube#channel")
_COMMENTER_FIELDS: Final = frozenset(
    {"authordisplayname", "authorchannelurl", "authorprofileimageurl", "authorchannelid"}
)
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


def matches_list(payload: JsonObject) -> bool:
    """Recognize a list by its ``kind``."""
    kind = _read_kind(payload)
    return kind.startswith("youtube#") and kind.endswith("ListResponse")


def _read_kind(resource: JsonObject) -> str:
    return to_text(resource.get("kind")) or ""


def read_list(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every resource of a page: videos and channels with their totals, others as publications."""
    resources = to_list(payload.get("items"))
    if not resources:
        return [Ignored("an empty page of videos")]
    return [
        _read_resource(resource, context)
        if isinstance(resource, Mapping)
        else reject_shape("videos or channels in items")
        for resource in resources
    ]


def matches_resource(payload: JsonObject) -> bool:
    """Recognize a single resource by its ``kind``, or by YouTube's name of a view count."""
    return _RESOURCE_KIND.fullmatch(_read_kind(payload)) is not None or (
        "id" in payload and "viewCount" in to_object(payload.get("statistics"))
    )


def read_resource(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one video or channel that was sent without its page."""
    return [_read_resource(payload, context)]


def _read_resource(resource: JsonObject, context: FeedContext) -> Draft | Rejected:
    kind = _read_kind(resource)
    if kind in ("youtube#commentThread", "youtube#comment"):
        return _read_comment(resource)
    return (
        _read_totals(resource, context) if not kind or kind in _KINDS_WITH_TOTALS else _read_publication(resource, kind)
    )


def _read_comment(resource: JsonObject) -> Draft | Rejected:
    """Return one comment; the replies in a thread are separate comments."""
    snippet = to_object(resource.get("snippet"))
    comment = to_object(to_object(snippet.get("topLevelComment")).get("snippet")) or snippet
    builder = DraftBuilder(resource)
    builder.metrics["comments"] = 1
    builder.add_count("likes", comment, "likeCount")
    return builder.build(
        FeedType.SOCIAL_YOUTUBE,
        builder.read_time(comment, "publishedAt"),
        content_key=("comment", to_text(resource.get("id")) or ""),
        cumulative=True,
        is_record=True,
        content_id=to_text(snippet.get("videoId")) or to_text(comment.get("videoId")),
        content_type="comment",
        platform="youtube",
        creator=to_text(to_object(comment.get("authorChannelId")).get("value")),
        volatile=VOLATILE_COLUMNS,
        personal=_COMMENTER_FIELDS,
    )


def _read_publication(resource: JsonObject, kind: str) -> Draft | Rejected:
    """Return a resource without totals (a playlist, activity or search result) as a ``custom`` event."""
    snippet, details = to_object(resource.get("snippet")), to_object(resource.get("contentDetails"))
    builder = DraftBuilder(resource)
    return builder.build(
        FeedType.CUSTOM,
        builder.read_time(snippet, "publishedAt") or builder.read_time(details, "videoPublishedAt"),
        content_id=to_text(to_object(resource.get("id")).get("videoId"))
        or to_text(details.get("videoId"))
        or to_text(resource.get("id")),
        content_type=kind.removeprefix("youtube#"),
        platform="youtube",
        creator=to_text(snippet.get("channelId")),
        volatile=VOLATILE_COLUMNS,
    )


def _read_totals(resource: JsonObject, context: FeedContext) -> Draft | Rejected:
    """Return the running totals of a video or channel; the subscribers of a channel are its audience."""
    builder = DraftBuilder(resource)
    snippet, statistics = to_object(resource.get("snippet")), to_object(resource.get("statistics"))
    is_channel = _read_kind(resource) == "youtube#channel"
    builder.add_count("views", statistics, "viewCount")
    builder.add_count("likes", statistics, "likeCount")
    builder.add_count("comments", statistics, "commentCount")
    if is_channel and statistics.get("hiddenSubscriberCount") is not True:
        builder.add_count("audience_size", statistics, "subscriberCount")
    published_at = None if is_channel else builder.read_time(snippet, "publishedAt")
    total_time = resolve_total_time(builder, published_at, context)
    content_type = "channel" if is_channel else "video"
    resource_id = to_text(resource.get("id")) or to_text(to_object(resource.get("id")).get("videoId"))
    if resource_id is None:
        builder.faults.append("id: expected the id of a video or channel, got none")
    return builder.build(
        FeedType.SOCIAL_YOUTUBE,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=(content_type, resource_id or ""),
        cumulative=True,
        is_record=True,
        content_id=None if is_channel else resource_id,
        content_type=content_type,
        platform="youtube",
        creator=resource_id if is_channel else to_text(snippet.get("channelId")),
        volatile=VOLATILE_COLUMNS,
    )


def matches_table(payload: JsonObject) -> bool:
    """Recognize a report by its column headers."""
    headers = to_list(payload.get("columnHeaders"))
    return bool(headers) and isinstance(headers[0], Mapping) and "name" in headers[0]


def read_table(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event per row of an Analytics report."""
    names = [to_text(to_object(header).get("name")) or "" for header in to_list(payload.get("columnHeaders"))]
    rows = to_list(payload.get("rows"))
    if not rows:
        return [Ignored("a report without rows")]
    return [
        _read_row(dict(zip(names, row, strict=True)), context)
        if isinstance(row, list) and len(row) == len(names)
        else reject_shape(f"rows of {len(names)} values, one per column header")
        for row in rows
    ]


def matches_row(payload: JsonObject) -> bool:
    """Recognize a warehouse row by a video or channel, a date and a YouTube metric."""
    row = lowercase_names(payload)
    if not has_any(row, ("video_id", "channel_id")) or not has_any(row, ("date", "day")):
        return False
    return has_any(row, ("views", "watch_time_minutes", "subscribers_gained", "estimatedminuteswatched"))


def read_row(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row of a report that a connector synced."""
    return [_read_row(payload, context)]


def _read_row(payload: JsonObject, context: FeedContext) -> Draft | Rejected:
    row = lowercase_names(payload)
    builder = DraftBuilder(payload)
    for metric in ("views", "likes", "comments", "shares"):
        builder.add_count(metric, row, metric)
    builder.add_count("impressions", row, "videothumbnailimpressions", "video_thumbnail_impressions", "impressions")
    builder.add_amount("revenue", row, "estimatedrevenue", "estimated_partner_revenue", "estimated_revenue")
    date_column = next((name for name in _DATE_COLUMNS if row.get(name)), None)
    if date_column and isinstance(row[date_column], str) and _MONTH.fullmatch(row[date_column]):
        row = {**row, date_column: f"{row[date_column]}-01"}
    total_time = resolve_total_time(builder, builder.read_time(row, date_column) if date_column else None, context, row)
    video_id = first_text(row, ("video", "video_id"))
    return builder.build(
        FeedType.SOCIAL_YOUTUBE,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("report", *select_dimensions(row, _DIMENSIONS)),
        cumulative=True,
        content_id=video_id,
        content_type="video" if video_id else "channel",
        platform="youtube",
        creator=first_text(row, ("channel", "channel_id")),
        volatile=VOLATILE_COLUMNS,
    )


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_YOUTUBE, "a list of the YouTube Data API (kind, items with statistics)", matches_list, read_list
    ),
    PayloadShape(FeedType.SOCIAL_YOUTUBE, "one video with statistics.viewCount", matches_resource, read_resource),
    PayloadShape(
        FeedType.SOCIAL_YOUTUBE, "a YouTube Analytics report (columnHeaders, rows)", matches_table, read_table
    ),
    PayloadShape(
        FeedType.SOCIAL_YOUTUBE, "rows per video_id or channel_id and date", matches_row, read_row, is_ambiguous=True
    ),
)
