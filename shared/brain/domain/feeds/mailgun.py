"""Mailgun: webhooks with their signature, pages of the events API, and the older form posts."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.messages import bare_id, first_tag, message
from brain.domain.feeds.reading import Reading, mapping, sequence, text
from brain.domain.feeds.shapes import Item, Shape

_METRICS: Final[Mapping[str, str | None]] = {
    "accepted": "sends",
    "delivered": None,
    "opened": "opens",
    "clicked": "clicks",
    "unsubscribed": "unsubscribes",
    "complained": None,
    "failed": None,  # by severity, below: a temporary failure is tried again
    "rejected": None,
    "stored": None,
    "bounced": "bounces",
    "dropped": None,
    "list_member_uploaded": None,
    "list_uploaded": None,
}


def _is_event(item: object) -> bool:
    return isinstance(item, Mapping) and "event" in item and "timestamp" in item and "message" in item and "id" in item


def matches(item: Item) -> bool:
    """Tell a webhook by its part of event data, a page by items of events, a form by token and signature."""
    if isinstance(item.get("event-data"), Mapping) or _is_event(item):
        return True
    if "token" in item and "signature" in item and "event" in item:
        return True
    items = item.get("items")
    return isinstance(items, list) and "paging" in item and (not items or _is_event(items[0]))


def read(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return the event of a webhook or a form, or every event of a page."""
    if "event-data" in item:
        return [_event(mapping(item["event-data"]), context)]
    if "token" in item:
        return [_form(item, context)]
    if "items" not in item:
        return [_event(item, context)]
    events = sequence(item.get("items"))
    if not events:
        return [Ignored("an empty page of events")]
    return [
        _event(event, context)
        if isinstance(event, Mapping)
        else Rejected("unknown_shape", "Expected events of Mailgun under items; another value came.")
        for event in events
    ]


def _event(item: Item, context: FeedContext) -> Draft | Rejected:
    reading = Reading(item)
    kind = text(item.get("event")) or ""
    if kind == "failed" and item.get("severity") == "permanent":
        reading.metrics["bounces"] = 1
    campaigns = sequence(item.get("campaigns"))
    campaign = text(mapping(campaigns[0]).get("id")) if campaigns else None
    headers = mapping(mapping(item.get("message")).get("headers"))
    return message(
        reading,
        kind,
        _METRICS,
        reading.time(item, "timestamp") or context.signed_at,
        provider_event_id=text(item.get("id")),
        content_id=campaign or first_tag(item.get("tags")) or bare_id(headers.get("message-id")),
    )


def _form(item: Item, context: FeedContext) -> Draft | Rejected:
    """Return the event of an older post; its token and signature are of the request, not of what happened."""
    reading = Reading(item)
    return message(
        reading,
        text(item.get("event")) or "",
        _METRICS,
        reading.time(item, "timestamp") or context.signed_at,
        content_id=first_tag(item.get("campaign-id") or item.get("tag") or item.get("X-Mailgun-Tag"))
        or bare_id(item.get("Message-Id") or item.get("message-id")),
        volatile=frozenset({"token", "signature"}),
    )


SHAPES = (Shape(FeedType.EMAIL, "Mailgun events (event-data with event, timestamp, id)", matches, read),)
