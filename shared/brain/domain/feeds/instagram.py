"""Instagram Graph API: media, and insights of media and accounts."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import to_list, to_object, to_text
from brain.domain.feeds.metric_changes import METRIC_CHANGES, record_changes
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import resolve_total_time

# Insights of a metric, the first of which counts; accounts and stories have other names for some of them.
_INSIGHTS: Final[Mapping[str, tuple[str, ...]]] = {
    "impressions": ("impressions",),
    "audience_size": ("reach",),
    "likes": ("likes",),
    "comments": ("comments", "replies"),
    "shares": ("shares",),
    "views": ("views", "video_views", "plays", "ig_reels_aggregated_all_plays_count"),
    "engagements": ("total_interactions", "engagement"),
    "clicks": ("website_clicks", "link_clicks"),
}
MEDIA_TYPES: Final = {"IMAGE": "photo", "VIDEO": "video", "CAROUSEL_ALBUM": "carousel"}
_PRODUCT_TYPES: Final = {"REELS": "reel", "STORY": "story"}
INSIGHT_PREFIXES: Final = ("carousel_album_", "video_photo_", "reel_", "story_", "ig_reels_")
# URLs of files are signed again for every fetch.
_VOLATILE_FIELDS: Final = frozenset({"media_url", "thumbnail_url", "children", METRIC_CHANGES})


def _is_insight(payload: Any) -> bool:
    return (
        isinstance(payload, Mapping)
        and "name" in payload
        and "period" in payload
        and ("values" in payload or "total_value" in payload)
    )


def _is_media(payload: Any) -> bool:
    if not isinstance(payload, Mapping) or "id" not in payload or "created_time" in payload:
        return False
    return "media_type" in payload or "media_product_type" in payload


def matches_insights(payload: JsonObject) -> bool:
    """Recognize insights by their name, period and values."""
    data = payload.get("data")
    return _is_insight(data[0] if isinstance(data, list) and data else payload)


def read_insights(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event per object, period and end of period, with all insights of it."""
    insights = payload["data"] if isinstance(payload.get("data"), list) else [payload]
    insights_by_key: dict[tuple[str, str, str], list[tuple[str, Any]]] = {}
    for insight in insights:
        if not _is_insight(insight):
            return [reject_shape("insights (name, period, values, id)")]
        object_id = (to_text(insight.get("id")) or "").split("/")[0]
        for number, end_time in _list_values(insight):
            key = (object_id, str(insight["period"]), end_time)
            insights_by_key.setdefault(key, []).append((str(insight["name"]), number))
    return [_build_insights_draft(key, dict(insights), context) for key, insights in insights_by_key.items()]


def _list_values(insight: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Return (number, end of period) for each value of an insight; a total has no end."""
    if "total_value" in insight:
        return [(to_object(insight["total_value"]).get("value"), "")]
    return [
        (value.get("value"), to_text(value.get("end_time")) or "")
        for value in to_list(insight.get("values"))
        if isinstance(value, Mapping)
    ]


def _build_insights_draft(
    key: tuple[str, str, str], insights: Mapping[str, Any], context: FeedContext
) -> Draft | Rejected:
    object_id, period, end_time = key
    builder = DraftBuilder(insights)
    add_insight_metrics(builder, insights)
    if not object_id:
        builder.faults.append("id: expected <media id>/insights/<name>/<period>, got none")
    total_time = resolve_total_time(builder, builder.read_time({"end_time": end_time}, "end_time"), context)
    is_media = period == "lifetime"
    if not is_media:
        builder.metrics.pop("audience_size", None)  # the daily reach of an account is not the audience of a post
    raw = {"id": object_id, "period": period, "end_time": end_time or None, "insights": insights}
    return builder.build(
        FeedType.SOCIAL_INSTAGRAM,
        total_time.occurred_at,
        undated=total_time.undated,
        raw=record_changes(raw, FeedType.SOCIAL_INSTAGRAM, builder.metrics, total_time.occurred_at),
        **_insights_key(object_id, period, end_time, is_media=is_media),
        cumulative=True,
        content_id=object_id if is_media else None,
        content_type=None if is_media else "account",
        platform="instagram",
        creator=None if is_media else object_id,
        volatile=frozenset({METRIC_CHANGES}),
    )


def _insights_key(object_id: str, period: str, end_time: str, *, is_media: bool) -> dict[str, Any]:
    """Return the key of insights: those of a medium belong to its other figures, those of an account to a period."""
    key = ("insights", object_id, period, end_time)
    return list_media_keys(object_id, key) if is_media else {"content_key": key}


def list_media_keys(media_id: str, former_key: tuple[str, ...]) -> dict[str, Any]:
    """Return the key that all figures of a medium share, and the one that version 0.1 gave this part of them."""
    return {"content_key": ("media", media_id), "former_key": former_key, "is_record": True}


def add_insight_metrics(builder: DraftBuilder, insights: Mapping[str, Any]) -> None:
    """Add the metric of every insight, with or without the kind of media as a prefix of its name."""
    numbers = {name: number for name, number in insights.items() if not isinstance(number, Mapping | list)}
    unprefixed = {_strip_prefix(name): number for name, number in numbers.items()} | numbers
    for metric, names in _INSIGHTS.items():
        if metric not in builder.metrics:
            builder.add_count(metric, unprefixed, *names)


def _strip_prefix(name: str) -> str:
    for prefix in INSIGHT_PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def matches_media(payload: JsonObject) -> bool:
    """Recognize media by their type, alone, in a page or in their account."""
    account_media = to_object(payload.get("media")).get("data")
    return any(map(_is_media, (payload, _first_element(payload.get("data")), _first_element(account_media))))


def _first_element(array: Any) -> Any:
    return array[0] if isinstance(array, list) and array else None


def read_media(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return all media with their counters and insights; an account's followers are the audience of its media."""
    if _is_media(payload):
        return [_read_media(payload, {}, context)]
    account = payload if "media" in payload else {}
    media_list = to_list(to_object(payload.get("media")).get("data")) or to_list(payload.get("data"))
    return [
        _read_media(media, account, context) if _is_media(media) else reject_shape("media (id, media_type)")
        for media in media_list
    ]


def _read_media(media: JsonObject, account: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(media)
    add_insight_metrics(builder, _latest_insights(media))
    if "audience_size" not in builder.metrics:  # the reach if known, else the followers
        builder.add_count("audience_size", account, "followers_count")
    builder.add_count("likes", media, "like_count")
    builder.add_count("comments", media, "comments_count")
    builder.add_count("views", media, "view_count", "video_view_count")
    total_time = resolve_total_time(builder, builder.read_time(media, "timestamp"), context)
    owner_id = to_text(to_object(media.get("owner")).get("id"))
    return builder.build(
        FeedType.SOCIAL_INSTAGRAM,
        total_time.occurred_at,
        undated=total_time.undated,
        raw=record_changes(media, FeedType.SOCIAL_INSTAGRAM, builder.metrics, context.received_at),
        content_key=("media", str(media["id"])),
        cumulative=True,
        is_record=True,
        content_id=to_text(media.get("id")),
        content_type=_select_content_type(media),
        platform="instagram",
        creator=owner_id or to_text(account.get("id")) or to_text(media.get("username")),
        volatile=_VOLATILE_FIELDS,
    )


def _latest_insights(media: JsonObject) -> dict[str, Any]:
    insights = filter(_is_insight, to_list(to_object(media.get("insights")).get("data")))
    return {str(insight["name"]): values[0][0] for insight in insights if (values := _list_values(insight))}


def _select_content_type(media: JsonObject) -> str | None:
    product_type = to_text(media.get("media_product_type")) or ""
    media_type = to_text(media.get("media_type")) or ""
    content_type = _PRODUCT_TYPES.get(product_type) or MEDIA_TYPES.get(media_type)
    return content_type or (media_type or product_type).lower() or None


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_INSTAGRAM,
        "Instagram insights (data with name, period, values)",
        matches_insights,
        read_insights,
        names=("data", "period"),
    ),
    PayloadShape(
        FeedType.SOCIAL_INSTAGRAM,
        "Instagram media (id, media_type, like_count)",
        matches_media,
        read_media,
        names=("data", "media", "media_type", "media_product_type"),
    ),
)
