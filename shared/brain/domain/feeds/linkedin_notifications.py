"""LinkedIn's webhook notifications of social actions: likes, comments, shares and mentions of an organization."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape

# The record and the metric of each action; an unknown action is custom.
_ACTIONS: Final[Mapping[str, tuple[str, str | None]]] = {
    "LIKE": ("like", "likes"),
    "COMMENT": ("comment", "comments"),
    "ADMIN_COMMENT": ("comment", "comments"),
    "COMMENT_EDIT": ("comment", "comments"),
    "COMMENT_DELETE": ("comment", None),
    "SHARE": ("share", "shares"),
    "SHARE_MENTION": ("mention", None),
    "PHOTO_MENTION": ("mention", None),
}
_NOTIFICATION_TYPE: Final = "SOCIAL_ACTION_NOTIFICATIONS"
MAX_CHALLENGE_FIELDS: Final = 2  # the code and the application
_VOLATILE_FIELDS: Final = frozenset({"notificationId", "subscriber"})
_PERSONAL_FIELDS: Final = frozenset({"text", "generatedactivity"})


def matches(payload: JsonObject) -> bool:
    """Recognize notifications by their list and type or action, one by its action, a challenge by its code."""
    if "challengeCode" in payload and len(payload) <= MAX_CHALLENGE_FIELDS:
        return True
    notifications = _list_notifications(payload)
    return any(map(_is_notification, notifications)) or (_NOTIFICATION_TYPE in (to_text(payload.get("type")) or ""))


def _list_notifications(payload: JsonObject) -> list[Any]:
    """Return the notifications of a push, of a page that was fetched, or the payload itself."""
    return to_list(payload.get("notifications")) or to_list(payload.get("elements")) or [payload]


def _is_notification(notification: Any) -> bool:
    return isinstance(notification, Mapping) and "notificationId" in notification and "action" in notification


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event per notification."""
    if "challengeCode" in payload:
        return [Ignored("LinkedIn's check of the webhook URL")]
    notifications = _list_notifications(payload)
    if notifications == [payload] and not _is_notification(payload):
        return [Ignored("a delivery without notifications")]
    return [
        _read_notification(notification, context)
        if _is_notification(notification)
        else reject_shape("notifications (notificationId, action, sourcePost)")
        for notification in notifications
    ]


def _read_notification(notification: JsonObject, context: FeedContext) -> Draft | Rejected:
    """Return one action, which several subscribers of an organization are told of under ids of their own.

    A comment that is written, edited and deleted is one record, and so is a like that is given again.
    """
    builder = DraftBuilder(notification)
    action = to_text(notification.get("action")) or ""
    record, metric = _ACTIONS.get(action, (None, None))
    if metric:
        builder.metrics[metric] = 1
    activity = to_text(notification.get("generatedActivity"))
    acted_at = builder.read_time(notification, "lastModifiedAt") or context.signed_at
    total: dict[str, Any] = {"provider_event_id": f"{action} {to_text(notification.get('notificationId'))}"}
    if record and activity:
        total = {"content_key": (record, activity), "cumulative": True, "is_record": True, "as_of": acted_at}
    return builder.build(
        FeedType.SOCIAL_LINKEDIN if record else FeedType.CUSTOM,
        acted_at,
        content_id=to_text(notification.get("sourcePost")),
        content_type=record or action.lower() or None,
        platform="linkedin",
        creator=_find_actor(notification),
        personal=_PERSONAL_FIELDS,
        volatile=_VOLATILE_FIELDS,
        retracted=action == "COMMENT_DELETE",
        **total,
    )


def _find_actor(notification: JsonObject) -> str | None:
    """Return who acted: the owner of the decorated activity, else the person in its URN."""
    owner = to_text(to_object(notification.get("decoratedGeneratedActivity")).get("owner"))
    activity = to_text(notification.get("generatedActivity")) or ""
    _, is_named, rest = activity.partition("urn:li:person:")
    return owner or (f"urn:li:person:{rest.partition(',')[0].rstrip(')')}" if is_named else None)


SHAPES = (
    PayloadShape(
        FeedType.SOCIAL_LINKEDIN,
        "LinkedIn notifications of social actions (notificationId, action)",
        matches,
        read,
        names=("challengeCode", "notifications", "elements", "notificationId", "type"),
    ),
)
