"""Brevo (Sendinblue): webhooks of transactional messages and of marketing campaigns, single or batched."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, read_kind, read_tag, strip_message_id
from brain.domain.feeds.json_values import has_any
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.typed_fields import read_text
from brain.domain.privacy.personal_fields import normalize_field_name

# Brevo also sends the first opening of a message as a kind of its own. A blocked message was never sent.
_METRICS: Final[Mapping[str, str | None]] = {
    "request": "sends",
    "sent": "sends",
    "delivered": None,
    "deferred": None,
    "opened": "opens",
    "open": "opens",
    "uniqueopened": None,
    "firstopening": None,
    "proxyopen": "opens",
    "loadedbyproxy": "opens",
    "uniqueproxyopen": None,
    "click": "clicks",
    "clicked": "clicks",
    "hardbounce": "bounces",
    "softbounce": "bounces",
    "blocked": None,
    "spam": None,
    "complaint": None,
    "invalid": None,
    "invalidemail": None,
    "error": None,
    "unsubscribe": "unsubscribes",
    "unsubscribed": "unsubscribes",
}
_PROXY_OPENS: Final = frozenset({"proxyopen", "loadedbyproxy"})
# In this order: ``ts`` is in the time zone of the account in some events, the other two are always in UTC.
_TIME_FIELDS: Final = ("ts_event", "ts_epoch", "ts", "date_event", "date")
_EVENT_IDS: Final = ("event_id", "eventid", "sg_event_id", "uuid")


def matches(payload: JsonObject) -> bool:
    """Recognize an event by the times that only Brevo writes, or by its campaign."""
    if "event" not in payload or "sg_event_id" in payload:
        return False
    has_time = has_any(payload, ("ts_event", "ts_epoch")) or ("ts" in payload and "date" in payload)
    return has_time and has_any(payload, ("email", "message-id", "camp_id", "list_id"))


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a message; a contact that is added, changed or deleted makes a ``custom`` event."""
    builder = DraftBuilder(payload)
    kind = normalize_field_name(read_kind(builder, payload, "event"))
    campaign = read_text(builder, payload, "camp_id", "template_id") or read_tag(builder, payload, "tag", "tags")
    return [
        build_email_event(
            builder,
            kind,
            _METRICS,
            builder.read_time(payload, *_TIME_FIELDS) or context.signed_at,
            by_machine=True if kind in _PROXY_OPENS else None,
            provider_event_id=read_text(builder, payload, *_EVENT_IDS),
            content_id=campaign or strip_message_id(read_text(builder, payload, "message-id", "messageId")),
        )
    ]


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "Brevo events (event, email, ts_event or ts_epoch)",
        matches,
        read,
        names=("ts_event", "ts_epoch", "ts"),
    ),
)
