"""Every conversion between the domain's values and documents; a metric that is unknown is an absent field."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from brain.domain.days.sums import EventContribution
from brain.domain.events import METRICS, Event, FeedType
from brain.domain.scoring import Score
from brain.ports.document_store import Document, Transform

EVENT_FIELDS = tuple(f.name for f in fields(Event))
SCORE_FIELDS = tuple(f.name for f in fields(Score))
PLAIN_EVENT_FIELDS = tuple(name for name in EVENT_FIELDS if name not in {"raw_data", "feed_type"})


def event_document(event: Event) -> dict[str, Any]:
    """Return an event's fields.

    The payload is stored as JSON text: providers nest arrays and name fields as no document may, and nothing
    queries inside it.
    """
    document = {name: value for name in PLAIN_EVENT_FIELDS if (value := getattr(event, name)) is not None}
    document["feed_type"] = str(event.feed_type)
    document["raw_data"] = json.dumps(event.raw_data, ensure_ascii=False, separators=(",", ":"))
    return document


def new_event_document(event: Event, fingerprint: str, *, cumulative: bool) -> dict[str, Any]:
    """Return the document of an event that was never seen: unscored, at its first revision."""
    return event_document(event) | {
        "fingerprint": fingerprint,
        "cumulative": cumulative,
        "revision": 0,
        "unscored": True,
        "stored_at": Transform.SERVER_TIME,
    }


def increments(before: Event, after: Event) -> dict[str, int | float]:
    """Return by how much each metric that both report changed; a correction may lower one."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in METRICS)
    return {name: new - old for name, old, new in pairs if old is not None and new is not None}


def event_from(document: Document) -> Event:
    """Return the event that a document holds."""
    values = {name: document[name] for name in PLAIN_EVENT_FIELDS if name in document}
    raw = json.loads(document.get("raw_data", "{}"))
    return Event(**values, feed_type=FeedType(document["feed_type"]), raw_data=raw)


def score_document(score: Score, booked: EventContribution) -> dict[str, Any]:
    """Return a score with what it contributed to its day."""
    return {name: getattr(score, name) for name in SCORE_FIELDS} | {
        "neutral": list(score.neutral),
        "components": dict(score.components),
        "inputs": dict(score.inputs),
        "contribution": {
            "day": booked.day,
            "group": booked.group,
            "sums": dict(booked.sums),
            "breakdown": booked.breakdown,
        },
    }


def contribution_from(score: Document) -> EventContribution:
    """Return what a stored score contributed to its day."""
    stored: Mapping[str, Any] = score["contribution"]
    return EventContribution(stored["day"], stored["group"], dict(stored["sums"]), stored.get("breakdown"))
