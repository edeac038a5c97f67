"""Mailchimp: campaigns and their reports, single or in pages, and webhooks of audiences."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, read_kind
from brain.domain.feeds.json_values import has_any, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import SYNC_COLUMNS, read_row_time
from brain.domain.feeds.typed_fields import read_text

_AUDIENCE_METRICS: Final[Mapping[str, str | None]] = {
    "subscribe": None,
    "unsubscribe": "unsubscribes",
    "profile": None,
    "upemail": None,
    "cleaned": None,
    "campaign": None,
}
_PERSONAL_FIELDS: Final = frozenset({"merges", "id", "webid", "newid"})
_FORM_KEY: Final = re.compile(r"data\[(\w+)\](?:\[(\w+)\])?")
_PAGES: Final = ("reports", "campaigns")
_UNSENT_STATES: Final = frozenset({"save", "paused", "schedule", "scheduled"})


def _is_campaign(report: Any) -> bool:
    return (
        isinstance(report, Mapping)
        and "emails_sent" in report
        and has_any(report, ("opens", "bounces", "send_time", "report_summary"))
    )


def _find_page(payload: JsonObject) -> list[Any] | None:
    """Return the campaigns of a page, None if the payload is no page."""
    pages = (payload.get(name) for name in _PAGES if "emails_sent" not in payload)
    return next((page for page in pages if isinstance(page, list)), None)


def matches_campaign(payload: JsonObject) -> bool:
    """Recognize a campaign by the number of e-mails sent and its figures, a page by its first campaign."""
    page = _find_page(payload)
    if page is None:
        return _is_campaign(payload)
    return any(map(_is_campaign, page)) if page else "total_items" in payload


def read_campaign(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the running totals of one campaign, or of every campaign of a page."""
    page = _find_page(payload)
    if page == []:
        return [Ignored("an empty page of campaigns")]
    return [
        _read_campaign(campaign) if _is_campaign(campaign) else reject_shape("campaigns (emails_sent, report_summary)")
        for campaign in ([payload] if page is None else page)
    ]


def _read_campaign(report: JsonObject) -> FeedOutcome:
    if _is_unsent(report):
        return Ignored("a campaign that has not been sent yet")
    builder = DraftBuilder(report)
    shop = _add_figures(builder, report)
    if "sends" in builder.metrics and "bounces" in builder.metrics:
        builder.metrics["audience_size"] = max(0, builder.metrics["sends"] - builder.metrics["bounces"])
    campaign = read_text(builder, report, "id", "campaign_id")
    return builder.build(
        FeedType.EMAIL,
        builder.read_time(report, "send_time"),
        content_key=("campaign", campaign) if campaign else (),
        cumulative=campaign is not None,
        is_record=True,
        as_of=read_row_time(builder, report),
        currency=read_text(builder, shop, "currency_code"),
        content_id=campaign,
        content_type="email",
        platform="email",
        volatile=frozenset({"_links", *SYNC_COLUMNS}),
    )


def _is_unsent(report: JsonObject) -> bool:
    """Return whether a campaign is a draft or is scheduled: it has no figures, and its time may be in the future."""
    is_empty = report.get("emails_sent") in (None, "", 0, "0")
    return is_empty and (not report.get("send_time") or to_text(report.get("status")) in _UNSENT_STATES)


def _add_figures(builder: DraftBuilder, report: JsonObject) -> JsonObject:
    """Add the figures of a report, or those of a campaign's summary, and return the shop's part of them."""
    builder.add_count("sends", report, "emails_sent")
    builder.add_count("unsubscribes", report, "unsubscribed")
    if "report_summary" in report and "opens" not in report:
        figures = opens = clicks = builder.read_object(report, "report_summary")
    else:
        figures = report
        opens, clicks = (builder.read_object(report, name) for name in ("opens", "clicks"))
        bounces = builder.read_object(report, "bounces")
        builder.add_sum("bounces", bounces, "hard_bounces", "soft_bounces", "syntax_errors")
        builder.add_count("shares", builder.read_object(report, "forwards"), "forwards_count")
        builder.add_count("likes", builder.read_object(report, "facebook_likes"), "facebook_likes")
    builder.add_count("opens", opens, "opens_total", "opens", "unique_opens")
    builder.add_count("clicks", clicks, "clicks_total", "clicks", "unique_clicks")
    _add_machine_opens(builder, opens)
    shop = builder.read_object(figures, "ecommerce")
    builder.add_amount("conversions", shop, "total_orders")
    builder.add_amount("revenue", shop, "total_revenue", "total_spent")
    return shop


def _add_machine_opens(builder: DraftBuilder, opens: JsonObject) -> None:
    """Add the opens by Apple's Mail Privacy Protection: those that the figures without proxies leave out."""
    by_people = builder.read_number(opens, "proxy_excluded_opens", is_count=True)
    total = builder.read_number(opens, "opens_total" if "opens_total" in opens else "opens", is_count=True)
    if by_people is not None and total is not None:
        builder.metrics["machine_opens"] = max(0, total - by_people)


def matches_webhook(payload: JsonObject) -> bool:
    """Recognize an audience webhook by its type and time."""
    return "fired_at" in payload and "type" in payload


def read_webhook(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return what a subscriber did; Mailchimp writes ``fired_at`` in UTC without an offset."""
    builder = DraftBuilder(payload)
    data = builder.read_object(payload, "data") or _unflatten_form(payload)
    kind = read_kind(builder, payload, "type")
    return [
        build_email_event(
            builder,
            kind,
            _AUDIENCE_METRICS,
            builder.read_time(payload, "fired_at", naive_is_utc=True),
            raw={"type": kind, "fired_at": payload.get("fired_at"), "data": data},
            content_id=read_text(builder, data, "campaign_id", "list_id"),
            content_type="list" if kind != "campaign" else "email",
            personal=_PERSONAL_FIELDS,
        )
    ]


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
        "Mailchimp campaigns and reports (emails_sent with opens, clicks and bounces, or with report_summary)",
        matches_campaign,
        read_campaign,
        names=("emails_sent", *_PAGES),
    ),
    PayloadShape(
        FeedType.EMAIL,
        "Mailchimp webhooks of audiences (type, fired_at)",
        matches_webhook,
        read_webhook,
        names=("fired_at",),
    ),
)
