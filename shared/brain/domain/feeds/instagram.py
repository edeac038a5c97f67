"""Instagram Graph API: media, insights of media and accounts, webhooks, and rows of warehouses."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, mapping, sequence, text
from brain.domain.feeds.rows import known
from brain.domain.feeds.shapes import Item, Shape

# Insight -> metric. What an account or story calls by another name counts as the same thing.
_INSIGHTS: Final[Mapping[str, str]] = {
    "impressions": "impressions",
    "reach": "audience_size",
    "likes": "likes",
    "comments": "comments",
    "replies": "comments",
    "shares": "shares",
    "views": "views",
    "video_views": "views",
    "plays": "views",
    "ig_reels_aggregated_all_plays_count": "views",
    "total_interactions": "engagements",
    "engagement": "engagements",
    "website_clicks": "clicks",
    "link_clicks": "clicks",
}
MEDIA_TYPES: Final = {"IMAGE": "photo", "VIDEO": "video", "CAROUSEL_ALBUM": "carousel"}
_PRODUCT_TYPES: Final = {"REELS": "reel", "STORY": "story"}
PREFIXES: Final = ("carousel_album_", "video_photo_", "reel_", "story_", "ig_reels_")
# Addresses of files are signed anew for every fetch.
_VOLATILE: Final = frozenset({"media_url", "thumbnail_url", "children"})


def _is_insight(item: Any) -> bool:
    return (
        isinstance(item, Mapping)
        and "name" in item
        and "period" in item
        and ("values" in item or "total_value" in item)
    )


def _is_media(item: Any) -> bool:
    if not isinstance(item, Mapping) or "id" not in item or "created_time" in item:
        return False
    return "media_type" in item or "media_product_type" in item


def matches_insights(item: Item) -> bool:
    """Tell insights by their name, period and values."""
    data = item.get("data")
    return _is_insight(data[0] if isinstance(data, list) and data else item)


def read_insights(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one event for each object, period and end of period: its insights belong together."""
    insights = item["data"] if isinstance(item.get("data"), list) else [item]
    groups: dict[tuple[str, str, str], list[tuple[str, Any]]] = {}
    for insight in insights:
        if not _is_insight(insight):
            return [Rejected("unknown_shape", "Expected insights (name, period, values, id); another value came.")]
        owner = (text(insight.get("id")) or "").split("/")[0]
        for value, end in _values(insight):
            groups.setdefault((owner, str(insight["period"]), end), []).append((str(insight["name"]), value))
    return [_from_insights(key, values, context) for key, values in groups.items()]


def _values(insight: Mapping[str, Any]) -> list[tuple[Any, str]]:
    if "total_value" in insight:
        return [(mapping(insight["total_value"]).get("value"), "")]
    return [
        (value.get("value"), text(value.get("end_time")) or "")
        for value in sequence(insight.get("values"))
        if isinstance(value, Mapping)
    ]


def _from_insights(key: tuple[str, str, str], values: list[tuple[str, Any]], context: FeedContext) -> Draft | Rejected:
    owner, period, end = key
    figures = dict(values)
    reading = Reading(figures)
    insight_metrics(reading, figures)
    if not owner:
        reading.faults.append("id: expected <media id>/insights/<name>/<period>, it is missing")
    at = known(reading, reading.time({"end_time": end}, "end_time"), context)
    of_media = period == "lifetime"
    if not of_media:
        reading.metrics.pop("audience_size", None)  # an account's reach of a day is the audience of no content
    return reading.outcome(
        FeedType.SOCIAL_INSTAGRAM,
        at.at,
        undated=at.undated,
        raw={"id": owner, "period": period, "end_time": end or None, "insights": figures},
        content_key=("insights", owner, period, end),
        cumulative=True,
        content_id=owner if of_media else None,
        content_type=None if of_media else "account",
        platform="instagram",
        creator=None if of_media else owner,
    )


def insight_metrics(reading: Reading, figures: Mapping[str, Any]) -> None:
    """Set every metric that an insight reports, whatever the kind of medium in front of its name."""
    plain = {name: value for name, value in figures.items() if not isinstance(value, Mapping | list)}
    stripped = {_without_prefix(name): value for name, value in plain.items()} | plain
    for name, metric in _INSIGHTS.items():
        if metric not in reading.metrics:
            reading.count(metric, stripped, name)


def _without_prefix(name: str) -> str:
    for prefix in PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def matches_media(item: Item) -> bool:
    """Tell media, alone, in a page or under their account, by their media type."""
    return (
        _is_media(item)
        or _is_media(_first(item.get("data")))
        or _is_media(_first(mapping(item.get("media")).get("data")))
    )


def _first(data: Any) -> Any:
    return data[0] if isinstance(data, list) and data else None


def read_media(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return every medium with its counters and insights; an account's followers are the audience of its media."""
    if _is_media(item):
        return [_medium(item, {}, context)]
    account = item if "media" in item else {}
    media = sequence(mapping(item.get("media")).get("data")) or sequence(item.get("data"))
    return [
        _medium(one, account, context)
        if _is_media(one)
        else Rejected("unknown_shape", "Expected media (id, media_type); another value came.")
        for one in media
    ]


def _medium(item: Item, account: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    reading = Reading(item)
    insights = {
        str(insight["name"]): values[0][0]
        for insight in sequence(mapping(item.get("insights")).get("data"))
        if _is_insight(insight) and (values := _values(insight))
    }
    insight_metrics(reading, insights)
    if "audience_size" not in reading.metrics:  # whom it reached; else who could have seen it
        reading.count("audience_size", account, "followers_count")
    reading.count("likes", item, "like_count")
    reading.count("comments", item, "comments_count")
    reading.count("views", item, "view_count", "video_view_count")
    at = known(reading, reading.time(item, "timestamp"), context)
    product = text(item.get("media_product_type")) or ""
    kind = text(item.get("media_type")) or ""
    return reading.outcome(
        FeedType.SOCIAL_INSTAGRAM,
        at.at,
        undated=at.undated,
        content_key=("media", str(item["id"])),
        cumulative=True,
        content_id=text(item.get("id")),
        content_type=_PRODUCT_TYPES.get(product) or MEDIA_TYPES.get(kind) or (kind or product).lower() or None,
        platform="instagram",
        creator=text(mapping(item.get("owner")).get("id")) or text(account.get("id")) or text(item.get("username")),
        volatile=_VOLATILE,
    )


def matches_webhook(item: Item) -> bool:
    """Tell a webhook by its object."""
    return item.get("object") == "instagram" and "entry" in item


def read_webhook(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one event for each change: a comment, a mention, the final insights of a story."""
    outcomes: list[Outcome] = [
        _change(mapping(entry), mapping(change), context)
        for entry in sequence(item.get("entry"))
        for change in sequence(mapping(entry).get("changes"))
    ]
    return outcomes or [Ignored("a webhook without changes")]


def _change(entry: Mapping[str, Any], change: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    field, value = text(change.get("field")) or "", mapping(change.get("value"))
    raw = {"entry_id": entry.get("id"), "time": entry.get("time"), **change}
    reading = Reading(raw)
    at: datetime | None = reading.time(entry, "time") or context.signed_at
    media = text(value.get("media_id")) or text(mapping(value.get("media")).get("id"))
    if field in ("comments", "live_comments"):
        reading.metrics["comments"] = 1
    if field == "story_insights":
        insight_metrics(reading, value)
    is_known = field in ("comments", "live_comments", "story_insights", "mentions")
    identity = text(value.get("id")) or text(value.get("comment_id"))
    return reading.outcome(
        FeedType.SOCIAL_INSTAGRAM if is_known else FeedType.CUSTOM,
        at,
        raw=raw,
        provider_event_id=f"{field} {identity}" if identity else None,
        content_key=("story", media) if field == "story_insights" and media else (),
        cumulative=field == "story_insights" and media is not None,
        content_id=media,
        content_type="story" if field == "story_insights" else field or None,
        platform="instagram",
        personal=frozenset({"entryid", "text"}) if is_known else frozenset({"entryid"}),
    )


SHAPES = (
    Shape(
        FeedType.SOCIAL_INSTAGRAM,
        "Instagram insights (data with name, period, values)",
        matches_insights,
        read_insights,
    ),
    Shape(FeedType.SOCIAL_INSTAGRAM, "Instagram media (id, media_type, like_count)", matches_media, read_media),
    Shape(FeedType.SOCIAL_INSTAGRAM, "an Instagram webhook (object, entry)", matches_webhook, read_webhook),
)
