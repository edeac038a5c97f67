"""LinkedIn: share statistics of organizations, posts, and ad analytics."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, to_list, to_object, to_text, to_texts
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import resolve_total_time

_AD_FIELDS: Final = ("costInLocalCurrency", "costInUsd", "externalWebsiteConversions", "pivotValues")


def matches_page(payload: JsonObject) -> bool:
    """Recognize a page by its first element."""
    elements = payload.get("elements")
    if not isinstance(elements, list):
        return False
    return not elements or (isinstance(elements[0], Mapping) and matches_element(elements[0]))


def read_page(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every element of a page."""
    elements = to_list(payload.get("elements"))
    if not elements:
        return [Ignored("an empty page of elements")]
    return [
        _read_element(element, context)
        if isinstance(element, Mapping)
        else reject_shape("share statistics, posts or ad analytics in elements")
        for element in elements
    ]


def matches_element(payload: JsonObject) -> bool:
    """Recognize statistics by their totals, ads by their costs and pivots, posts by author and lifecycle."""
    return "totalShareStatistics" in payload or has_any(payload, _AD_FIELDS) or _is_post(payload)


def _is_post(element: JsonObject) -> bool:
    return "lifecycleState" in element and ("author" in element or "owner" in element)


def read_element(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one element that was sent without its page."""
    return [_read_element(payload, context)]


def _read_element(element: JsonObject, context: FeedContext) -> Draft | Rejected:
    if "totalShareStatistics" in element:
        return _read_statistics(element, context)
    return _read_post(element) if _is_post(element) else _read_ad_analytics(element, context)


def _read_statistics(statistics: JsonObject, context: FeedContext) -> Draft | Rejected:
    """Return the totals of a share, for its lifetime or one day or month; ``engagement`` is a ratio and not read."""
    builder = DraftBuilder(statistics)
    add_counters(builder, to_object(statistics["totalShareStatistics"]), "Count")
    share = first_text(statistics, ("share", "ugcPost"))
    if share is None:
        builder.metrics.pop("audience_size", None)  # the reach of all posts together is not the audience of one
    period = to_object(statistics.get("timeRange"))
    total_time = resolve_total_time(builder, builder.read_time(period, "start"), context)
    organization = to_text(statistics.get("organizationalEntity"))
    key = ("share", share) if share else ("organization", organization or "")
    span = () if total_time.undated else (str(period.get("start")), str(period.get("end")))
    return builder.build(
        FeedType.SOCIAL_LINKEDIN,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=(*key, *span),
        cumulative=True,
        content_id=share,
        content_type="post" if share else "account",
        platform="linkedin",
        creator=organization,
    )


def add_counters(builder: DraftBuilder, source: Mapping[str, Any], suffix: str) -> None:
    """Add the counts whose names have a suffix (likeCount, like_count).

    A correction can make a count negative; it then subtracts from other days, so the count stays unknown.
    """
    builder.add_count("likes", source, f"like{suffix}")
    builder.add_count("comments", source, f"comment{suffix}")
    builder.add_count("shares", source, f"share{suffix}")
    builder.add_count("clicks", source, f"click{suffix}")
    builder.add_count("impressions", source, f"impression{suffix}")
    builder.add_count(
        "audience_size", source, "uniqueImpressionsCount", "unique_impressions_count", "unique_impressions_counts"
    )
    for metric in [metric for metric, count in builder.metrics.items() if count < 0]:
        del builder.metrics[metric]


def _read_post(post: JsonObject) -> Draft | Rejected:
    builder = DraftBuilder(post)
    likes, comments = to_object(post.get("likesSummary")), to_object(post.get("commentsSummary"))
    builder.add_count("likes", likes, "totalLikes", "aggregatedTotalLikes")
    builder.add_count("comments", comments, "aggregatedTotalComments", "totalFirstLevelComments")
    published_at = builder.read_time(post, "publishedAt", "createdAt", "firstPublishedAt")
    return builder.build(
        FeedType.SOCIAL_LINKEDIN,
        published_at or builder.read_time(to_object(post.get("created")), "time"),
        content_key=("post", to_text(post.get("id")) or ""),
        cumulative=True,
        content_id=to_text(post.get("id")),
        content_type=_infer_post_type(post),
        platform="linkedin",
        creator=first_text(post, ("author", "owner")),
        volatile=frozenset({"lastModifiedAt", "versionTag"}),
    )


def _infer_post_type(post: JsonObject) -> str:
    content = to_object(post.get("content"))
    for name, kind in (("multiImage", "carousel"), ("carousel", "carousel"), ("article", "link"), ("poll", "poll")):
        if name in content:
            return kind
    media_urn = to_text(to_object(content.get("media")).get("id")) or ""
    kinds_by_urn = {"urn:li:video": "video", "urn:li:image": "photo", "urn:li:document": "document"}
    return next((kind for urn, kind in kinds_by_urn.items() if media_urn.startswith(urn)), "text")


def _read_ad_analytics(analytics: JsonObject, context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(analytics)
    builder.add_count("impressions", analytics, "impressions")
    builder.add_count("clicks", analytics, "clicks", "landingPageClicks")
    for metric in ("likes", "comments", "shares"):
        builder.add_count(metric, analytics, metric)
    builder.add_count("engagements", analytics, "totalEngagements")
    builder.add_count("views", analytics, "videoViews")
    builder.add_amount("spend", analytics, "costInLocalCurrency", "costInUsd")
    builder.add_amount("conversions", analytics, "externalWebsiteConversions")
    builder.add_amount("revenue", analytics, "conversionValueInLocalCurrency")
    start = to_object(to_object(analytics.get("dateRange")).get("start"))
    day = {"date": "-".join(f"{start[part]:02d}" for part in ("year", "month", "day"))} if _is_date(start) else {}
    total_time = resolve_total_time(builder, builder.read_time(day, "date"), context)
    pivots = to_texts(analytics.get("pivotValues"))
    return builder.build(
        FeedType.SOCIAL_LINKEDIN,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("ads", *pivots, day.get("date", "")),
        cumulative=True,
        currency="USD" if "costInLocalCurrency" not in analytics and "costInUsd" in analytics else None,
        content_id=pivots[0] if pivots else None,
        content_type="ad",
        platform="linkedin",
    )


def _is_date(start: Mapping[str, Any]) -> bool:
    return all(type(start.get(part)) is int for part in ("year", "month", "day"))


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_LINKEDIN,
        "a page of LinkedIn's API (elements with totalShareStatistics)",
        matches_page,
        read_page,
    ),
    PayloadShape(
        FeedType.SOCIAL_LINKEDIN,
        "one element (totalShareStatistics, or a post, or ad analytics)",
        matches_element,
        read_element,
    ),
)
