"""Mailgun: signed webhooks, pages of the events API, and legacy form posts."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, read_kind, read_tag, strip_message_id
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.typed_fields import read_flag, read_text

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
    if isinstance(payload.get("event-data"), Mapping):
        return [_read_event(payload["event-data"], context)]
    if "token" in payload:
        return [_read_form(payload, context)]
    events = payload.get("items")
    if not isinstance(events, list):
        return [_read_event(payload, context)]
    if not events:
        return [Ignored("an empty page of events")]
    return [
        _read_event(event, context) if isinstance(event, Mapping) else reject_shape("Mailgun events in items")
        for event in events
    ]


def _read_event(event: JsonObject, context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(event)
    kind = read_kind(builder, event, "event")
    if kind == "failed" and read_text(builder, event, "severity") == "permanent":
        builder.metrics["bounces"] = 1
    flags = builder.read_object(event, "flags")
    return build_email_event(
        builder,
        kind,
        _METRICS,
        builder.read_time(event, "timestamp") or context.signed_at,
        by_machine=_read_bot(builder, event),
        provider_event_id=read_text(builder, event, "id"),
        content_id=_find_content_id(builder, event),
        retracted=any(read_flag(builder, flags, name) for name in ("is-test-mode", "is-system-test")),
    )


def _find_content_id(builder: DraftBuilder, event: JsonObject) -> str | None:
    """Return the id of the campaign, else the first tag, else the message."""
    campaigns = builder.read_list(event, "campaigns")
    campaign = campaigns[0] if campaigns and isinstance(campaigns[0], Mapping) else {}
    headers = builder.read_object(builder.read_object(event, "message"), "headers")
    campaign_id = read_text(builder, campaign, "id") or read_tag(builder, event, "tags")
    return campaign_id or strip_message_id(read_text(builder, headers, "message-id"))


def _read_bot(builder: DraftBuilder, event: JsonObject) -> bool | None:
    """Return whether a bot opened or clicked: Mailgun names it (``apple``, ``gmail``, ``generic``) or its client."""
    client = builder.read_object(event, "client-info")
    if read_text(builder, client, "client-type") == "robot":
        return True
    return None if "bot" not in client else read_text(builder, client, "bot") is not None


def _read_form(form: JsonObject, context: FeedContext) -> Draft | Rejected:
    """Return the event of a legacy form post; its token and signature belong to the request, not to the event."""
    builder = DraftBuilder(form)
    return build_email_event(
        builder,
        read_kind(builder, form, "event"),
        _METRICS,
        builder.read_time(form, "timestamp") or context.signed_at,
        content_id=read_tag(builder, form, "campaign-id", "tag", "X-Mailgun-Tag")
        or strip_message_id(read_text(builder, form, "Message-Id", "message-id")),
        volatile=frozenset({"token", "signature"}),
    )


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "Mailgun events (event-data with event, timestamp, id)",
        matches,
        read,
        names=("event-data", "message", "signature", "paging"),
    ),
)
