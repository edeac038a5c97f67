"""Instagram in warehouses: media, insights and users with the column names of connectors; and single comments."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.instagram import INSIGHT_PREFIXES, MEDIA_TYPES, add_insight_metrics, list_media_keys
from brain.domain.feeds.json_values import first_text, has_any, lowercase_names, to_object, to_text
from brain.domain.feeds.metric_changes import METRIC_CHANGES, record_changes
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import VOLATILE_COLUMNS, is_deleted_row, read_row_time, resolve_total_time

_MEDIA_COLUMNS: Final = ("permalink", "shortcode", "media_type", "is_story", "is_comment_enabled", "thumbnail_url")


def _is_insights(row: Mapping[str, Any]) -> bool:
    return "id" in row and sum(name.startswith(INSIGHT_PREFIXES) for name in row) > 1


def _is_media(row: Mapping[str, Any]) -> bool:
    return "id" in row and "created_time" in row and has_any(row, _MEDIA_COLUMNS)


def _is_user(row: Mapping[str, Any]) -> bool:
    return "id" in row and "followers_count" in row and has_any(row, ("media_count", "ig_id", "username"))


def matches(payload: JsonObject) -> bool:
    """Recognize insights by their prefixed columns, media by theirs and a creation time, users by followers."""
    row = lowercase_names(payload)
    return "media" not in row and (_is_insights(row) or _is_media(row) or _is_user(row))


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row of media, insights or a user."""
    row = lowercase_names(payload)
    if _is_insights(row):
        return [_read_insights(payload, row, context)]
    return [_read_media(payload, row) if _is_media(row) else _read_user(payload, row, context)]


def _read_insights(payload: JsonObject, row: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    """Return the totals of one post; every kind of media has its own columns, and the others are empty."""
    builder = DraftBuilder(payload)
    insights = {
        name: number for name, number in row.items() if number is not None and name.startswith(INSIGHT_PREFIXES)
    }
    add_insight_metrics(builder, insights)
    for metric, suffix in (("likes", "_likes"), ("comments", "_comments")):
        builder.add_count(metric, insights, *(name for name in insights if name.endswith(suffix)))
    total_time = resolve_total_time(builder, None, context, row)
    return builder.build(
        FeedType.SOCIAL_INSTAGRAM,
        total_time.occurred_at,
        undated=total_time.undated,
        raw=record_changes(payload, FeedType.SOCIAL_INSTAGRAM, builder.metrics, total_time.occurred_at),
        **list_media_keys(str(row["id"]), ("insights", str(row["id"]), "lifetime", "")),
        cumulative=True,
        as_of=read_row_time(builder, row),
        retracted=is_deleted_row(row),
        content_id=to_text(row.get("id")),
        platform="instagram",
        volatile=VOLATILE_COLUMNS | {METRIC_CHANGES},
    )


def _read_media(payload: JsonObject, row: Mapping[str, Any]) -> Draft | Rejected:
    builder = DraftBuilder(payload)
    builder.add_count("likes", row, "like_count")
    builder.add_count("comments", row, "comments_count")
    media_type = to_text(row.get("media_type")) or ""
    is_story = row.get("is_story") in (True, "true")
    return builder.build(
        FeedType.SOCIAL_INSTAGRAM,
        builder.read_time(row, "created_time", naive_is_utc=True),
        content_key=("media", str(row["id"])),
        cumulative=True,
        is_record=True,
        as_of=read_row_time(builder, row),
        retracted=is_deleted_row(row),
        content_id=to_text(row.get("id")),
        content_type="story" if is_story else MEDIA_TYPES.get(media_type.upper()) or media_type.lower() or None,
        platform="instagram",
        creator=first_text(row, ("user_id", "username")),
        volatile=VOLATILE_COLUMNS | {"media_url", "thumbnail_url"},
    )


def _read_user(payload: JsonObject, row: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(payload)
    builder.add_count("audience_size", row, "followers_count")
    total_time = resolve_total_time(builder, None, context, row)
    return builder.build(
        FeedType.SOCIAL_INSTAGRAM,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("account", str(row["id"])),
        cumulative=True,
        is_record=True,
        as_of=read_row_time(builder, row),
        retracted=is_deleted_row(row),
        content_type="account",
        platform="instagram",
        creator=to_text(row.get("id")),
        volatile=VOLATILE_COLUMNS,
        personal=frozenset({"id", "name", "biography", "website", "profilepictureurl"}),
    )


def _is_comment(comment: Any) -> bool:
    return isinstance(comment, Mapping) and "id" in comment and "text" in comment and "timestamp" in comment


def matches_comments(payload: JsonObject) -> bool:
    """Recognize comments by their text and time, alone or in a page."""
    data = payload.get("data")
    return _is_comment(data[0] if isinstance(data, list) and data else payload)


def read_comments(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event per comment, with its likes."""
    comments = payload["data"] if isinstance(payload.get("data"), list) else [payload]
    return [
        _read_comment(comment) if _is_comment(comment) else reject_shape("comments (id, text, timestamp)")
        for comment in comments
    ]


def _read_comment(comment: JsonObject) -> Draft | Rejected:
    builder = DraftBuilder(comment)
    builder.metrics["comments"] = 1
    builder.add_count("likes", comment, "like_count")
    return builder.build(
        FeedType.SOCIAL_INSTAGRAM,
        builder.read_time(comment, "timestamp"),
        content_key=("comment", str(comment["id"])),
        cumulative=True,
        is_record=True,
        content_id=to_text(to_object(comment.get("media")).get("id")),
        content_type="comment",
        platform="instagram",
        creator=to_text(to_object(comment.get("from")).get("id")) or to_text(comment.get("username")),
    )


SHAPES = (
    PayloadShape(FeedType.SOCIAL_INSTAGRAM, "warehouse rows of media, insights or users", matches, read, names=("id",)),
    PayloadShape(
        FeedType.SOCIAL_INSTAGRAM,
        "comments (id, text, timestamp)",
        matches_comments,
        read_comments,
        is_ambiguous=True,
        names=("data", "text"),
    ),
)
