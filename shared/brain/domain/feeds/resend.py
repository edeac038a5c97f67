"""Resend's webhooks, which Svix delivers: one event of one message, contact or domain."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import are_test_recipients, build_email_event, read_kind
from brain.domain.feeds.json_values import has_any, to_list
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.typed_fields import read_text

_METRICS: Final[Mapping[str, str | None]] = {
    "email.sent": "sends",
    "email.scheduled": None,
    "email.delivered": None,
    "email.delivery_delayed": None,
    "email.opened": "opens",
    "email.clicked": "clicks",
    "email.bounced": "bounces",
    "email.complained": None,
    "email.failed": None,
    "email.suppressed": None,
    "email.received": None,
}


def matches(payload: JsonObject) -> bool:
    """Recognize an event by its type and the id of its message, contact or domain."""
    kind, data = payload.get("type"), payload.get("data")
    if not isinstance(kind, str) or not isinstance(data, Mapping) or "created_at" not in payload:
        return False
    if kind.startswith("email."):
        return "email_id" in data
    return kind.startswith(("contact.", "domain.")) and has_any(data, ("audience_id", "segment_ids", "records", "id"))


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a message; that of a contact or a domain makes a ``custom`` event."""
    builder = DraftBuilder(payload)
    data = builder.read_object(payload, "data")
    return [
        build_email_event(
            builder,
            read_kind(builder, payload, "type"),
            _METRICS,
            builder.read_time(payload, "created_at", naive_is_utc=True) or context.signed_at,
            content_id=read_text(builder, data, "broadcast_id", "template_id", "email_id"),
            retracted=are_test_recipients(to_list(data.get("to"))),
        )
    ]


SHAPES = (
    PayloadShape(
        FeedType.EMAIL, "Resend events (type, created_at, data with email_id)", matches, read, names=("data",)
    ),
)
