"""Mailchimp: campaign reports, audience webhooks, and events of its transactional service (Mandrill)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, first_tag
from brain.domain.feeds.json_values import first_text, has_any, to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.json_text import parse_json
from brain.errors import InvalidInputError

_AUDIENCE_METRICS: Final[Mapping[str, str | None]] = {
    "subscribe": None,
    "unsubscribe": "unsubscribes",
    "profile": None,
    "upemail": None,
    "cleaned": None,
    "campaign": None,
}
_TRANSACTIONAL_METRICS: Final[Mapping[str, str | None]] = {
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
_PERSONAL_FIELDS: Final = frozenset({"merges", "id", "webid", "newid"})
_FORM_KEY: Final = re.compile(r"data\[(\w+)\](?:\[(\w+)\])?")


def _is_report(report: Any) -> bool:
    return (
        isinstance(report, Mapping) and "emails_sent" in report and has_any(report, ("opens", "bounces", "send_time"))
    )


def matches_report(payload: JsonObject) -> bool:
    """Recognize a report by the number of e-mails sent and opens or bounces, a page by its first report."""
    reports = to_list(payload.get("reports"))
    return _is_report(reports[0] if reports else payload)


def read_report(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the running totals of one campaign, or of every campaign of a page."""
    return [
        _read_report(report) if _is_report(report) else reject_shape("campaign reports (emails_sent, opens, clicks)")
        for report in (to_list(payload.get("reports")) or [payload])
    ]


def _read_report(report: JsonObject) -> Draft | Rejected:
    builder = DraftBuilder(report)
    opens, clicks, bounces = (to_object(report.get(name)) for name in ("opens", "clicks", "bounces"))
    builder.add_count("sends", report, "emails_sent")
    builder.add_count("opens", opens, "opens_total", "unique_opens")
    builder.add_count("clicks", clicks, "clicks_total", "unique_clicks")
    builder.add_sum("bounces", bounces, "hard_bounces", "soft_bounces", "syntax_errors")
    builder.add_count("unsubscribes", report, "unsubscribed")
    builder.add_count("shares", to_object(report.get("forwards")), "forwards_count")
    builder.add_count("likes", to_object(report.get("facebook_likes")), "facebook_likes")
    shop = to_object(report.get("ecommerce"))
    builder.add_amount("conversions", shop, "total_orders")
    builder.add_amount("revenue", shop, "total_revenue", "total_spent")
    if "sends" in builder.metrics and "bounces" in builder.metrics:
        builder.metrics["audience_size"] = max(0, builder.metrics["sends"] - builder.metrics["bounces"])
    campaign = first_text(report, ("id", "campaign_id"))
    return builder.build(
        FeedType.EMAIL,
        builder.read_time(report, "send_time"),
        content_key=("campaign", campaign) if campaign else (),
        cumulative=campaign is not None,
        currency=to_text(shop.get("currency_code")),
        content_id=campaign,
        content_type="email",
        platform="email",
        volatile=frozenset({"_links"}),
    )


def matches_webhook(payload: JsonObject) -> bool:
    """Recognize an audience webhook by its type and time, a transactional event by its message."""
    if "mandrill_events" in payload or ("fired_at" in payload and "type" in payload):
        return True
    return "event" in payload and "ts" in payload and ("msg" in payload or "_id" in payload)


def read_webhook(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a subscriber or a message, or every event of a transactional batch."""
    if "mandrill_events" in payload:
        return _read_transactional_batch(payload["mandrill_events"], context)
    return [_read_audience_event(payload) if "fired_at" in payload else _read_transactional_event(payload, context)]


def _read_transactional_batch(batch: Any, context: FeedContext) -> list[FeedOutcome]:
    try:
        events = parse_json(batch.encode()) if isinstance(batch, str) else batch
    except InvalidInputError as error:
        return [Rejected("invalid_field", f"mandrill_events: {error.message}")]
    if not isinstance(events, list):
        return [Rejected("invalid_field", "mandrill_events: expected a list of events, got something else")]
    if not events:
        return [Ignored("Mandrill's test of the webhook")]
    return [
        _read_transactional_event(event, context)
        if isinstance(event, Mapping)
        else reject_shape("events (event, ts, msg) in mandrill_events")
        for event in events
    ]


def _read_transactional_event(event: JsonObject, context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(event)
    message = to_object(event.get("msg"))
    kind = to_text(event.get("event")) or ""
    return build_email_event(
        builder,
        kind,
        _TRANSACTIONAL_METRICS,
        builder.read_time(event, "ts") or context.signed_at,
        content_id=first_tag(message.get("tags")) or to_text(message.get("template")) or to_text(event.get("_id")),
    )


def _read_audience_event(event: JsonObject) -> Draft | Rejected:
    """Return what a subscriber did; Mailchimp writes ``fired_at`` in UTC without an offset."""
    builder = DraftBuilder(event)
    data = to_object(event.get("data")) or _unflatten_form(event)
    kind = to_text(event.get("type")) or ""
    return build_email_event(
        builder,
        kind,
        _AUDIENCE_METRICS,
        builder.read_time(event, "fired_at", naive_is_utc=True),
        raw={"type": kind, "fired_at": event.get("fired_at"), "data": data},
        content_id=first_text(data, ("campaign_id", "list_id")),
        content_type="list" if kind != "campaign" else "email",
        personal=_PERSONAL_FIELDS,
    )


def _unflatten_form(form: JsonObject) -> dict[str, Any]:
    """Return the fields of a form (``data[merges][FNAME]``) as the nested object that they encode."""
    data: dict[str, Any] = {}
    for key, text in form.items():
        match = _FORM_KEY.fullmatch(key)
        if match and match[2]:
            nested = data.setdefault(match[1], {})
            if isinstance(nested, dict):
                nested[match[2]] = text
        elif match:
            data.setdefault(match[1], text)
    return data


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "Mailchimp campaign reports (emails_sent, opens, clicks, bounces)",
        matches_report,
        read_report,
    ),
    PayloadShape(
        FeedType.EMAIL,
        "Mailchimp webhooks (type, fired_at) or transactional events (event, ts, msg)",
        matches_webhook,
        read_webhook,
    ),
)
