"""Instagram in warehouses: media, their insights and users, as connectors name columns; and single comments."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.instagram import MEDIA_TYPES, PREFIXES, insight_metrics
from brain.domain.feeds.reading import Reading, lowered, mapping, text
from brain.domain.feeds.rows import VOLATILE, known
from brain.domain.feeds.shapes import Item, Shape

_MEDIA: Final = ("permalink", "shortcode", "media_type", "is_story", "is_comment_enabled", "thumbnail_url")


def _is_insights(row: Mapping[str, Any]) -> bool:
    return "id" in row and sum(name.startswith(PREFIXES) for name in row) > 1


def _is_media(row: Mapping[str, Any]) -> bool:
    return "id" in row and "created_time" in row and any(name in row for name in _MEDIA)


def _is_user(row: Mapping[str, Any]) -> bool:
    return "id" in row and "followers_count" in row and ("media_count" in row or "ig_id" in row or "username" in row)


def matches(item: Item) -> bool:
    """Tell a row by Instagram's kinds of media in its columns, by media beside a time of creation, or by followers."""
    row = lowered(item)
    return "media" not in row and (_is_insights(row) or _is_media(row) or _is_user(row))


def read(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one row of media, of insights or of a user."""
    row = lowered(item)
    if _is_insights(row):
        return [_insights(item, row, context)]
    return [_media(item, row) if _is_media(row) else _user(item, row, context)]


def _insights(item: Item, row: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    """Return a medium's totals: its kind has columns of its own, and those of the other kinds are empty."""
    reading = Reading(item)
    told = {name: value for name, value in row.items() if value is not None and name.startswith(PREFIXES)}
    insight_metrics(reading, told)
    for metric, suffix in (("likes", "_likes"), ("comments", "_comments")):
        reading.count(metric, told, *(name for name in told if name.endswith(suffix)))
    at = known(reading, None, context, row)
    return reading.outcome(
        FeedType.SOCIAL_INSTAGRAM,
        at.at,
        undated=at.undated,
        content_key=("insights", str(row["id"]), "lifetime", ""),
        cumulative=True,
        content_id=text(row.get("id")),
        platform="instagram",
        volatile=VOLATILE,
    )


def _media(item: Item, row: Mapping[str, Any]) -> Draft | Rejected:
    reading = Reading(item)
    reading.count("likes", row, "like_count")
    reading.count("comments", row, "comments_count")
    kind = text(row.get("media_type")) or ""
    story = row.get("is_story") in (True, "true")
    return reading.outcome(
        FeedType.SOCIAL_INSTAGRAM,
        reading.time(row, "created_time", naive_is_utc=True),
        content_key=("media", str(row["id"])),
        cumulative=True,
        content_id=text(row.get("id")),
        content_type="story" if story else MEDIA_TYPES.get(kind.upper()) or kind.lower() or None,
        platform="instagram",
        creator=text(row.get("user_id")) or text(row.get("username")),
        volatile=VOLATILE | {"media_url", "thumbnail_url"},
    )


def _user(item: Item, row: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    reading = Reading(item)
    reading.count("audience_size", row, "followers_count")
    at = known(reading, None, context, row)
    return reading.outcome(
        FeedType.SOCIAL_INSTAGRAM,
        at.at,
        undated=at.undated,
        content_key=("account", str(row["id"])),
        cumulative=True,
        content_type="account",
        platform="instagram",
        creator=text(row.get("id")),
        volatile=VOLATILE,
        personal=frozenset({"id", "name", "biography", "website", "profilepictureurl"}),
    )


def _is_comment(item: Any) -> bool:
    return isinstance(item, Mapping) and "id" in item and "text" in item and "timestamp" in item


def matches_comments(item: Item) -> bool:
    """Tell comments by their text and time, alone or in a page."""
    data = item.get("data")
    return _is_comment(data[0] if isinstance(data, list) and data else item)


def read_comments(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return one event for each comment, with the likes that it has."""
    comments = item["data"] if isinstance(item.get("data"), list) else [item]
    return [
        _comment(one)
        if _is_comment(one)
        else Rejected("unknown_shape", "Expected comments (id, text, timestamp); another value came.")
        for one in comments
    ]


def _comment(item: Item) -> Draft | Rejected:
    reading = Reading(item)
    reading.metrics["comments"] = 1
    reading.count("likes", item, "like_count")
    return reading.outcome(
        FeedType.SOCIAL_INSTAGRAM,
        reading.time(item, "timestamp"),
        content_key=("comment", str(item["id"])),
        cumulative=True,
        content_id=text(mapping(item.get("media")).get("id")),
        content_type="comment",
        platform="instagram",
        creator=text(mapping(item.get("from")).get("id")) or text(item.get("username")),
    )


SHAPES = (
    Shape(FeedType.SOCIAL_INSTAGRAM, "warehouse rows of media, insights or users", matches, read),
    Shape(FeedType.SOCIAL_INSTAGRAM, "comments (id, text, timestamp)", matches_comments, read_comments, vague=True),
)
