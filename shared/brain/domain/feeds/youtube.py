"""YouTube: videos and channels of the Data API, tables of the Analytics API, and rows of warehouses."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, lowered, mapping, sequence, text
from brain.domain.feeds.rows import VOLATILE, dimensions, known
from brain.domain.feeds.shapes import Item, Shape

_ITEM: Final = re.compile(r"youtube#[a-zA-Z]+")
_COUNTED: Final = ("youtube#video", "youtube#channel")
_COMMENTER: Final = frozenset({"authordisplayname", "authorchannelurl", "authorprofileimageurl", "authorchannelid"})
_MONTH: Final = re.compile(r"\d{4}-\d\d")
_DATES: Final = ("day", "date", "month")
_DIMENSIONS: Final = (
    "day", "date", "month", "channel", "channel_id", "video", "video_id", "playlist", "playlist_id", "group",
    "country", "country_code",
    "province", "city", "continent", "subcontinent", "liveorondemand", "live_or_on_demand", "subscribedstatus",
    "subscribed_status",
    "youtubeproduct", "creatorcontenttype", "devicetype", "device_type", "operatingsystem", "operating_system",
    "insighttrafficsourcetype",
    "traffic_source_type", "insighttrafficsourcedetail", "traffic_source_detail", "insightplaybacklocationtype",
    "playback_location_type", "agegroup", "age_group", "gender", "sharingservice", "sharing_service", "adtype",
    "ad_type",
    "elapsedvideotimeratio", "audiencetype", "claimedstatus", "claimed_status", "uploadertype", "uploader_type",
)  # fmt: skip


def matches_list(item: Item) -> bool:
    """Tell by the ``kind`` that Google writes on everything."""
    kind = _kind(item)
    return kind.startswith("youtube#") and kind.endswith("ListResponse")


def _kind(item: Item) -> str:
    return text(item.get("kind")) or ""


def read_list(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return everything on a page: videos and channels with their totals, the rest as what was published."""
    items = sequence(item.get("items"))
    if not items:
        return [Ignored("an empty page of videos")]
    return [
        _entry(one, context)
        if isinstance(one, Mapping)
        else Rejected("unknown_shape", "Expected videos or channels under items; another value came.")
        for one in items
    ]


def matches_item(item: Item) -> bool:
    """Tell a single video or channel by its ``kind``, or by statistics as YouTube spells them."""
    return _ITEM.fullmatch(_kind(item)) is not None or ("id" in item and "viewCount" in mapping(item.get("statistics")))


def read_item(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one video or channel that came without its page."""
    return [_entry(item, context)]


def _entry(item: Item, context: FeedContext) -> Draft | Rejected:
    kind = _kind(item)
    if kind in ("youtube#commentThread", "youtube#comment"):
        return _comment(item)
    return _resource(item, context) if not kind or kind in _COUNTED else _published(item, kind)


def _comment(item: Item) -> Draft | Rejected:
    """Return one comment; the replies of a thread are comments of their own."""
    snippet = mapping(item.get("snippet"))
    top = mapping(mapping(snippet.get("topLevelComment")).get("snippet")) or snippet
    reading = Reading(item)
    reading.metrics["comments"] = 1
    reading.count("likes", top, "likeCount")
    return reading.outcome(
        FeedType.SOCIAL_YOUTUBE,
        reading.time(top, "publishedAt"),
        content_key=("comment", text(item.get("id")) or ""),
        cumulative=True,
        content_id=text(snippet.get("videoId")) or text(top.get("videoId")),
        content_type="comment",
        platform="youtube",
        creator=text(mapping(top.get("authorChannelId")).get("value")),
        volatile=VOLATILE,
        personal=_COMMENTER,
    )


def _published(item: Item, kind: str) -> Draft | Rejected:
    """Return what has no totals (playlists, activities, search results) as a custom event of its publication."""
    snippet, details = mapping(item.get("snippet")), mapping(item.get("contentDetails"))
    reading = Reading(item)
    return reading.outcome(
        FeedType.CUSTOM,
        reading.time(snippet, "publishedAt") or reading.time(details, "videoPublishedAt"),
        content_id=text(mapping(item.get("id")).get("videoId")) or text(details.get("videoId")) or text(item.get("id")),
        content_type=kind.removeprefix("youtube#"),
        platform="youtube",
        creator=text(snippet.get("channelId")),
        volatile=VOLATILE,
    )


def _resource(item: Item, context: FeedContext) -> Draft | Rejected:
    """Return the running totals of a video; of a channel its subscribers are the audience."""
    reading = Reading(item)
    snippet, statistics = mapping(item.get("snippet")), mapping(item.get("statistics"))
    is_channel = _kind(item) == "youtube#channel"
    reading.count("views", statistics, "viewCount")
    reading.count("likes", statistics, "likeCount")
    reading.count("comments", statistics, "commentCount")
    if is_channel and statistics.get("hiddenSubscriberCount") is not True:
        reading.count("audience_size", statistics, "subscriberCount")
    published = None if is_channel else reading.time(snippet, "publishedAt")
    at = known(reading, published, context)
    identifier = text(item.get("id")) or text(mapping(item.get("id")).get("videoId"))
    if identifier is None:
        reading.faults.append("id: expected the id of a video or channel, it is missing")
    return reading.outcome(
        FeedType.SOCIAL_YOUTUBE,
        at.at,
        undated=at.undated,
        content_key=("channel" if is_channel else "video", identifier or ""),
        cumulative=True,
        content_id=None if is_channel else identifier,
        content_type="channel" if is_channel else "video",
        platform="youtube",
        creator=identifier if is_channel else text(snippet.get("channelId")),
        volatile=VOLATILE,
    )


def matches_table(item: Item) -> bool:
    """Tell a report by its header row."""
    headers = sequence(item.get("columnHeaders"))
    return bool(headers) and isinstance(headers[0], Mapping) and "name" in headers[0]


def read_table(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one event for each row of an Analytics report."""
    names = [text(mapping(header).get("name")) or "" for header in sequence(item.get("columnHeaders"))]
    rows = sequence(item.get("rows"))
    if not rows:
        return [Ignored("a report without rows")]
    return [
        _row(dict(zip(names, row, strict=True)), context)
        if isinstance(row, list) and len(row) == len(names)
        else Rejected("unknown_shape", f"Expected rows of {len(names)} values as columnHeaders says; another row came.")
        for row in rows
    ]


def matches_row(item: Item) -> bool:
    """Tell a warehouse row by a video or channel, a date and what only YouTube measures."""
    row = lowered(item)
    if not ("video_id" in row or "channel_id" in row) or not any(name in row for name in ("date", "day")):
        return False
    return any(name in row for name in ("views", "watch_time_minutes", "subscribers_gained", "estimatedminuteswatched"))


def read_row(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one row of a report that a connector copied."""
    return [_row(item, context)]


def _row(item: Item, context: FeedContext) -> Draft | Rejected:
    row = lowered(item)
    reading = Reading(item)
    for metric in ("views", "likes", "comments", "shares"):
        reading.count(metric, row, metric)
    reading.count("impressions", row, "videothumbnailimpressions", "video_thumbnail_impressions", "impressions")
    reading.amount("revenue", row, "estimatedrevenue", "estimated_partner_revenue", "estimated_revenue")
    dated = next((name for name in _DATES if row.get(name)), None)
    if dated and isinstance(row[dated], str) and _MONTH.fullmatch(row[dated]):
        row = {**row, dated: f"{row[dated]}-01"}
    at = known(reading, reading.time(row, dated) if dated else None, context, row)
    content = text(row.get("video")) or text(row.get("video_id"))
    channel = text(row.get("channel")) or text(row.get("channel_id"))
    return reading.outcome(
        FeedType.SOCIAL_YOUTUBE,
        at.at,
        undated=at.undated,
        content_key=("report", *dimensions(row, _DIMENSIONS)),
        cumulative=True,
        content_id=content,
        content_type="video" if content else "channel",
        platform="youtube",
        creator=channel,
        volatile=VOLATILE,
    )


SHAPES = (
    Shape(
        FeedType.SOCIAL_YOUTUBE, "a list of the YouTube Data API (kind, items with statistics)", matches_list, read_list
    ),
    Shape(FeedType.SOCIAL_YOUTUBE, "one video with statistics.viewCount", matches_item, read_item),
    Shape(FeedType.SOCIAL_YOUTUBE, "a YouTube Analytics report (columnHeaders, rows)", matches_table, read_table),
    Shape(FeedType.SOCIAL_YOUTUBE, "rows by video_id or channel_id and date", matches_row, read_row, vague=True),
)
