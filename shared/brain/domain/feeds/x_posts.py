"""X: posts of API v2 with their public, non-public and organic metrics, and posts of API v1.1."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Notice, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import (
    resolve_total_time,
)
from brain.domain.privacy.personal_fields import ALL_FIELDS

_V2_FIELDS: Final = (
    "public_metrics",
    "non_public_metrics",
    "organic_metrics",
    "promoted_metrics",
    "edit_history_tweet_ids",
)
# Counts that a repost has as 0, because it shows only those of the reposts of its original.
_OWN_COUNTS: Final = ("like_count", "reply_count", "quote_count", "favorite_count")
_MEDIA_TYPES: Final = {"photo": "photo", "video": "video", "animated_gif": "gif"}
# Counts of the author change without the post: they describe its audience, not what the post achieved.
_VOLATILE_FIELDS: Final = frozenset({"user", "author"})


def _is_post(payload: Any) -> bool:
    if not isinstance(payload, Mapping) or "id" not in payload:
        return False
    if "text" not in payload:
        return "like_count" in to_object(payload.get("public_metrics"))
    return has_any(payload, (*_V2_FIELDS, "author_id"))


def matches_page(payload: JsonObject) -> bool:
    """Recognize a page or a single response by its first post, an empty page by its ``result_count``."""
    data = payload.get("data")
    first_post = data[0] if isinstance(data, list) and data else data
    if _is_post(first_post) or _is_account(first_post):
        return True
    return not data and "result_count" in to_object(payload.get("meta"))


def read_page(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every post of a page, joined with its author and media of ``includes``."""
    data = payload.get("data")
    posts = data if isinstance(data, list) else [data] if data is not None else []
    if not posts:
        return [Ignored("an empty page of posts")]
    includes = to_object(payload.get("includes"))
    users = _index_by(includes.get("users"), "id")
    media = _index_by(includes.get("media"), "media_key")
    outcomes = [_read_post_or_account(post, users, media, context) for post in posts]
    errors = to_list(payload.get("errors"))
    return _note_errors(outcomes, len(errors)) if errors else outcomes


def _note_errors(outcomes: list[FeedOutcome], count: int) -> list[FeedOutcome]:
    """Return the outcomes of a page with a notice about the posts that X could not return."""
    message = f"expected all posts that were requested, got {count} errors for others; request those again"
    notice = Notice("provider_error", message)
    return [
        replace(outcome, notices=(*outcome.notices, notice)) if isinstance(outcome, Draft) and number == 0 else outcome
        for number, outcome in enumerate(outcomes)
    ]


def _read_post_or_account(
    record: Any, users: Mapping[Any, Any], media: Mapping[Any, Any], context: FeedContext
) -> FeedOutcome:
    if _is_account(record):
        return _read_account(record, context)
    if _is_post(record) or (isinstance(record, Mapping) and "id" in record and "text" in record):
        return _read_post(record, users, media, context)
    return reject_shape("a post of X API v2 (id, text, public_metrics)")


def _is_account(account: Any) -> bool:
    if not isinstance(account, Mapping) or "id" not in account or "username" not in account:
        return False
    return "public_metrics" in account or ("name" in account and "followers_count" not in account)


def _read_account(account: JsonObject, context: FeedContext) -> Draft | Rejected:
    """Return the state of an account: its followers are the audience of its posts."""
    builder = DraftBuilder(account)
    builder.add_count("audience_size", to_object(account.get("public_metrics")), "followers_count")
    return builder.build(
        FeedType.SOCIAL_TWITTER,
        context.received_at,
        undated=True,
        content_key=("account", str(account["id"])),
        cumulative=True,
        is_record=True,
        content_type="account",
        platform="twitter",
        creator=to_text(account.get("id")),
        personal=ALL_FIELDS,
    )


def _index_by(includes: Any, id_name: str) -> dict[str | None, JsonObject]:
    """Return the objects that a page includes by their ids."""
    return {to_text(included.get(id_name)): included for included in to_list(includes) if isinstance(included, Mapping)}


def read_post(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one post that was sent without its page."""
    return [_read_post(payload, {}, {}, context)]


def _read_post(
    post: JsonObject, users: Mapping[Any, Any], media: Mapping[Any, Any], context: FeedContext
) -> Draft | Rejected:
    builder = DraftBuilder(post)
    is_repost = _is_repost(post)
    if not is_repost:
        _add_counters(builder, post)
    media_keys = [to_text(key) for key in to_list(to_object(post.get("attachments")).get("media_keys"))]
    attached_media = [media[key] for key in media_keys if key in media]
    if not is_repost:
        _add_views(builder, attached_media)
    author = to_object(users.get(to_text(post.get("author_id"))))
    builder.add_count("audience_size", to_object(author.get("public_metrics")), "followers_count")
    total_time = resolve_total_time(builder, builder.read_time(post, "created_at"), context)
    return builder.build(
        FeedType.SOCIAL_TWITTER,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("post", str(post["id"])),
        cumulative=True,
        content_id=to_text(post.get("id")),
        is_record=True,
        content_type="repost" if is_repost else _infer_content_type(post, attached_media),
        platform="twitter",
        creator=to_text(post.get("author_id")),
    )


def _is_repost(post: JsonObject) -> bool:
    """Return whether a post only repeats another one, whose reposts are then counted in it.

    A post that was requested without its references shows it by its text and counts.
    """
    references = [to_object(reference) for reference in to_list(post.get("referenced_tweets"))]
    if any(reference.get("type") == "retweeted" for reference in references) or "retweeted_status" in post:
        return True
    counts = to_object(post.get("public_metrics")) or post
    has_counts_of_its_own = any(counts.get(name) for name in _OWN_COUNTS)
    return (to_text(post.get("text") or post.get("full_text")) or "").startswith("RT @") and not has_counts_of_its_own


def _add_counters(builder: DraftBuilder, post: JsonObject) -> None:
    public, private = to_object(post.get("public_metrics")), to_object(post.get("non_public_metrics"))
    organic = to_object(post.get("organic_metrics"))
    for source in (organic, public):  # public counts include promoted ones, so they replace organic counts
        builder.add_count("likes", source, "like_count")
        builder.add_count("comments", source, "reply_count")
        builder.add_sum("shares", source, "retweet_count", "quote_count")
    for source in (organic, private, public):
        builder.add_count("impressions", source, "impression_count")
        builder.add_count("clicks", source, "url_link_clicks")
    builder.add_count("engagements", private, "engagements")


def _add_views(builder: DraftBuilder, attached_media: list[JsonObject]) -> None:
    """Add the views of all attached media; they stay unknown when none reports any."""
    metrics = [to_object(media.get("public_metrics")) for media in attached_media]
    builder.add_parts("views", [builder.read_number(counts, "view_count", is_count=True) for counts in metrics])


def _infer_content_type(post: JsonObject, attached_media: list[Any]) -> str:
    media_types = (_MEDIA_TYPES.get(to_text(media.get("type")) or "") for media in attached_media)
    content_types = [content_type for content_type in media_types if content_type]
    if content_types:
        return "carousel" if len(content_types) > 1 else content_types[0]
    entities = to_object(post.get("entities"))
    return "link" if to_list(entities.get("urls")) else "text"


def matches_minimal_page(payload: JsonObject) -> bool:
    """Recognize posts that were requested without any further fields than id and text."""
    data = payload.get("data")
    first_post = data[0] if isinstance(data, list) and data else data
    return isinstance(first_post, Mapping) and "id" in first_post and "text" in first_post


def matches_v1(payload: JsonObject) -> bool:
    """Recognize a post of API v1.1 by its id and counters."""
    return "id_str" in payload and "favorite_count" in payload and "retweet_count" in payload


def read_v1(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one post of API v1.1; a repost has the counts of its original, which are not its own."""
    builder = DraftBuilder(payload)
    is_repost = _is_repost(payload)
    if not is_repost:
        builder.add_count("likes", payload, "favorite_count")
        builder.add_count("comments", payload, "reply_count")
        builder.add_sum("shares", payload, "retweet_count", "quote_count")
    user = to_object(payload.get("user"))
    builder.add_count("audience_size", user, "followers_count")
    media = to_list(to_object(payload.get("extended_entities") or payload.get("entities")).get("media"))
    attached_media = [attachment for attachment in media if isinstance(attachment, Mapping)]
    total_time = resolve_total_time(builder, builder.read_time(payload, "created_at"), context)
    return [
        builder.build(
            FeedType.SOCIAL_TWITTER,
            total_time.occurred_at,
            undated=total_time.undated,
            content_key=("post", str(payload["id_str"])),
            cumulative=True,
            is_record=True,
            content_id=to_text(payload.get("id_str")),
            content_type="repost" if is_repost else _infer_content_type(payload, attached_media),
            platform="twitter",
            creator=first_text(user, ("id_str", "id")),
            volatile=_VOLATILE_FIELDS,
        )
    ]


_PAGE_DESCRIPTION = "posts of X API v2 (data with id, text, created_at, public_metrics)"
SHAPES = (
    PayloadShape(FeedType.SOCIAL_TWITTER, _PAGE_DESCRIPTION, matches_page, read_page, names=("data", "meta")),
    PayloadShape(
        FeedType.SOCIAL_TWITTER, "one post of X API v2", _is_post, read_post, names=("text", "public_metrics")
    ),
    PayloadShape(
        FeedType.SOCIAL_TWITTER,
        "a post of API v1.1 (id_str, favorite_count, retweet_count)",
        matches_v1,
        read_v1,
        names=("id_str",),
    ),
    PayloadShape(
        FeedType.SOCIAL_TWITTER,
        "posts of X API v2 with id and text alone",
        matches_minimal_page,
        read_page,
        is_ambiguous=True,
        names=("data",),
    ),
)
