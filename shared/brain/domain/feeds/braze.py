"""Braze Currents: batches of events of single messages, as its HTTP connector sends them."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, read_kind
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.typed_fields import read_flag, read_text

# A soft bounce is retried for up to three days and may still be delivered.
_METRICS: Final[Mapping[str, str | None]] = {
    "users.messages.email.Send": "sends",
    "users.messages.email.Delivery": None,
    "users.messages.email.Open": "opens",
    "users.messages.email.Click": "clicks",
    "users.messages.email.Bounce": "bounces",
    "users.messages.email.SoftBounce": None,
    "users.messages.email.Deferral": None,
    "users.messages.email.Abort": None,
    "users.messages.email.Retry": None,
    "users.messages.email.MarkAsSpam": None,
    "users.messages.email.Unsubscribe": "unsubscribes",
}
_CONTENT_IDS: Final = ("campaign_id", "canvas_id", "send_id", "dispatch_id")
_PREFIXES: Final = ("users.", "profile.", "app.")
_PERSONAL_FIELDS: Final = frozenset({"externaluserid"})


def _is_event(payload: object) -> bool:
    kind = payload.get("event_type") if isinstance(payload, Mapping) else None
    return isinstance(kind, str) and kind.startswith(_PREFIXES)


def matches(payload: JsonObject) -> bool:
    """Recognize an event by the dotted name of its type, a batch by any of its events."""
    events = payload.get("events")
    is_batch = isinstance(events, list) and (any(map(_is_event, events)) or len(payload) == 1 > len(events))
    return is_batch or _is_event(payload)


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event, or every event of a batch; one of another channel makes a ``custom`` event."""
    events = [payload] if "event_type" in payload else payload["events"]
    if not events:
        return [Ignored("an empty batch of events")]
    return [
        _read_event(event, context) if isinstance(event, Mapping) else reject_shape("events (event_type, id, time)")
        for event in events
    ]


def _read_event(event: JsonObject, context: FeedContext) -> FeedOutcome:
    builder = DraftBuilder(event)
    kind = read_kind(builder, event, "event_type")
    # Files of Currents have the properties next to the type.
    properties = builder.read_object(event, "properties") if "properties" in event else event
    channel = _find_channel(kind)
    return build_email_event(
        builder,
        kind,
        _METRICS,
        builder.read_time(event, "time") or context.signed_at,
        by_machine=_read_machine(builder, kind, properties),
        provider_event_id=read_text(builder, event, "id"),
        content_id=read_text(builder, properties, *_CONTENT_IDS),
        content_type=channel,
        platform=channel,
        personal=_PERSONAL_FIELDS,
    )


def _read_machine(builder: DraftBuilder, kind: str, properties: JsonObject) -> bool | None:
    """Return whether Braze marks a machine; the mark of an open is a text that may name the machine."""
    if not kind.endswith(".Open"):
        return read_flag(builder, properties, "is_suspected_bot_click")
    mark = properties.get("machine_open")
    names_machine = isinstance(mark, str) and mark.strip().lower() not in ("", "false", "0", "no")
    return True if names_machine else read_flag(builder, properties, "machine_open")


def _find_channel(kind: str) -> str | None:
    """Return the channel of a message (``users.messages.CHANNEL.KIND``), None for anything else that a user did."""
    parts = kind.split(".")
    return parts[2].lower() if len(parts) > 3 and parts[1] == "messages" else None  # noqa: PLR2004 - four parts


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "Braze Currents events (event_type, id, time, properties)",
        matches,
        read,
        names=("events", "event_type"),
    ),
)
