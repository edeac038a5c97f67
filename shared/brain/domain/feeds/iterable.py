"""Iterable's system webhooks: one event of one message."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, read_kind
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.typed_fields import read_flag, read_text

# A click on the link of the hosted unsubscribe page is not yet an unsubscribe.
_METRICS: Final[Mapping[str, str | None]] = {
    "emailSend": "sends",
    "emailBlastSend": "sends",
    "emailTriggeredSend": "sends",
    "emailSendSkip": None,
    "emailOpen": "opens",
    "emailClick": "clicks",
    "emailBounce": "bounces",
    "emailComplaint": None,
    "emailSubscribe": None,
    "emailUnSubscribe": "unsubscribes",
    "emailUnsubscribe": "unsubscribes",
    "hostedUnsubscribeClick": None,
}
_APPLE: Final = "apple"
_CONTENT_IDS: Final = ("campaignId", "templateId", "messageId")
_OTHER_CHANNELS: Final = ("sms", "push", "inApp", "webPush", "whatsApp", "embedded")


def matches(payload: JsonObject) -> bool:
    """Recognize an event by its name and its fields."""
    return "eventName" in payload and isinstance(payload.get("dataFields"), Mapping)


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a message; one of another channel makes a ``custom`` event."""
    builder = DraftBuilder(payload)
    kind = read_kind(builder, payload, "eventName")
    fields = builder.read_object(payload, "dataFields")
    channel = next((name.lower() for name in _OTHER_CHANNELS if kind.startswith(name)), "email")
    return [
        build_email_event(
            builder,
            kind,
            _METRICS,
            builder.read_time(fields, "createdAt", naive_is_utc=True)
            or builder.read_time(payload, "createdAt", naive_is_utc=True)
            or context.signed_at,
            by_machine=_read_machine(builder, fields),
            content_id=read_text(builder, fields, *_CONTENT_IDS),
            content_type=channel,
            platform=channel,
        )
    ]


def _read_machine(builder: DraftBuilder, fields: JsonObject) -> bool | None:
    """Return whether Iterable marks a bot or Apple's proxy; another proxy fetches images when a person reads."""
    is_bot = read_flag(builder, fields, "isBot")
    proxy = read_text(builder, fields, "proxySource")
    return True if proxy and proxy.lower().startswith(_APPLE) else is_bot


SHAPES = (
    PayloadShape(FeedType.EMAIL, "Iterable events (eventName, dataFields)", matches, read, names=("dataFields",)),
)
