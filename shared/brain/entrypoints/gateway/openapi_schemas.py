"""The JSON Schemas of the ingest endpoint's OpenAPI document, generated from the types that the service uses."""

from typing import Any, Final

from pydantic import TypeAdapter

from brain.domain.events import (
    EARLIEST_AGE,
    LATEST_LEAD,
    METRICS,
    QUALITIES,
    SCHEMA_VERSION,
    ClientId,
    Event,
    EventId,
    FeedType,
)
from brain.domain.gateway.normalize import format_hours
from brain.domain.gateway.results import HTTP_STATUSES, IngestStatus

# Why an item made no event, or none yet.
ITEM_CODES: Final = {
    "ambiguous_key": "different rows of the request have one key; the message names the columns",
    "conflict": "an event with this id and other content is stored; this one is dead-lettered",
    "conflict_retry": "other requests are revising this event at the same time; send again",
    "future_time": "occurred_at is more than an hour ahead",
    "internal": "an internal error; the request is dead-lettered and will be retried",
    "invalid_field": "a field is invalid; the message names it",
    "missing_property": "a GA4 report whose property neither the request nor the client's settings name",
    "missing_time": "no valid time",
    "provider_error": "the provider's own error instead of data",
    "source_mismatch": "the payload belongs to another feed",
    "store_refused": "the store refuses the event; it is dead-lettered",
    "store_unavailable": "the store did not answer; send again",
    "too_old": f"occurred_at is more than {EARLIEST_AGE.days} days back; send history by backfill",
    "total_row": "the row is the total of other rows of the request, which are counted; it is ignored",
    "unknown_shape": "none of the shapes of this feed; it is dead-lettered",
    "unknown_source": "no such feed",
    "unreadable_body": "the body, or this line of it, cannot be parsed; it is dead-lettered",
}
# The codes of problems, which concern the whole request.
PROBLEM_CODES: Final = (
    "unauthenticated", "not_found", "method_not_allowed", "payload_too_large", "invalid_input", "rate_limited",
    "store_unavailable", "conflict", "replayed", "unsupported_encoding", "sender_check_unavailable",
    "secrets_unavailable", "internal",
)  # fmt: skip
ITEM_STATUSES: Final = sorted({*HTTP_STATUSES.values(), 409})


def ref(name: str) -> dict[str, str]:
    """Return a reference to one of the schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def build_schemas() -> dict[str, Any]:
    """Return all schemas by name."""
    return {
        "ClientId": _json_schema(ClientId),
        "Event": _event(),
        "Payload": {
            "description": "A payload in the shape of the source's provider, or an event in the Brain's own shape.",
            "anyOf": [ref("Event"), {"type": "object"}],
        },
        "Form": {
            "description": "A webhook with form fields.",
            "type": "object",
            "additionalProperties": {"type": "string"},
        },
        "Item": _item(),
        "Results": _results(),
        "Problem": _problem(),
    }


def _json_schema(annotation: Any) -> dict[str, Any]:
    return TypeAdapter(annotation).json_schema()


def _event() -> dict[str, Any]:
    """Return the schema of a sent event: the fields of an event without those that the Brain fills in."""
    properties = _json_schema(Event)["properties"]
    descriptive = ("currency", "content_id", "content_type", "platform", "vertical")
    fields = {name: _without_title(properties[name]) for name in (*METRICS, *QUALITIES, *descriptive)}
    return {
        "description": "A missing or null metric is unknown; 0 is 0. An event_id makes a repeated event a duplicate.",
        "type": "object",
        "additionalProperties": False,
        "required": ["occurred_at"],
        "properties": {
            "event_id": _json_schema(EventId) | {"description": "The sender's own id of the event."},
            "occurred_at": {
                "type": "string",
                "format": "date-time",
                "description": f"When it happened, with a UTC offset; at most {format_hours(LATEST_LEAD)} ahead and "
                f"{EARLIEST_AGE.days} days back.",
            },
            "feed_type": {"type": "string", "enum": [str(feed) for feed in FeedType]},
            **fields,
            "creator": {"type": "string", "description": "The creator of the content; stored only as a keyed hash."},
            "cumulative": {
                "type": "boolean",
                "description": "The metrics are running totals of content_id; new values are a revision.",
            },
            "schema_version": {"const": SCHEMA_VERSION},
        },
    }


def _without_title(schema: dict[str, Any]) -> dict[str, Any]:
    return {keyword: constraint for keyword, constraint in schema.items() if keyword not in ("title", "default")}


def _item() -> dict[str, Any]:
    codes = "; ".join(f"`{code}`: {meaning}" for code, meaning in ITEM_CODES.items())
    return {
        "description": "The outcome of one item.",
        "type": "object",
        "additionalProperties": False,
        "required": ["index", "status", "outcome"],
        "properties": {
            "index": {"type": "integer", "minimum": 0, "description": "The position of the item in the request."},
            "status": {"type": "integer", "enum": ITEM_STATUSES},
            "outcome": {"type": "string", "enum": [str(outcome) for outcome in IngestStatus]},
            "event_id": {"type": "string", "pattern": "^evt_[0-9a-f]{24}$"},
            "error_code": {"type": "string", "enum": list(ITEM_CODES), "description": codes},
            "message": {"type": "string", "description": "What was expected, what was found, what to do."},
            "dead_letter_id": {"type": "string", "pattern": "^dl_[0-9a-f]{24}$"},
        },
    }


def _results() -> dict[str, Any]:
    counted_outcomes = [str(outcome) for outcome in IngestStatus if outcome is not IngestStatus.UNAVAILABLE]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["correlation_id", "counts", "results"],
        "properties": {
            "correlation_id": {"type": "string"},
            "counts": {
                "type": "object",
                "additionalProperties": False,
                "required": counted_outcomes,
                "properties": {name: {"type": "integer", "minimum": 0} for name in counted_outcomes},
            },
            "results": {"type": "array", "items": ref("Item")},
        },
    }


def _problem() -> dict[str, Any]:
    return {
        "description": "A problem as defined by RFC 9457.",
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "title", "status", "detail", "code", "correlation_id"],
        "properties": {
            "type": {"type": "string", "pattern": "^urn:brain:problem:[a-z_]+$"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What was expected, what was found, what to do."},
            "code": {"type": "string", "enum": list(PROBLEM_CODES)},
            "correlation_id": {"type": "string"},
        },
    }
