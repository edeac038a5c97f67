"""YouTube: videos and channels of the Data API, reports of the Analytics API, and warehouse rows."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import to_list, to_object, to_text
from brain.domain.feeds.metric_changes import METRIC_CHANGES, record_changes
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import (
    VOLATILE_COLUMNS,
    resolve_total_time,
)

_RESOURCE_KIND: Final = re.compile(r"youtube#[a-zA-Z]+")
_KINDS_WITH_TOTALS: Final = ("youtube#video", "youtube#channel")
_COMMENTER_FIELDS: Final = frozenset(
    {"authordisplayname", "authorchannelurl", "authorprofileimageurl", "authorchannelid"}
)
_VOLATILE: Final = VOLATILE_COLUMNS | {METRIC_CHANGES}


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
    snippet, statistics = builder.read_object(resource, "snippet"), builder.read_object(resource, "statistics")
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
        raw=record_changes(resource, FeedType.SOCIAL_YOUTUBE, builder.metrics, context.received_at),
        content_id=None if is_channel else resource_id,
        content_type=content_type,
        platform="youtube",
        creator=resource_id if is_channel else to_text(snippet.get("channelId")),
        volatile=_VOLATILE,
    )


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_YOUTUBE,
        "a list of the YouTube Data API (kind, items with statistics)",
        matches_list,
        read_list,
        names=("kind",),
    ),
    PayloadShape(
        FeedType.SOCIAL_YOUTUBE,
        "one video with statistics.viewCount",
        matches_resource,
        read_resource,
        names=("kind", "statistics"),
    ),
)
