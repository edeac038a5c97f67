"""X's account activity: posts, likes, follows, deletions, direct messages and whatever else concerns an account."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.x_posts import matches_v1, read_v1
from brain.domain.privacy.personal_fields import ALL_FIELDS

_POSTS: Final = "tweet_create_events"
_DELETIONS: Final = "tweet_delete_events"
# What each list of an activity is about; others are custom.
_CONTENT_TYPES: Final[Mapping[str, str]] = {
    _POSTS: "post",
    "favorite_events": "like",
    "follow_events": "follow",
    "unfollow_events": "unfollow",
    "block_events": "block",
    "unblock_events": "unblock",
    "mute_events": "mute",
    "unmute_events": "unmute",
    "user_event": "revocation",
    "direct_message_events": "direct_message",
    "direct_message_indicate_typing_events": "direct_message_typing",
    "direct_message_mark_read_events": "direct_message_read",
}
_CONTEXT_FIELDS: Final = frozenset({"for_user_id", "is_blocked_by", "user_has_blocked", "users", "apps", "includes"})
_MESSAGES: Final = frozenset({"direct_message_events", "user_event"})
_PARTIES: Final = frozenset({"source", "target"})
_POST_CONTAINERS: Final = ("favorited_status", "status", "tweet")


def matches(payload: JsonObject) -> bool:
    """Recognize an account activity by its user, a revocation by its event, a challenge by its token."""
    return "for_user_id" in payload or "crc_token" in payload or "revoke" in to_object(payload.get("user_event"))


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event per activity; a challenge is ignored."""
    if "crc_token" in payload:
        return [Ignored("X's challenge-response check")]
    outcomes = [
        outcome
        for name, activities in payload.items()
        if name not in _CONTEXT_FIELDS
        for activity in (activities if isinstance(activities, list) else [activities])
        if isinstance(activity, Mapping) and activity
        for outcome in _read_activity(to_text(payload.get("for_user_id")), name, activity, context)
    ]
    return outcomes or [Ignored("an account activity without any event")]


def _read_activity(
    account_id: str | None, name: str, activity: JsonObject, context: FeedContext
) -> Iterable[FeedOutcome]:
    if name == _POSTS and matches_v1(activity):
        return read_v1(activity, context)
    builder = DraftBuilder(activity)
    occurred_at = _read_time(builder, activity) or context.signed_at
    post_id = next((post_id for field in _POST_CONTAINERS if (post_id := _read_id(activity.get(field)))), None)
    if name == _DELETIONS and post_id and occurred_at:
        return [_retract_post(builder, post_id, occurred_at)]
    return [_build_event(builder, account_id, name, occurred_at, post_id)]


def _build_event(
    builder: DraftBuilder, account_id: str | None, name: str, occurred_at: datetime | None, post_id: str | None
) -> Draft | Rejected:
    """Return an activity as an event; a like that the account gives is none that it gets."""
    activity, content_type = builder.payload, _CONTENT_TYPES.get(name)
    actor = _read_actor(activity) or account_id
    if content_type == "like" and actor != account_id:
        builder.metrics["likes"] = 1
    event_id = _read_id(activity)
    return builder.build(
        FeedType.SOCIAL_TWITTER if content_type else FeedType.CUSTOM,
        occurred_at,
        raw={"for_user_id": account_id, "kind": name, **activity},
        provider_event_id=f"{name} {event_id}" if event_id else None,
        content_id=post_id,
        content_type=content_type or name,
        platform="twitter",
        creator=actor,
        personal=_PARTIES if content_type and name not in _MESSAGES else ALL_FIELDS,
    )


def _retract_post(builder: DraftBuilder, post_id: str, deleted_at: datetime) -> Draft | Rejected:
    """Return the end of a post that was deleted: it has the key of the post and counts nothing any more."""
    return builder.build(
        FeedType.SOCIAL_TWITTER,
        deleted_at,
        undated=True,
        as_of=deleted_at,
        content_key=("post", post_id),
        cumulative=True,
        is_record=True,
        retracted=True,
        content_id=post_id,
        content_type="post",
        platform="twitter",
    )


def _read_time(builder: DraftBuilder, activity: JsonObject) -> datetime | None:
    return builder.read_time(activity, "timestamp_ms", "created_timestamp", "created_at", "date_time", "timestamp")


def _read_id(record: Any) -> str | None:
    return first_text(to_object(record), ("id_str", "id"))


def _read_actor(activity: JsonObject) -> str | None:
    """Return who did it, which is not always the account that is subscribed."""
    for name in ("user", "source", "message_create"):
        actor = to_object(activity.get(name))
        if actor_id := first_text(actor, ("id_str", "id", "sender_id")):
            return actor_id
    return None


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_TWITTER,
        "an account activity of X (for_user_id)",
        matches,
        read,
        names=("for_user_id", "crc_token", "user_event"),
    ),
)
