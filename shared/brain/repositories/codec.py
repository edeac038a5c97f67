"""Conversions between events, scores and documents; an unknown metric is an absent field."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from brain.domain.days.sums import EventContribution
from brain.domain.events import METRICS, Event, Fact, FeedType
from brain.domain.scoring import Score
from brain.ports.document_store import Document, Transform

EVENT_FIELDS = tuple(field.name for field in dataclasses.fields(Event))
SCORE_FIELDS = tuple(field.name for field in dataclasses.fields(Score))
PLAIN_EVENT_FIELDS = tuple(name for name in EVENT_FIELDS if name not in {"raw_data", "feed_type"})
_read_plain_fields = attrgetter(*PLAIN_EVENT_FIELDS)
_encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def event_to_document(event: Event) -> dict[str, Any]:
    """Return the fields of an event.

    The payload is stored as JSON text: providers nest arrays and use field names that documents may not have, and no
    query reads it.
    """
    fields = zip(PLAIN_EVENT_FIELDS, _read_plain_fields(event), strict=True)
    document = {name: field for name, field in fields if field is not None and field is not False}
    document["feed_type"] = str(event.feed_type)
    document["raw_data"] = _encode_json(event.raw_data)
    return document


def facts_to_document(facts: Mapping[str, Fact]) -> dict[str, Any]:
    """Return the facts of a record as a field of its document, nothing for a total without facts."""
    values = {name: {"value": fact.value, "as_of": fact.as_of} for name, fact in facts.items()}
    return {"facts": values} if values else {}


def facts_from_document(document: Document) -> dict[str, Fact]:
    """Return the facts of a record."""
    return {name: Fact(fact["value"], fact["as_of"]) for name, fact in document.get("facts", {}).items()}


def new_event_to_document(
    event: Event,
    fingerprint: str,
    *,
    cumulative: bool,
    as_of: datetime | None = None,
    facts: Mapping[str, Fact] | None = None,
) -> dict[str, Any]:
    """Return the document of a new event: unscored, and not revised yet.

    Args:
        event: The event.
        fingerprint: The fingerprint of its content.
        cumulative: Whether its metrics are running totals.
        as_of: When a running total was true, if not when it was received.
        facts: What is known about a record.
    """
    provider_time = {"as_of": as_of} if cumulative and as_of and as_of != event.received_at else {}
    return (
        event_to_document(event)
        | provider_time
        | facts_to_document(facts or {})
        | {
            "fingerprint": fingerprint,
            "cumulative": cumulative,
            "revision": 0,
            "unscored": True,
            "stored_at": Transform.SERVER_TIME,
        }
    )


def compute_increments(before: Event, after: Event) -> dict[str, int | float]:
    """Return the change of each metric that both revisions report; a correction or a retraction may be negative."""
    metrics = [(name, getattr(before, name), getattr(after, name)) for name in METRICS]
    if after.retracted:
        return {name: -old for name, old, _ in metrics if old is not None}
    return {name: new - old for name, old, new in metrics if old is not None and new is not None}


def event_from_document(document: Document) -> Event:
    """Return the event of a document."""
    fields = {name: document[name] for name in PLAIN_EVENT_FIELDS if name in document}
    raw = json.loads(document.get("raw_data", "{}"))
    return Event(**fields, feed_type=FeedType(document["feed_type"]), raw_data=raw)


def score_to_document(score: Score, contribution: EventContribution) -> dict[str, Any]:
    """Return a score and its contribution to the daily sums."""
    return {name: getattr(score, name) for name in SCORE_FIELDS} | {
        "neutral": list(score.neutral),
        "components": dict(score.components),
        "inputs": dict(score.inputs),
        "contribution": {
            "day": contribution.day,
            "group": contribution.group,
            "sums": dict(contribution.sums),
            "breakdown": contribution.breakdown,
        },
    }


def contribution_from_document(score: Document) -> EventContribution:
    """Return the contribution of a stored score to the daily sums."""
    stored: Mapping[str, Any] = score["contribution"]
    return EventContribution(stored["day"], stored["group"], dict(stored["sums"]), stored.get("breakdown"))
