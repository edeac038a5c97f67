"""TikTok: videos of the display and business APIs, ad reports of the Business API, webhooks, and rows of warehouses."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, lowered, mapping, sequence, text
from brain.domain.feeds.rows import VOLATILE, dimensions, known
from brain.domain.feeds.shapes import Item, Shape

_TIMES: Final = ("stat_time_hour", "stat_time_day", "stat_time", "date")
_IDS: Final = ("ad_id", "adgroup_id", "campaign_id", "advertiser_id")
_BREAKDOWNS: Final = (
    "age", "gender", "country_code", "province_id", "dma_id", "ac", "language", "platform", "placement",
    "placement_id",
    "interest_category", "contextual_tag", "device_brand_id", "search_terms", "image_id", "video_material_id",
    "page_id",
)  # fmt: skip
_CODE: Final = re.compile(r"[a-z0-9_]{1,40}")
# Addresses of covers and players are signed anew for every fetch.
_SIGNED: Final = frozenset({"cover_image_url", "thumbnail_url", "embed_html", "embed_link", "share_url"})


def _is_video(item: Any) -> bool:
    if not isinstance(item, Mapping) or not ("id" in item or "item_id" in item):
        return False
    return any(
        name in item for name in ("create_time", "video_description", "share_url", "view_count", "video_views")
    ) and (
        "like_count" in item
        or "view_count" in item
        or "likes" in item
        or "video_views" in item
        or "create_time" in item
    )


def _is_report(item: Any) -> bool:
    return (
        isinstance(item, Mapping)
        and isinstance(item.get("dimensions"), Mapping)
        and isinstance(item.get("metrics"), Mapping)
    )


def _has_failed(item: Item) -> str | None:
    """Return TikTok's code when the answer is a failure: it answers 200 with an error inside."""
    error = mapping(item.get("error"))
    code = error.get("code", item.get("code"))
    if code in (None, 0, "0", "ok", "OK"):
        return None
    return str(code) if _CODE.fullmatch(str(code)) else "of an unknown code"


def matches_answer(item: Item) -> bool:
    """Tell an answer by videos or a report under ``data``, or a failure by TikTok's log id or request id."""
    data = mapping(item.get("data"))
    if "videos" in data:
        return True
    if isinstance(data.get("list"), list) and ("page_info" in data or "request_id" in item):
        return True
    return _has_failed(item) is not None and ("log_id" in mapping(item.get("error")) or "request_id" in item)


def read_answer(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return every video or report row of an answer."""
    failed = _has_failed(item)
    if failed is not None:
        return [
            Rejected("provider_error", f"TikTok answered with the error {failed} instead of figures. Ask it again.")
        ]
    data = mapping(item.get("data"))
    entries = sequence(data.get("videos")) or sequence(data.get("list"))
    if not entries:
        return [Ignored("an empty page of videos or rows")]
    return [_entry(entry, context) for entry in entries]


def _entry(entry: Any, context: FeedContext) -> Draft | Rejected:
    if _is_report(entry):
        return _row(entry, {**lowered(entry["metrics"]), **lowered(entry["dimensions"])}, context)
    if _is_video(entry):
        return _video(entry, context)
    return Rejected(
        "unknown_shape",
        "Expected a video (id, create_time) or a report row (dimensions, metrics); another value came.",
    )


def matches_entry(item: Item) -> bool:
    """Tell a single video or report row."""
    if _is_report(item):
        return any(name in item["dimensions"] for name in (*_TIMES, *_IDS))
    return _is_video(item) and ("video_description" in item or "view_count" in item or "video_views" in item)


def read_entry(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one video or report row that came without its answer."""
    return [_entry(item, context)]


def _video(item: Item, context: FeedContext) -> Draft | Rejected:
    reading = Reading(item)
    reading.count("likes", item, "like_count", "likes")
    reading.count("comments", item, "comment_count", "comments")
    reading.count("shares", item, "share_count", "shares")
    reading.count("views", item, "view_count", "video_views")
    reading.count("audience_size", item, "reach")
    at = known(reading, reading.time(item, "create_time"), context)
    identifier = text(item.get("id")) or text(item.get("item_id"))
    return reading.outcome(
        FeedType.SOCIAL_TIKTOK,
        at.at,
        undated=at.undated,
        content_key=("video", identifier or ""),
        cumulative=True,
        content_id=identifier,
        content_type="video",
        platform="tiktok",
        creator=text(item.get("open_id")) or text(item.get("username")),
        volatile=_SIGNED,
    )


def matches_row(item: Item) -> bool:
    """Tell a row by TikTok's own name of the hour or day, in any case."""
    row = lowered(item)
    return any(name in row for name in ("stat_time_hour", "stat_time_day")) and any(name in row for name in _IDS)


def read_row(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one row of a report that a connector copied."""
    return [_row(item, lowered(item), context)]


def _row(item: Item, row: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    """Return one hour or day of an ad, a group or a campaign; its times are read as UTC, its rates are left alone."""
    reading = Reading(item)
    for metric in ("impressions", "clicks", "likes", "comments", "shares"):
        reading.count(metric, row, metric)
    reading.count("views", row, "video_play_actions", "video_views")
    reading.count("engagements", row, "engagements", "total_engagements")
    reading.amount("conversions", row, "conversion", "conversions")
    reading.amount("spend", row, "spend")
    reading.amount("revenue", row, "total_purchase_value", "total_complete_payment_rate_value")
    broken_down = dimensions(row, _BREAKDOWNS)
    if not broken_down:
        reading.count("audience_size", row, "reach")  # the reach of a slice is no part of a sum
    at = known(reading, reading.time(row, *_TIMES, naive_is_utc=True), context, row)
    ids = dimensions(row, _IDS)
    period = "" if at.undated else at.at.isoformat()
    return reading.outcome(
        FeedType.SOCIAL_TIKTOK,
        at.at,
        undated=at.undated,
        content_key=("report", "hour" if row.get("stat_time_hour") else "day", period, *ids, *broken_down),
        cumulative=True,
        currency=text(row.get("currency")),
        content_id=next((found for name in _IDS if (found := text(row.get(name)))), None),
        content_type="ad",
        platform="tiktok",
        volatile=VOLATILE,
    )


def matches_webhook(item: Item) -> bool:
    """Tell a webhook by its app key and the user it is about."""
    return "client_key" in item and "user_openid" in item and "event" in item


def read_webhook(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return what happened to a video or an authorization; none of these kinds carries figures."""
    reading = Reading(item)
    kind = text(item.get("event")) or ""
    return [
        reading.outcome(
            FeedType.SOCIAL_TIKTOK if kind.startswith(("video.", "post.")) else FeedType.CUSTOM,
            reading.time(item, "create_time") or context.signed_at,
            content_type="video" if kind.startswith("video.") else kind or None,
            platform="tiktok",
            creator=text(item.get("user_openid")),
            personal=frozenset({"useropenid"}),
        )
    ]


SHAPES = (
    Shape(
        FeedType.SOCIAL_TIKTOK,
        "TikTok's answers (data.videos, or data.list with dimensions and metrics)",
        matches_answer,
        read_answer,
    ),
    Shape(
        FeedType.SOCIAL_TIKTOK, "one video (id, create_time, view_count) or one report row", matches_entry, read_entry
    ),
    Shape(FeedType.SOCIAL_TIKTOK, "rows by stat_time_hour or stat_time_day", matches_row, read_row),
    Shape(FeedType.SOCIAL_TIKTOK, "a TikTok webhook (client_key, event, user_openid)", matches_webhook, read_webhook),
)
