"""Customer.io's reporting webhooks: one event of one message, in the present and the legacy form."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, read_kind
from brain.domain.feeds.json_values import has_any
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.typed_fields import read_text

# Customer.io sends what a person did once more as a kind of its own, besides the opens and clicks of everything.
_METRICS: Final[Mapping[str, str | None]] = {
    "drafted": None,
    "attempted": None,
    "sent": "sends",
    "delivered": None,
    "deferred": None,
    "opened": "opens",
    "human_opened": None,
    "clicked": "clicks",
    "human_clicked": None,
    "converted": "conversions",
    "unsubscribed": "unsubscribes",
    "bounced": "bounces",
    "dropped": None,
    "suppressed": None,
    "spammed": None,
    "failed": None,
    "undeliverable": None,
}
_EMAIL: Final = "email"
_CUSTOMER: Final = "customer"
_CONTENT_IDS: Final = (
    "campaign_id", "broadcast_id", "newsletter_id", "transactional_message_id", "template_id", "delivery_id",
)  # fmt: skip
_PERSONAL_FIELDS: Final = frozenset({"customerid", "identifiers", "cioid", "recipient", "deviceid"})


def matches(payload: JsonObject) -> bool:
    """Recognize an event by its metric and object type, a legacy one by its event type, with the event's own id."""
    if "event_id" not in payload or "timestamp" not in payload or not isinstance(payload.get("data"), Mapping):
        return False
    return ("metric" in payload and "object_type" in payload) or (
        "event_type" in payload and has_any(payload["data"], ("customer_id", "delivery_id", "identifiers"))
    )


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a message; what happens to a person or in another channel makes a ``custom`` event."""
    builder = DraftBuilder(payload)
    channel, kind = _read_channel_and_kind(builder, payload)
    data = builder.read_object(payload, "data")
    return [
        build_email_event(
            builder,
            kind,
            _METRICS if channel == _EMAIL else {},
            builder.read_time(payload, "timestamp") or context.signed_at,
            provider_event_id=read_text(builder, payload, "event_id"),
            content_id=read_text(builder, data, *_CONTENT_IDS),
            content_type=channel,
            platform=None if channel == _CUSTOMER else channel,
            personal=_PERSONAL_FIELDS,
        )
    ]


def _read_channel_and_kind(builder: DraftBuilder, payload: JsonObject) -> tuple[str, str]:
    """Return what it happened to, such as ``email``, and what happened: ``email_opened`` in the legacy form."""
    if "metric" in payload or "object_type" in payload:
        return read_kind(builder, payload, "object_type"), read_kind(builder, payload, "metric")
    channel, _, kind = read_kind(builder, payload, "event_type").partition("_")
    return channel or _EMAIL, kind


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "Customer.io events (event_id, object_type, metric, timestamp, data)",
        matches,
        read,
        names=("object_type", "event_type"),
    ),
)
