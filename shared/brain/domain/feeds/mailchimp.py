"""Mailchimp: reports of campaigns, webhooks of audiences, and events of its transactional service (Mandrill)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.messages import first_tag, message
from brain.domain.feeds.reading import Reading, mapping, sequence, text
from brain.domain.feeds.shapes import Item, Shape
from brain.domain.json_text import parse_json
from brain.errors import InvalidInputError

_AUDIENCE: Final[Mapping[str, str | None]] = {
    "subscribe": None,
    "unsubscribe": "unsubscribes",
    "profile": None,
    "upemail": None,
    "cleaned": None,
    "campaign": None,
}
_TRANSACTIONAL: Final[Mapping[str, str | None]] = {
    "send": "sends",
    "delivered": None,
    "deferral": None,
    "hard_bounce": "bounces",
    "soft_bounce": "bounces",
    "open": "opens",
    "click": "clicks",
    "spam": None,
    "unsub": "unsubscribes",
    "reject": None,
}
_PERSONAL: Final = frozenset({"merges", "id", "webid", "newid"})
_FORM_KEY: Final = re.compile(r"data\[(\w+)\](?:\[(\w+)\])?")


def _is_report(item: Any) -> bool:
    return (
        isinstance(item, Mapping)
        and "emails_sent" in item
        and ("opens" in item or "bounces" in item or "send_time" in item)
    )


def matches_report(item: Item) -> bool:
    """Tell a report by the number of e-mails sent beside opens or bounces."""
    reports = sequence(item.get("reports"))
    return _is_report(reports[0] if reports else item)


def read_report(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return the running totals of one campaign, or of every campaign of a page."""
    return [
        _report(report)
        if _is_report(report)
        else Rejected(
            "unknown_shape", "Expected reports of campaigns (emails_sent, opens, clicks); another value came."
        )
        for report in (sequence(item.get("reports")) or [item])
    ]


def _report(item: Item) -> Draft | Rejected:
    reading = Reading(item)
    opens, clicks, bounces = (mapping(item.get(name)) for name in ("opens", "clicks", "bounces"))
    reading.count("sends", item, "emails_sent")
    reading.count("opens", opens, "opens_total", "unique_opens")
    reading.count("clicks", clicks, "clicks_total", "unique_clicks")
    reading.total("bounces", bounces, "hard_bounces", "soft_bounces", "syntax_errors")
    reading.count("unsubscribes", item, "unsubscribed")
    reading.count("shares", mapping(item.get("forwards")), "forwards_count")
    reading.count("likes", mapping(item.get("facebook_likes")), "facebook_likes")
    shop = mapping(item.get("ecommerce"))
    reading.amount("conversions", shop, "total_orders")
    reading.amount("revenue", shop, "total_revenue", "total_spent")
    if "sends" in reading.metrics and "bounces" in reading.metrics:
        reading.metrics["audience_size"] = max(0, reading.metrics["sends"] - reading.metrics["bounces"])
    campaign = text(item.get("id")) or text(item.get("campaign_id"))
    return reading.outcome(
        FeedType.EMAIL,
        reading.time(item, "send_time"),
        content_key=("campaign", campaign) if campaign else (),
        cumulative=campaign is not None,
        currency=text(shop.get("currency_code")),
        content_id=campaign,
        content_type="email",
        platform="email",
        volatile=frozenset({"_links"}),
    )


def matches_webhook(item: Item) -> bool:
    """Tell an audience's webhook by type and time of firing, a transactional event by its message."""
    if "mandrill_events" in item or ("fired_at" in item and "type" in item):
        return True
    return "event" in item and "ts" in item and ("msg" in item or "_id" in item)


def read_webhook(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one event of a subscriber or a message, or every event of a transactional batch."""
    if "mandrill_events" in item:
        return _batch(item["mandrill_events"], context)
    return [_audience(item) if "fired_at" in item else _transactional(item, context)]


def _batch(written: Any, context: FeedContext) -> list[Outcome]:
    try:
        events = parse_json(written.encode()) if isinstance(written, str) else written
    except InvalidInputError as error:
        return [Rejected("invalid_field", f"mandrill_events: {error.message}")]
    if not isinstance(events, list):
        return [Rejected("invalid_field", "mandrill_events: expected a list of events, another value came")]
    if not events:
        return [Ignored("Mandrill's test of the webhook")]
    return [
        _transactional(event, context)
        if isinstance(event, Mapping)
        else Rejected("unknown_shape", "Expected events (event, ts, msg) under mandrill_events; another value came.")
        for event in events
    ]


def _transactional(item: Item, context: FeedContext) -> Draft | Rejected:
    reading = Reading(item)
    sent = mapping(item.get("msg"))
    kind = text(item.get("event")) or ""
    return message(
        reading,
        kind,
        _TRANSACTIONAL,
        reading.time(item, "ts") or context.signed_at,
        content_id=first_tag(sent.get("tags")) or text(sent.get("template")) or text(item.get("_id")),
    )


def _audience(item: Item) -> Draft | Rejected:
    """Return what a subscriber did; Mailchimp writes the time of firing in UTC without saying so."""
    reading = Reading(item)
    data = mapping(item.get("data")) or _unflattened(item)
    kind = text(item.get("type")) or ""
    return message(
        reading,
        kind,
        _AUDIENCE,
        reading.time(item, "fired_at", naive_is_utc=True),
        raw={"type": kind, "fired_at": item.get("fired_at"), "data": data},
        content_id=text(data.get("campaign_id")) or text(data.get("list_id")),
        content_type="list" if kind != "campaign" else "email",
        personal=_PERSONAL,
    )


def _unflattened(item: Item) -> dict[str, Any]:
    """Return the fields of a form (``data[merges][FNAME]``) as the object that they spell."""
    data: dict[str, Any] = {}
    for name, value in item.items():
        found = _FORM_KEY.fullmatch(name)
        if found and found[2]:
            inner = data.setdefault(found[1], {})
            if isinstance(inner, dict):
                inner[found[2]] = value
        elif found:
            data.setdefault(found[1], value)
    return data


SHAPES = (
    Shape(
        FeedType.EMAIL,
        "Mailchimp reports of campaigns (emails_sent, opens, clicks, bounces)",
        matches_report,
        read_report,
    ),
    Shape(
        FeedType.EMAIL,
        "Mailchimp webhooks (type, fired_at) or transactional events (event, ts, msg)",
        matches_webhook,
        read_webhook,
    ),
)
