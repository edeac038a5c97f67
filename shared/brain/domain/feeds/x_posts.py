"""X: posts of API v2 with their public, non-public and organic metrics, and posts in the older v1.1 form."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, lowered, mapping, sequence, text
from brain.domain.feeds.rows import VOLATILE, dimensions, known
from brain.domain.feeds.shapes import Item, Shape
from brain.domain.privacy.personal_fields import ALL_FIELDS

_V2_PARTS: Final = (
    "public_metrics",
    "non_public_metrics",
    "organic_metrics",
    "promoted_metrics",
    "edit_history_tweet_ids",
)
_MEDIA_TYPES: Final = {"photo": "photo", "video": "video", "animated_gif": "gif"}
_ROW: Final[Mapping[str, tuple[str, ...]]] = {
    "likes": ("likes", "favorites"),
    "comments": ("replies",),
    "impressions": ("impressions",),
    "clicks": ("url_clicks", "clicks"),
    "engagements": ("engagements",),
    "views": ("video_views", "video_total_views"),
}
# Counts of an author that change without the post: they say who the audience is, not what the post did.
_AUTHORS: Final = frozenset({"user", "author"})


def _is_post(item: Any) -> bool:
    if not isinstance(item, Mapping) or "id" not in item or "text" not in item:
        return isinstance(item, Mapping) and "id" in item and "like_count" in mapping(item.get("public_metrics"))
    return any(part in item for part in _V2_PARTS) or ("text" in item and "author_id" in item)


def matches_page(item: Item) -> bool:
    """Tell a page or a single answer by posts under ``data``, and an empty page by X's own ``result_count``."""
    data = item.get("data")
    first = data[0] if isinstance(data, list) and data else data
    if _is_post(first) or _is_account(first):
        return True
    return data is None and "result_count" in mapping(item.get("meta"))


def read_page(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return every post of a page, joined with its author and media from ``includes``."""
    data = item.get("data")
    posts = data if isinstance(data, list) else [data] if data is not None else []
    if not posts:
        return [Ignored("an empty page of posts")]
    includes = mapping(item.get("includes"))
    users = _by(includes.get("users"), "id")
    media = _by(includes.get("media"), "media_key")
    return [_entry(post, users, media, context) for post in posts]


def _entry(entry: Any, users: Mapping[Any, Any], media: Mapping[Any, Any], context: FeedContext) -> Outcome:
    if _is_account(entry):
        return _account(entry, context)
    if _is_post(entry) or (isinstance(entry, Mapping) and "id" in entry and "text" in entry):
        return _post(entry, users, media, context)
    return Rejected("unknown_shape", "Expected a post of X API v2 (id, text, public_metrics); another value came.")


def _is_account(item: Any) -> bool:
    if not isinstance(item, Mapping) or "id" not in item or "username" not in item:
        return False
    return "public_metrics" in item or ("name" in item and "followers_count" not in item)


def _account(item: Item, context: FeedContext) -> Draft | Rejected:
    """Return what is known of an account now: its followers are who could see its posts."""
    reading = Reading(item)
    reading.count("audience_size", mapping(item.get("public_metrics")), "followers_count")
    return reading.outcome(
        FeedType.SOCIAL_TWITTER,
        context.received_at,
        undated=True,
        content_key=("account", str(item["id"])),
        cumulative=True,
        content_type="account",
        platform="twitter",
        creator=text(item.get("id")),
        personal=ALL_FIELDS,
    )


def _by(listed: Any, name: str) -> dict[str | None, Item]:
    """Return what a page includes by its id."""
    return {text(one.get(name)): one for one in sequence(listed) if isinstance(one, Mapping)}


def read_post(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one post that came without its page."""
    return [_post(item, {}, {}, context)]


def _post(post: Item, users: Mapping[Any, Any], media: Mapping[Any, Any], context: FeedContext) -> Draft | Rejected:
    reading = Reading(post)
    public, private = mapping(post.get("public_metrics")), mapping(post.get("non_public_metrics"))
    organic = mapping(post.get("organic_metrics"))
    for source in (organic, public):  # public counts include the promoted part, so they win
        reading.count("likes", source, "like_count")
        reading.count("comments", source, "reply_count")
        reading.total("shares", source, "retweet_count", "quote_count")
    for source in (organic, private, public):
        reading.count("impressions", source, "impression_count")
        reading.count("clicks", source, "url_link_clicks")
    reading.count("engagements", private, "engagements")
    keys = [text(key) for key in sequence(mapping(post.get("attachments")).get("media_keys"))]
    attached = [media[key] for key in keys if key in media]
    views = [reading.figure(mapping(one.get("public_metrics")), "view_count", whole=True) for one in attached]
    reading.put("views", sum(found) if (found := [view for view in views if view is not None]) else None)
    author = mapping(users.get(text(post.get("author_id"))))
    reading.count("audience_size", mapping(author.get("public_metrics")), "followers_count")
    at = known(reading, reading.time(post, "created_at"), context)
    return reading.outcome(
        FeedType.SOCIAL_TWITTER,
        at.at,
        undated=at.undated,
        content_key=("post", str(post["id"])),
        cumulative=True,
        content_id=text(post.get("id")),
        content_type=_content_type(post, attached),
        platform="twitter",
        creator=text(post.get("author_id")),
    )


def _content_type(post: Item, attached: list[Any]) -> str:
    kinds = [kind for one in attached if (kind := _MEDIA_TYPES.get(text(one.get("type")) or ""))]
    if kinds:
        return "carousel" if len(kinds) > 1 else kinds[0]
    entities = mapping(post.get("entities"))
    return "link" if sequence(entities.get("urls")) else "text"


def matches_bare(item: Item) -> bool:
    """Tell posts of which nothing but id and text was asked for."""
    data = item.get("data")
    first = data[0] if isinstance(data, list) and data else data
    return isinstance(first, Mapping) and "id" in first and "text" in first


def matches_row(item: Item) -> bool:
    """Tell a warehouse row by the post it counts."""
    row = lowered(item)
    return any(name in row for name in ("organic_tweet_id", "tweet_id")) and any(
        name in row for name in ("date", "impressions")
    )


def read_row(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one day of one post that a connector copied."""
    row = lowered(item)
    reading = Reading(item)
    for metric, names in _ROW.items():
        reading.count(metric, row, *names)
    reading.total("shares", row, "retweets", "quotes")
    at = known(reading, reading.time(row, "date", "created_at", naive_is_utc=True), context, row)
    post = text(row.get("organic_tweet_id")) or text(row.get("tweet_id"))
    return [
        reading.outcome(
            FeedType.SOCIAL_TWITTER,
            at.at,
            undated=at.undated,
            content_key=("row", post or "", *dimensions(row, ("date", "placement", "account_id"))),
            cumulative=True,
            content_id=post,
            platform="twitter",
            volatile=VOLATILE,
        )
    ]


def matches_v1(item: Item) -> bool:
    """Tell an older post by its two ids and counters."""
    return "id_str" in item and "favorite_count" in item and "retweet_count" in item


def read_v1(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one post in the v1.1 form."""
    reading = Reading(item)
    reading.count("likes", item, "favorite_count")
    reading.count("comments", item, "reply_count")
    reading.total("shares", item, "retweet_count", "quote_count")
    user = mapping(item.get("user"))
    reading.count("audience_size", user, "followers_count")
    media = sequence(mapping(item.get("extended_entities") or item.get("entities")).get("media"))
    at = known(reading, reading.time(item, "created_at"), context)
    return [
        reading.outcome(
            FeedType.SOCIAL_TWITTER,
            at.at,
            undated=at.undated,
            content_key=("post", str(item["id_str"])),
            cumulative=True,
            content_id=text(item.get("id_str")),
            content_type=_content_type(item, [one for one in media if isinstance(one, Mapping)]),
            platform="twitter",
            creator=text(user.get("id_str")) or text(user.get("id")),
            volatile=_AUTHORS,
        )
    ]


def matches_activity(item: Item) -> bool:
    """Tell an account activity by whom it is for; a challenge by its token."""
    return "for_user_id" in item or "crc_token" in item


def read_activity(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return the posts of an account activity; challenges make no event."""
    if "crc_token" in item:
        return [Ignored("X's challenge-response check")]
    posts = [
        post for post in sequence(item.get("tweet_create_events")) if isinstance(post, Mapping) and matches_v1(post)
    ]
    if not posts:
        return [Ignored("an account activity without a new post")]
    return [outcome for post in posts for outcome in read_v1(post, context)]


_PAGE = "posts of X API v2 (data with id, text, created_at, public_metrics)"
SHAPES = (
    Shape(FeedType.SOCIAL_TWITTER, _PAGE, matches_page, read_page),
    Shape(FeedType.SOCIAL_TWITTER, "one post of X API v2", _is_post, read_post),
    Shape(FeedType.SOCIAL_TWITTER, "a post of API v1.1 (id_str, favorite_count, retweet_count)", matches_v1, read_v1),
    Shape(FeedType.SOCIAL_TWITTER, "rows by tweet_id and date", matches_row, read_row),
    Shape(FeedType.SOCIAL_TWITTER, "posts of X API v2 with id and text alone", matches_bare, read_page, vague=True),
    Shape(FeedType.SOCIAL_TWITTER, "an account activity of X (for_user_id)", matches_activity, read_activity),
)
