"""The Brain's own form of an event, for senders that write an adapter of their own."""

import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from brain.domain.events import METRICS, QUALITIES, SCHEMA_VERSION, Draft, Event, FeedType, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.moments import moment
from brain.domain.feeds.shapes import Item, Shape
from brain.errors import InvalidInputError

_FIELDS: Final = frozenset(field.name for field in fields(Event))
# What a sender may say besides the fields of a stored event.
_INPUT: Final = _FIELDS | {"creator", "cumulative"}
_NAME: Final = re.compile(r"[A-Za-z_]{1,40}")  # another text may name a person, and is not repeated
_EVENT_ID: Final = re.compile(r"(?!__.*__$)[A-Za-z0-9_-]{1,128}")
_TELLTALE: Final = frozenset({*METRICS, *QUALITIES, "content_id", "content_type", "event_id", "raw_data"})


def matches_exactly(item: Item) -> bool:
    """Tell by own fields alone: a time, and something measured or identified."""
    return matches(item) and _INPUT.issuperset(item)


def matches(item: Item) -> bool:
    """Tell by a time and something measured or identified, beside fields that an event does not have."""
    return "occurred_at" in item and not _TELLTALE.isdisjoint(item)


def read(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return the draft of one canonical event, or the rejection that lists every fault.

    Metrics stay as they came: in this form a number is a number, so a text or true is refused by validation.
    """
    strange = sorted(set(item) - _INPUT)
    faults = [f"{name if _NAME.fullmatch(name) else 'a field'}: no such field of an event" for name in strange]
    if item.get("client_id", context.client_id) != context.client_id:
        faults.append("client_id: expected the client of the address, another came")
    if item.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        faults.append(f"schema_version: expected {SCHEMA_VERSION}, another came")
    event_id = item.get("event_id")
    if event_id is not None and not (isinstance(event_id, str) and _EVENT_ID.fullmatch(event_id)):
        faults.append("event_id: expected 1 to 128 of A-Z, a-z, 0-9, _ and -")
    if not isinstance(item.get("creator"), str | None):
        faults.append("creator: expected a text")
    occurred_at = None
    try:
        occurred_at = moment(item["occurred_at"])
    except InvalidInputError as error:
        faults.append(f"occurred_at: {error.message}")
    feed_type = _feed_type(item, context.source, faults)
    if faults or feed_type is None:
        return [Rejected("invalid_field", "; ".join(faults))]
    return [_draft(item, feed_type, occurred_at)]


def _feed_type(item: Item, source: FeedType, faults: list[str]) -> FeedType | None:
    try:
        return FeedType(item.get("feed_type", source))
    except ValueError:
        faults.append(f"feed_type: expected one of {', '.join(FeedType)}")
        return None


def _draft(item: Item, feed_type: FeedType, occurred_at: Any) -> Draft:
    cumulative = item.get("cumulative") is True and bool(item.get("content_id"))
    return Draft(
        feed_type=feed_type,
        occurred_at=occurred_at,
        raw=item,
        provider_event_id=item.get("event_id"),
        content_key=("content", str(item["content_id"])) if cumulative else (),
        cumulative=cumulative,
        metrics={name: item[name] for name in METRICS if item.get(name) is not None},
        qualities={name: item[name] for name in QUALITIES if item.get(name) is not None},
        currency=item.get("currency"),
        content_id=item.get("content_id"),
        content_type=item.get("content_type"),
        platform=item.get("platform"),
        vertical=item.get("vertical"),
        creator=item.get("creator"),
        volatile=frozenset({"received_at", "correlation_id"}),
    )


_EXPECTS: Final = "a canonical event (occurred_at with metrics such as likes, clicks or impressions)"
SHAPES = (
    Shape(FeedType.CUSTOM, _EXPECTS, matches_exactly, read),
    Shape(FeedType.CUSTOM, _EXPECTS, matches, read, vague=True),
)
