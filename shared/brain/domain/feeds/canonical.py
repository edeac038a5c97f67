"""The canonical event: the Brain's own format, for senders that write their own adapter."""

import re
from collections.abc import Iterable
from dataclasses import fields
from heapq import nsmallest
from typing import Any, Final

from brain.domain.events import METRICS, QUALITIES, SCHEMA_VERSION, Draft, Event, FeedType, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.times import describe_time, parse_time
from brain.errors import InvalidInputError

_EVENT_FIELDS: Final = frozenset(field.name for field in fields(Event))
# A sender may set these fields in addition to those of a stored event.
_ACCEPTED_FIELDS: Final = _EVENT_FIELDS | {"creator", "cumulative"}
# Any other name may identify a person, and is not repeated in an error.
_FIELD_NAME: Final = re.compile(r"[A-Za-z_]{1,40}")
_EVENT_ID: Final = re.compile(r"(?!__.*__$)[A-Za-z0-9_-]{1,128}")
_MAX_NAMED_FIELDS: Final = 20  # the sender learns as much from these
_DISTINCTIVE_FIELDS: Final = frozenset({*METRICS, *QUALITIES, "content_id", "content_type", "event_id", "raw_data"})


def matches_exactly(payload: JsonObject) -> bool:
    """Recognize an event that has only fields of an event: a time, and something measured or identified."""
    return matches(payload) and _ACCEPTED_FIELDS.issuperset(payload)


def matches(payload: JsonObject) -> bool:
    """Recognize an event by a time and something measured or identified, whatever other fields it has."""
    return "occurred_at" in payload and not _DISTINCTIVE_FIELDS.isdisjoint(payload)


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the draft of one canonical event, or the rejection that lists every fault.

    Metrics are not converted: in this format a number must be a number, so validation rejects a text or true.
    """
    faults = _find_faults(payload, context)
    occurred_at = None
    try:
        occurred_at = parse_time(payload["occurred_at"])
    except InvalidInputError as error:
        faults.append(f"occurred_at: {error.message}{describe_time(payload['occurred_at'])}")
    feed_type = _parse_feed_type(payload, context.source, faults)
    if faults or feed_type is None:
        return [Rejected("invalid_field", "; ".join(faults))]
    return [_build_draft(payload, feed_type, occurred_at)]


def _find_faults(payload: JsonObject, context: FeedContext) -> list[str]:
    unknown_names = nsmallest(_MAX_NAMED_FIELDS, set(payload) - _ACCEPTED_FIELDS)
    faults = [
        f"{name if _FIELD_NAME.fullmatch(name) else 'a field'}: expected a field of an event, got an unknown name; "
        "correct it, or move it into raw_data"
        for name in unknown_names
    ]
    if payload.get("client_id", context.client_id) != context.client_id:
        faults.append("client_id: expected the client of the URL, got another")
    if payload.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        faults.append(f"schema_version: expected {SCHEMA_VERSION}, got another")
    event_id = payload.get("event_id")
    if event_id is not None and not (isinstance(event_id, str) and _EVENT_ID.fullmatch(event_id)):
        faults.append("event_id: expected 1 to 128 of A-Z, a-z, 0-9, _ and -")
    if not isinstance(payload.get("creator"), str | None):
        faults.append("creator: expected a text")
    return faults


def _parse_feed_type(payload: JsonObject, source: FeedType, faults: list[str]) -> FeedType | None:
    try:
        return FeedType(payload.get("feed_type", source))
    except ValueError:
        faults.append(f"feed_type: expected one of {', '.join(FeedType)}")
        return None


def _build_draft(payload: JsonObject, feed_type: FeedType, occurred_at: Any) -> Draft:
    cumulative = payload.get("cumulative") is True and bool(payload.get("content_id"))
    return Draft(
        feed_type=feed_type,
        occurred_at=occurred_at,
        raw=payload,
        provider_event_id=payload.get("event_id"),
        content_key=("content", str(payload["content_id"])) if cumulative else (),
        cumulative=cumulative,
        metrics={name: payload[name] for name in METRICS if payload.get(name) is not None},
        qualities={name: payload[name] for name in QUALITIES if payload.get(name) is not None},
        currency=payload.get("currency"),
        content_id=payload.get("content_id"),
        content_type=payload.get("content_type"),
        platform=payload.get("platform"),
        vertical=payload.get("vertical"),
        creator=payload.get("creator"),
        volatile=frozenset({"received_at", "correlation_id"}),
    )


_DESCRIPTION: Final = "a canonical event (occurred_at with metrics such as likes, clicks or impressions)"
SHAPES = (
    PayloadShape(FeedType.CUSTOM, _DESCRIPTION, matches_exactly, read, names=("occurred_at",)),
    PayloadShape(FeedType.CUSTOM, _DESCRIPTION, matches, read, is_ambiguous=True, names=("occurred_at",)),
)
