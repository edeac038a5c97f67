"""CloudEvents in structured mode, and the older background events and Pub/Sub pushes of Google Cloud."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from brain.domain.events import METRICS, QUALITIES, FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import has_any, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.json_text import parse_json
from brain.errors import InvalidInputError


def matches(payload: JsonObject) -> bool:
    """Recognize the shape by the attributes that the specification requires."""
    return "specversion" in payload and "type" in payload


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the draft of one CloudEvent.

    ``source`` and ``id`` together identify the event, as the specification says. Metrics are read from ``data`` where
    it uses the names of an event's fields.
    """
    builder = DraftBuilder(payload)
    builder.faults += _list_missing(payload)
    decoded = _decode_base64_parts(payload)
    data = _find_data(decoded.get("data"))
    for name in METRICS:
        builder.add_metric(name, data, name)
    qualities = {name: builder.read_number(data, name) for name in QUALITIES}
    occurred_at = builder.read_time(data, "occurred_at") or builder.read_time(payload, "time") or context.signed_at
    return [
        builder.build(
            FeedType.CUSTOM,
            occurred_at,
            raw=decoded,
            provider_event_id=f"{payload.get('source')} {payload.get('id')}",
            qualities={name: quality for name, quality in qualities.items() if quality is not None},
            currency=to_text(data.get("currency")),
            content_id=to_text(data.get("content_id")) or to_text(payload.get("subject")),
            content_type=to_text(data.get("content_type")) or to_text(payload.get("type")),
            platform=to_text(data.get("platform")),
            vertical=to_text(data.get("vertical")),
            creator=to_text(data.get("creator")),
        )
    ]


def _list_missing(payload: JsonObject) -> list[str]:
    return [f"{name}: required by CloudEvents, got none" for name in ("id", "source") if not to_text(payload.get(name))]


def _find_data(data: Any) -> Mapping[str, Any]:
    """Return the sender's data, which Pub/Sub wraps in a message."""
    wrapper = to_object(data)
    message_data = to_object(wrapper.get("message")).get("data")
    return message_data if isinstance(message_data, Mapping) else wrapper


def _decode_base64_parts(payload: JsonObject) -> dict[str, Any]:
    """Return the payload with base64 text decoded, so that people in it can be found."""
    decoded = dict(payload)
    if isinstance(payload.get("data_base64"), str):
        decoded["data"] = _decode_base64(decoded.pop("data_base64"))
    data = payload.get("data")
    message = to_object(data).get("message")
    if isinstance(data, Mapping) and isinstance(message, Mapping) and isinstance(message.get("data"), str):
        decoded["data"] = {**data, "message": {**message, "data": _decode_base64(message["data"])}}
    return decoded


def _decode_base64(encoded: str) -> Any:
    try:
        body = base64.b64decode(encoded, validate=True)
        text = body.decode()
    except ValueError:  # no base64, characters beyond ASCII, or no UTF-8
        return encoded  # binary data, in which people cannot be found
    try:
        return parse_json(body)
    except InvalidInputError:
        return text


def matches_background(payload: JsonObject) -> bool:
    """Recognize a background event by its type and id, next to the data or in a context of their own."""
    attributes = to_object(payload.get("context")) or payload
    return "data" in payload and "eventType" in attributes and has_any(attributes, ("eventId", "timestamp"))


def read_background(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one background event, read as the equivalent CloudEvent."""
    attributes = to_object(payload.get("context")) or payload
    resource = attributes.get("resource")
    source = to_text(resource) or to_text(to_object(resource).get("name"))
    cloud_event = {
        "id": attributes.get("eventId"),
        "source": source,
        "type": attributes.get("eventType"),
        "time": attributes.get("timestamp"),
    }
    return read({**cloud_event, "data": payload["data"]}, context)


def matches_push(payload: JsonObject) -> bool:
    """Recognize a Pub/Sub push by its message and subscription."""
    message = to_object(payload.get("message"))
    return "subscription" in payload and has_any(message, ("messageId", "message_id", "data"))


def read_push(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one pushed message, read as the equivalent CloudEvent."""
    message = to_object(payload["message"])
    cloud_event = {
        "id": message.get("messageId", message.get("message_id")),
        "source": payload["subscription"],
        "type": "google.cloud.pubsub.topic.v1.messagePublished",
        "time": message.get("publishTime", message.get("publish_time")),
    }
    return read({**cloud_event, "data": {"message": message}}, context)


SHAPES = (
    PayloadShape(
        FeedType.CUSTOM, "a CloudEvent (specversion, id, source, type)", matches, read, names=("specversion",)
    ),
    PayloadShape(
        FeedType.CUSTOM,
        "a Google Cloud background event (eventId, eventType, data)",
        matches_background,
        read_background,
        names=("eventType", "context"),
    ),
    PayloadShape(
        FeedType.CUSTOM, "a Pub/Sub push (message, subscription)", matches_push, read_push, names=("subscription",)
    ),
)
