"""Mailgun: signed webhooks, pages of the events API, and legacy form posts."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, first_tag, strip_message_id
from brain.domain.feeds.json_values import to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape

_METRICS: Final[Mapping[str, str | None]] = {
    "accepted": "sends",
    "delivered": None,
    "opened": "opens",
    "clicked": "clicks",
    "unsubscribed": "unsubscribes",
    "complained": None,
    "failed": None,  # depends on its severity: a temporary failure is retried
    "rejected": None,
    "stored": None,
    "bounced": "bounces",
    "dropped": None,
    "list_member_uploaded": None,
    "list_uploaded": None,
}


def _is_event(payload: object) -> bool:
    return (
        isinstance(payload, Mapping)
        and "event" in payload
        and "timestamp" in payload
        and "message" in payload
        and "id" in payload
    )


def matches(payload: JsonObject) -> bool:
    """Recognize a webhook by its event data, a page by its first event, a form by its token and signature."""
    if isinstance(payload.get("event-data"), Mapping) or _is_event(payload):
        return True
    if "token" in payload and "signature" in payload and "event" in payload:
        return True
    items = payload.get("items")
    return isinstance(items, list) and "paging" in payload and (not items or _is_event(items[0]))


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the event of a webhook or a form, or every event of a page."""
    if "event-data" in payload:
        return [_read_event(to_object(payload["event-data"]), context)]
    if "token" in payload:
        return [_read_form(payload, context)]
    if "items" not in payload:
        return [_read_event(payload, context)]
    events = to_list(payload.get("items"))
    if not events:
        return [Ignored("an empty page of events")]
    return [
        _read_event(event, context) if isinstance(event, Mapping) else reject_shape("Mailgun events in items")
        for event in events
    ]


def _read_event(event: JsonObject, context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(event)
    kind = to_text(event.get("event")) or ""
    if kind == "failed" and event.get("severity") == "permanent":
        builder.metrics["bounces"] = 1
    campaigns = to_list(event.get("campaigns"))
    campaign_id = to_text(to_object(campaigns[0]).get("id")) if campaigns else None
    headers = to_object(to_object(event.get("message")).get("headers"))
    return build_email_event(
        builder,
        kind,
        _METRICS,
        builder.read_time(event, "timestamp") or context.signed_at,
        provider_event_id=to_text(event.get("id")),
        content_id=campaign_id or first_tag(event.get("tags")) or strip_message_id(headers.get("message-id")),
    )


def _read_form(form: JsonObject, context: FeedContext) -> Draft | Rejected:
    """Return the event of a legacy form post; its token and signature belong to the request, not to the event."""
    builder = DraftBuilder(form)
    return build_email_event(
        builder,
        to_text(form.get("event")) or "",
        _METRICS,
        builder.read_time(form, "timestamp") or context.signed_at,
        content_id=first_tag(form.get("campaign-id") or form.get("tag") or form.get("X-Mailgun-Tag"))
        or strip_message_id(form.get("Message-Id") or form.get("message-id")),
        volatile=frozenset({"token", "signature"}),
    )


SHAPES = (PayloadShape(FeedType.EMAIL, "Mailgun events (event-data with event, timestamp, id)", matches, read),)
