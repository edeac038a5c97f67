"""MailerSend's webhooks: one activity of one message, or an event of the account."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, read_kind, read_tag, strip_message_id
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.typed_fields import read_text

# MailerSend also sends the first opening and the first click of a message as kinds of their own.
_METRICS: Final[Mapping[str, str | None]] = {
    "activity.sent": "sends",
    "activity.delivered": None,
    "activity.deferred": None,
    "activity.soft_bounced": "bounces",
    "activity.hard_bounced": "bounces",
    "activity.opened": "opens",
    "activity.opened_unique": None,
    "activity.clicked": "clicks",
    "activity.clicked_unique": None,
    "activity.unsubscribed": "unsubscribes",
    "activity.spam_complaint": None,
    "activity.suppressed": None,
    "activity.survey_opened": None,
    "activity.survey_submitted": None,
}


def matches(payload: JsonObject) -> bool:
    """Recognize an activity by its type, another event by the webhook that sent it."""
    kind = payload.get("type")
    if not isinstance(kind, str) or not isinstance(payload.get("data"), Mapping):
        return False
    return kind.startswith("activity.") or ("webhook_id" in payload and "domain_id" in payload)


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one activity; an event of the account makes a ``custom`` event."""
    builder = DraftBuilder(payload)
    data = builder.read_object(payload, "data")
    # The second version of the webhooks has the recipient's address here instead of the message.
    email = {} if isinstance(data.get("email"), str) else builder.read_object(data, "email")
    message = builder.read_object(email, "message")
    content_id = read_text(builder, data, "template_id") or read_tag(builder, {**data, **email}, "tags")
    message_id = read_text(builder, message, "id") or read_text(builder, data, "message_id")
    return [
        build_email_event(
            builder,
            read_kind(builder, payload, "type"),
            _METRICS,
            builder.read_time(data, "created_at") or builder.read_time(payload, "created_at") or context.signed_at,
            content_id=content_id or strip_message_id(message_id) or read_text(builder, email, "id"),
        )
    ]


SHAPES = (
    PayloadShape(
        FeedType.EMAIL, "MailerSend events (type, created_at, webhook_id, data)", matches, read, names=("data",)
    ),
)
