"""The values of ingest's published contract as JSON Schema, each made from the type that the service uses."""

from typing import Any, Final

from pydantic import TypeAdapter

from brain.domain.events import METRICS, QUALITIES, SCHEMA_VERSION, ClientId, Event, EventId, FeedType
from brain.domain.gateway.results import STATUSES, Outcome

# Why an item is no event, or not yet one.
ITEM_CODES: Final = {
    "conflict": "an event with this id but other content is stored; this one is kept aside",
    "conflict_retry": "others revise this event at the same time; send again",
    "future_time": "occurred_at is more than an hour ahead",
    "internal": "a fault on our side; the request is kept and will be tried again",
    "invalid_field": "a field breaks its rule; the message names it",
    "missing_time": "no readable time",
    "provider_error": "the provider's own error instead of data",
    "source_mismatch": "the payload belongs to another feed",
    "store_refused": "no store takes it as it is; it is kept aside",
    "store_unavailable": "the store did not answer; send again",
    "too_old": "occurred_at is more than 365 days back; send history by backfill",
    "unknown_shape": "none of the shapes that this feed knows; it is kept aside",
    "unknown_source": "no such feed",
    "unreadable_body": "the body, or this line of it, cannot be read; it is kept aside",
}
# The codes of problems, which are about the whole request.
PROBLEM_CODES: Final = (
    "unauthenticated", "not_found", "method_not_allowed", "payload_too_large", "invalid_input", "rate_limited",
    "store_unavailable", "conflict", "replayed", "sender_check_unavailable", "secrets_unavailable", "internal",
)  # fmt: skip
STATUSES_OF_ITEMS: Final = sorted({*STATUSES.values(), 409})


def ref(name: str) -> dict[str, str]:
    """Return a reference to one of the schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def schemas() -> dict[str, Any]:
    """Return all schemas by name."""
    return {
        "ClientId": _of(ClientId),
        "Event": _event(),
        "Payload": {
            "description": "A payload of the source's provider, in its own shape, or an event in the Brain's own.",
            "anyOf": [ref("Event"), {"type": "object"}],
        },
        "Form": {
            "description": "A webhook that comes as form fields.",
            "type": "object",
            "additionalProperties": {"type": "string"},
        },
        "Item": _item(),
        "Results": _results(),
        "Problem": _problem(),
    }


def _of(kind: Any) -> dict[str, Any]:
    return TypeAdapter(kind).json_schema()


def _event() -> dict[str, Any]:
    """Return what a sender may say: an event's fields without those that the Brain fills in."""
    stored = _of(Event)["properties"]
    named = ("currency", "content_id", "content_type", "platform", "vertical")
    fields = {name: _plain(stored[name]) for name in (*METRICS, *QUALITIES, *named)}
    return {
        "description": "Metrics that are left out or null are unknown; 0 is 0. Ids make resends duplicates.",
        "type": "object",
        "additionalProperties": False,
        "required": ["occurred_at"],
        "properties": {
            "event_id": _of(EventId) | {"description": "The sender's own id of this event."},
            "occurred_at": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened, with its offset; at most an hour ahead and 365 days back.",
            },
            "feed_type": {"type": "string", "enum": [str(feed) for feed in FeedType]},
            **fields,
            "creator": {"type": "string", "description": "Who made the content; stored as a keyed hash only."},
            "cumulative": {
                "type": "boolean",
                "description": "The metrics are running totals of content_id: new values are a revision.",
            },
            "schema_version": {"const": SCHEMA_VERSION},
        },
    }


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in ("title", "default")}


def _item() -> dict[str, Any]:
    codes = "; ".join(f"`{code}`: {meaning}" for code, meaning in ITEM_CODES.items())
    return {
        "description": "The end that one item came to.",
        "type": "object",
        "additionalProperties": False,
        "required": ["index", "status", "outcome"],
        "properties": {
            "index": {"type": "integer", "minimum": 0, "description": "Its place among what the request held."},
            "status": {"type": "integer", "enum": STATUSES_OF_ITEMS},
            "outcome": {"type": "string", "enum": [str(outcome) for outcome in Outcome]},
            "event_id": {"type": "string", "pattern": "^evt_[0-9a-f]{24}$"},
            "error_code": {"type": "string", "enum": list(ITEM_CODES), "description": codes},
            "message": {"type": "string", "description": "What was expected, what came, what to do."},
            "dead_letter_id": {"type": "string", "pattern": "^dl_[0-9a-f]{24}$"},
        },
    }


def _results() -> dict[str, Any]:
    counted = [str(outcome) for outcome in Outcome if outcome is not Outcome.UNAVAILABLE]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["correlation_id", "counts", "results"],
        "properties": {
            "correlation_id": {"type": "string"},
            "counts": {
                "type": "object",
                "additionalProperties": False,
                "required": counted,
                "properties": {name: {"type": "integer", "minimum": 0} for name in counted},
            },
            "results": {"type": "array", "items": ref("Item")},
        },
    }


def _problem() -> dict[str, Any]:
    return {
        "description": "A problem as RFC 9457 has it.",
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "title", "status", "detail", "code", "correlation_id"],
        "properties": {
            "type": {"type": "string", "pattern": "^urn:brain:problem:[a-z_]+$"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What was expected, what came, what to do."},
            "code": {"type": "string", "enum": list(PROBLEM_CODES)},
            "correlation_id": {"type": "string"},
        },
    }
