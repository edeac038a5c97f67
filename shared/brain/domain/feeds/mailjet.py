"""Mailjet's Event API: one event per request, or an array of events when grouping is on."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, read_kind
from brain.domain.feeds.json_values import has_any
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.typed_fields import read_text

# A blocked message was never sent: Mailjet counts it apart from the bounces.
_METRICS: Final[Mapping[str, str | None]] = {
    "sent": "sends",
    "open": "opens",
    "click": "clicks",
    "bounce": "bounces",
    "blocked": None,
    "spam": None,
    "unsub": "unsubscribes",
    "typofix": None,
}
_CONTENT_IDS: Final = ("mj_campaign_id", "customcampaign", "MessageID", "Message_GUID")


def matches(payload: JsonObject) -> bool:
    """Recognize an event by Mailjet's ids of the contact or the campaign."""
    return "event" in payload and "time" in payload and has_any(payload, ("mj_campaign_id", "mj_contact_id"))


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a message; an id of 0 means that the message has no campaign."""
    if payload.get("MessageID") == 0 and payload.get("email") == "":
        return [Ignored("Mailjet's test of the webhook")]
    builder = DraftBuilder(payload)
    ids = [read_text(builder, payload, name) for name in _CONTENT_IDS]
    return [
        build_email_event(
            builder,
            read_kind(builder, payload, "event"),
            _METRICS,
            builder.read_time(payload, "time") or context.signed_at,
            content_id=next((text for text in ids if text and text != "0"), None),
            personal=frozenset({"mjcontactid"}),
        )
    ]


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "Mailjet events (event, time, mj_campaign_id)",
        matches,
        read,
        names=("mj_campaign_id", "mj_contact_id"),
    ),
)
