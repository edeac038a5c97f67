"""Instagram's webhooks: comments, mentions, final insights of stories, and direct messages."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.instagram import add_insight_metrics, list_media_keys
from brain.domain.feeds.json_values import first_text, to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.privacy.personal_fields import ALL_FIELDS

_STORY_FIELD: Final = "story_insights"  # a story's final insights, a running total
_COMMENT_FIELDS: Final = ("comments", "live_comments")
_ENTRY_ID: Final = frozenset({"entryid"})
# The feed and the personal fields of each change that is known; others are custom.
_CHANGES: Final = dict.fromkeys(
    (*_COMMENT_FIELDS, _STORY_FIELD, "mentions"), (FeedType.SOCIAL_INSTAGRAM, _ENTRY_ID | {"text"})
)
_CHANGE_CONTENT_TYPES: Final[dict[str, str | None]] = {_STORY_FIELD: "story", "": None}
_MESSAGE_LISTS: Final = ("messaging", "standby")
_MESSAGE_FIELDS: Final = frozenset({"sender", "recipient", "timestamp", "is_self"})
_MESSAGE_KINDS: Final = {
    "message": "direct_message", "message_edit": "direct_message_edit", "reaction": "direct_message_reaction",
    "postback": "direct_message_postback", "read": "direct_message_read", "referral": "direct_message_referral",
    "optin": "direct_message_optin",
}  # fmt: skip


def matches(payload: JsonObject) -> bool:
    """Recognize a webhook by its object."""
    return payload.get("object") == "instagram" and "entry" in payload


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event per change: a comment, a mention, a message, or the final insights of a story."""
    outcomes: list[FeedOutcome] = []
    for entry in map(to_object, to_list(payload.get("entry"))):
        outcomes += [_read_change(entry, to_object(change), context) for change in to_list(entry.get("changes"))]
        outcomes += [
            _read_message(entry, name, to_object(message), context)
            for name in _MESSAGE_LISTS
            for message in to_list(entry.get(name))
        ]
    return outcomes or [Ignored("a webhook without changes")]


def _read_message(
    entry: Mapping[str, Any], list_name: str, message: Mapping[str, Any], context: FeedContext
) -> Draft | Rejected:
    """Return a direct message, or what happened to one, without any metric."""
    kind = next((name for name in message if name not in _MESSAGE_FIELDS), list_name)
    details = to_object(message.get(kind))
    raw = {"entry_id": entry.get("id"), **message}
    builder = DraftBuilder(raw)
    message_id = to_text(details.get("mid"))
    occurred_at = builder.read_time(message, "timestamp") or builder.read_time(entry, "time") or context.signed_at
    return builder.build(
        FeedType.SOCIAL_INSTAGRAM if kind in _MESSAGE_KINDS else FeedType.CUSTOM,
        occurred_at,
        raw=raw,
        provider_event_id=f"{list_name} {kind} {message_id} {message.get('timestamp')}" if message_id else None,
        content_type=_MESSAGE_KINDS.get(kind, kind),
        platform="instagram",
        creator=to_text(to_object(message.get("sender")).get("id")),
        personal=ALL_FIELDS,
    )


def _read_change(entry: Mapping[str, Any], change: Mapping[str, Any], context: FeedContext) -> Draft | Rejected:
    field, details = to_text(change.get("field")) or "", to_object(change.get("value"))
    raw = {"entry_id": entry.get("id"), "time": entry.get("time"), **change}
    builder = DraftBuilder(raw)
    media_id = to_text(details.get("media_id")) or to_text(to_object(details.get("media")).get("id"))
    if field in _COMMENT_FIELDS:
        builder.metrics["comments"] = 1
    if field == _STORY_FIELD:
        add_insight_metrics(builder, details)
    noted_at = builder.read_time(entry, "time") or context.signed_at
    total: dict[str, Any] = {}
    if field == _STORY_FIELD and media_id:
        total = {"cumulative": True, "undated": True, "as_of": noted_at}
        total |= list_media_keys(media_id, ("story", media_id))
    feed_type, personal = _CHANGES.get(field, (FeedType.CUSTOM, _ENTRY_ID))
    event_id = first_text(details, ("id", "comment_id"))
    return builder.build(
        feed_type,
        noted_at,
        raw=raw,
        provider_event_id=f"{field} {event_id}" if event_id else None,
        content_id=media_id,
        content_type=_CHANGE_CONTENT_TYPES.get(field, field),
        platform="instagram",
        personal=personal,
        **total,
    )


SHAPES = (
    PayloadShape(FeedType.SOCIAL_INSTAGRAM, "an Instagram webhook (object, entry)", matches, read, names=("entry",)),
)
