"""From a provider's payload to events that may be stored: read, identified, without people in them, and valid."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from brain.domain.events import EARLIEST_AGE, LATEST_LEAD, Draft, Event, FeedType, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.registry import read_object
from brain.domain.gateway.identity import identify
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.pseudonyms import Pseudonymizer
from brain.errors import InvalidInputError

__all__ = ["Completed", "FeedContext", "complete", "normalize"]

MAX_RAW_BYTES: Final = 100 * 1024
MAX_ITEMS_DEEP: Final = 4
# What stays of a payload that is too large to keep.
ESSENTIAL_METRICS: Final = (
    "likes", "comments", "shares", "clicks", "opens", "views", "impressions", "engagements", "followers", "sent",
    "bounces",
)  # fmt: skip
_EVENT: Final = TypeAdapter(Event)
_ESSENTIAL_NAMES: Final = {"sends": "sent", "audience_size": "followers"}


class Completed(NamedTuple):
    """An event ready to be stored.

    The same ``event_id`` with the same ``fingerprint`` is a duplicate. With another fingerprint it is a revision when
    ``cumulative``, else a conflict. ``people`` are the pseudonyms in it. ``undated`` says that ``occurred_at`` is
    only when a running total was known, so that a revision keeps the first.
    """

    event: Event
    fingerprint: str
    cumulative: bool
    people: tuple[str, ...]
    undated: bool


def normalize(source: str | FeedType, payload: Any, context: FeedContext) -> list[FeedOutcome]:
    """Return a draft, a rejection or a reason to ignore for everything that ``payload`` (parsed JSON) holds.

    Batches, pages and reports are flattened in their order. Never raises for what a sender sent.
    """
    try:
        feed = FeedType(source)
    except ValueError:
        return [Rejected("unknown_source", f"Expected a feed, one of {', '.join(FeedType)}; another name came.")]
    return _read(payload, feed, _with_source(context, feed), MAX_ITEMS_DEEP)


def complete(draft: Draft, context: FeedContext, keys: IdentityKeys) -> Completed | Rejected:
    """Return ``draft`` as a valid event with its identity and without people in it, or why it cannot be one.

    The id and the fingerprint are taken from the payload as it came; then people become pseudonyms, a payload over
    100 KB is reduced to its essential metrics, and the event is validated with one message for each bad field.
    """
    if draft.occurred_at is None:
        return Rejected("missing_time", "Expected the time when it happened; none came. Send it with its offset.")
    outside = _outside_window(draft.occurred_at, context)
    if outside:
        return outside
    try:
        identity = identify(draft, context.client_id, keys)
    except InvalidInputError as error:
        return Rejected("invalid_field", error.message)
    pseudonymizer = Pseudonymizer(context.client_id, keys, draft.personal)
    creator_hash = pseudonymizer.pseudonymize(draft.creator) if draft.creator else None
    raw = pseudonymizer.scrub_payload(
        draft.raw if identity.payload_bytes <= MAX_RAW_BYTES else _essential(draft, identity.payload_bytes)
    )
    try:
        event = _EVENT.validate_python(_fields(draft, context, pseudonymizer) | {
            "event_id": identity.event_id, "creator_hash": creator_hash, "raw_data": raw,
        })  # fmt: skip
    except ValidationError as error:
        return Rejected("invalid_field", _explained(error))
    people = tuple(sorted(set(pseudonymizer.pseudonyms.values())))
    return Completed(event, identity.fingerprint, draft.cumulative, people, draft.undated)


def _with_source(context: FeedContext, source: FeedType) -> FeedContext:
    return FeedContext(
        context.client_id, context.received_at, context.signed_at, context.vertical,
        context.correlation_id, context.backfill, context.field_map, source,
    )  # fmt: skip


def _read(payload: Any, source: FeedType, context: FeedContext, depth: int) -> list[FeedOutcome]:
    if isinstance(payload, list) and depth:
        if not payload:
            return []
        return [outcome for item in payload for outcome in _read(item, source, context, depth - 1)]
    if not isinstance(payload, Mapping):
        return [
            Rejected(
                "unknown_shape", f"Expected a JSON object or an array of objects for {source}; another value came."
            )
        ]
    wrapped = _unwrapped(payload)
    if wrapped is not None and depth:
        return _read(wrapped, source, context, depth - 1)
    return read_object(payload, source, context)


def _unwrapped(item: Mapping[str, Any]) -> Any:
    """Return what a recorder of payloads put under ``payload``, all its own names starting with an underscore."""
    if "payload" in item and all(name.startswith("_") for name in item if name != "payload"):
        return item["payload"]
    return None


def _outside_window(occurred_at: datetime, context: FeedContext) -> Rejected | None:
    if occurred_at.tzinfo is None:
        return Rejected("missing_time", "Expected a time with its offset from UTC; a naive one came.")
    if occurred_at > context.received_at + LATEST_LEAD:
        return Rejected(
            "future_time",
            "occurred_at: expected at most 1 hour ahead of receipt; a later time came. Check the sender's clock.",
        )
    if not context.backfill and occurred_at < context.received_at - EARLIEST_AGE:
        return Rejected(
            "too_old",
            "occurred_at: expected at most 365 days before receipt; an earlier time came. Send history by backfill.",
        )
    return None


def _fields(draft: Draft, context: FeedContext, pseudonymizer: Pseudonymizer) -> dict[str, Any]:
    """Return the fields of the event but for its identity; texts go through the same eye for people as the payload."""

    def clean(value: Any) -> Any:
        return pseudonymizer.scrub_text(value) if isinstance(value, str) else value

    return {
        **draft.metrics,
        **draft.qualities,
        "client_id": context.client_id,
        "feed_type": draft.feed_type,
        "occurred_at": draft.occurred_at,
        "received_at": context.received_at,
        "currency": draft.currency,
        "content_id": clean(draft.content_id),
        "content_type": clean(draft.content_type),
        "platform": clean(draft.platform),
        "vertical": clean(draft.vertical) or context.vertical,
        "correlation_id": context.correlation_id,
    }


def _essential(draft: Draft, payload_bytes: int) -> dict[str, Any]:
    named = {_ESSENTIAL_NAMES.get(name, name): value for name, value in draft.metrics.items()}
    kept: dict[str, Any] = {name: named[name] for name in ESSENTIAL_METRICS if name in named}
    return {"reduced": True, "original_bytes": payload_bytes, **kept}


def _explained(error: ValidationError) -> str:
    """Return one sentence a field, without the value that came, which may name a person."""
    faults = {
        ".".join(map(str, fault["loc"])): fault["msg"] for fault in error.errors(include_input=False, include_url=False)
    }
    return "; ".join(f"{name}: {message[0].lower()}{message[1:]}" for name, message in faults.items())
