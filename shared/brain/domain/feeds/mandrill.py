"""Mandrill, Mailchimp's transactional service: batches in the form field ``mandrill_events``, and single events."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import are_test_recipients, build_email_event, read_kind, read_tag
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.typed_fields import name_type, read_text
from brain.domain.json_text import parse_json
from brain.errors import InvalidInputError

_METRICS: Final[Mapping[str, str | None]] = {
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
# Changes of the account's lists of rejected and allowed recipients.
_SYNC_TYPES: Final = frozenset({"blacklist", "whitelist"})
_TEST_ID_PREFIX: Final = "exampleaaaaaaaaaaaaaaaa"


def matches(payload: JsonObject) -> bool:
    """Recognize a batch by its form field, an event by its message, a change of a list by its entry."""
    if "mandrill_events" in payload:
        return True
    return "ts" in payload and (
        ("event" in payload and ("msg" in payload or "_id" in payload)) or _is_list_change(payload)
    )


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a message, or every event of a batch; Mandrill's tests are ignored."""
    if "mandrill_events" in payload:
        return _read_batch(payload["mandrill_events"], context)
    return [_read_event(payload, context)]


def _is_list_change(payload: JsonObject) -> bool:
    kind = payload.get("type")
    return isinstance(kind, str) and kind in _SYNC_TYPES and ("reject" in payload or "entry" in payload)


def _read_batch(batch: Any, context: FeedContext) -> list[FeedOutcome]:
    try:
        events = parse_json(batch.encode()) if isinstance(batch, str) else batch
    except (InvalidInputError, UnicodeEncodeError) as error:
        reason = error.message if isinstance(error, InvalidInputError) else "expected UTF-8, got half of a character"
        return [Rejected("invalid_field", f"mandrill_events: {reason}")]
    if not isinstance(events, list):
        return [Rejected("invalid_field", f"mandrill_events: expected a list of events, got {name_type(events)}")]
    if not events:
        return [Ignored("Mandrill's test of the webhook")]
    return [
        _read_event(event, context)
        if isinstance(event, Mapping)
        else reject_shape("events (event, ts, msg) in mandrill_events")
        for event in events
    ]


def _read_event(event: JsonObject, context: FeedContext) -> FeedOutcome:
    builder = DraftBuilder(event)
    event_id = read_text(builder, event, "_id")
    if event_id and event_id.startswith(_TEST_ID_PREFIX):
        return Ignored("Mandrill's test of the webhook")
    message = builder.read_object(event, "msg")
    return build_email_event(
        builder,
        read_kind(builder, event, "type" if _is_list_change(event) else "event"),
        _METRICS,
        builder.read_time(event, "ts") or context.signed_at,
        content_id=read_tag(builder, message, "tags") or read_text(builder, message, "template") or event_id,
        retracted=are_test_recipients([message.get("email")]),
    )


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "Mandrill events (mandrill_events, or event, ts, msg)",
        matches,
        read,
        names=("mandrill_events", "ts"),
    ),
)
