"""CloudEvents in structured form, and the background events and pushes of Pub/Sub that came before them."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import METRICS, QUALITIES, FeedType
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, mapping, text
from brain.domain.feeds.shapes import Item, Shape
from brain.domain.json_text import parse_json
from brain.errors import InvalidInputError

_AMOUNTS: Final = frozenset({"conversions", "spend", "revenue"})


def matches(item: Item) -> bool:
    """Tell by the attributes that the specification requires."""
    return "specversion" in item and "type" in item


def read(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return the draft of one CloudEvent.

    ``source`` and ``id`` together are the event's identity, as the specification says. Metrics are taken from
    ``data`` where it uses the names of an event's fields; an event of any other kind is kept as ``custom``.
    """
    reading = Reading(item)
    for required in ("id", "source"):
        if not text(item.get(required)):
            reading.faults.append(f"{required}: expected by CloudEvents, it is missing")
    opened = _opened(item)
    data = _payload(opened.get("data"))
    for name in METRICS:
        if name in _AMOUNTS:
            reading.amount(name, data, name)
        else:
            reading.count(name, data, name)
    qualities = {name: found for name in QUALITIES if (found := reading.figure(data, name)) is not None}
    occurred_at = reading.time(data, "occurred_at") or reading.time(item, "time") or context.signed_at
    return [
        reading.outcome(
            FeedType.CUSTOM,
            occurred_at,
            raw=opened,
            provider_event_id=f"{item.get('source')} {item.get('id')}",
            qualities=qualities,
            currency=text(data.get("currency")),
            content_id=text(data.get("content_id")) or text(item.get("subject")),
            content_type=text(data.get("content_type")) or text(item.get("type")),
            platform=text(data.get("platform")),
            vertical=text(data.get("vertical")),
            creator=text(data.get("creator")),
        )
    ]


def _payload(data: Any) -> Mapping[str, Any]:
    """Return what a sender put in: the message's own data where Pub/Sub wrapped it."""
    outer = mapping(data)
    inner = mapping(outer.get("message")).get("data")
    return inner if isinstance(inner, Mapping) else outer


def _opened(item: Item) -> dict[str, Any]:
    """Return the item with base64 decoded where it holds text, so that people in it can be found."""
    opened = dict(item)
    if isinstance(item.get("data_base64"), str):
        opened["data"] = _decoded(opened.pop("data_base64"))
    data = item.get("data")
    message = mapping(data).get("message")
    if isinstance(data, Mapping) and isinstance(message, Mapping) and isinstance(message.get("data"), str):
        opened["data"] = {**data, "message": {**message, "data": _decoded(message["data"])}}
    return opened


def _decoded(encoded: str) -> Any:
    try:
        body = base64.b64decode(encoded, validate=True)
        plain = body.decode()
    except (binascii.Error, UnicodeDecodeError):
        return encoded  # bytes of some other kind name nobody in a way that we could find
    try:
        return parse_json(body)
    except InvalidInputError:
        return plain


def matches_background(item: Item) -> bool:
    """Tell Google's events of before CloudEvents by their id and type, beside the data or in a context of their own."""
    inner = mapping(item.get("context")) or item
    return "data" in item and "eventType" in inner and ("eventId" in inner or "timestamp" in inner)


def read_background(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one background event, read as the CloudEvent that it would be today."""
    inner = mapping(item.get("context")) or item
    resource = inner.get("resource")
    source = text(resource) or text(mapping(resource).get("name"))
    modern = {
        "id": inner.get("eventId"),
        "source": source,
        "type": inner.get("eventType"),
        "time": inner.get("timestamp"),
    }
    return read({**modern, "data": item["data"]}, context)


def matches_push(item: Item) -> bool:
    """Tell a push of Pub/Sub by its message and subscription."""
    return "subscription" in item and any(
        name in mapping(item.get("message")) for name in ("messageId", "message_id", "data")
    )


def read_push(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one pushed message, read as the CloudEvent that carries such a message."""
    message = mapping(item["message"])
    modern = {
        "id": message.get("messageId", message.get("message_id")),
        "source": item["subscription"],
        "type": "google.cloud.pubsub.topic.v1.messagePublished",
        "time": message.get("publishTime", message.get("publish_time")),
    }
    return read({**modern, "data": {"message": message}}, context)


SHAPES = (
    Shape(FeedType.CUSTOM, "a CloudEvent (specversion, id, source, type)", matches, read),
    Shape(
        FeedType.CUSTOM,
        "a background event of Google's (eventId, eventType, data)",
        matches_background,
        read_background,
    ),
    Shape(FeedType.CUSTOM, "a push of Pub/Sub (message, subscription)", matches_push, read_push),
)
