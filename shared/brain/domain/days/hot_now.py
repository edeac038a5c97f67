"""The "hot now" list: a client's best recent events, whose attention is recomputed for any moment."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from brain.domain.days.scorer import ScoredEvent
from brain.domain.scoring import ScoringConfig
from brain.domain.scoring.components import compute_temporal
from brain.domain.types import to_key_name

MAX_HOT_EVENTS = 20
WINDOW = timedelta(days=7)


def to_hot_event(scored_event: ScoredEvent) -> dict[str, Any]:
    """Return the fields of a scored event that the list stores."""
    event = scored_event.event
    return {
        "event_id": event.event_id,
        "occurred_at": event.occurred_at,
        "platform": event.platform and to_key_name(event.platform),
        "content_id": event.content_id,
        "content_type": event.content_type and to_key_name(event.content_type),
        "performance": scored_event.score.performance,
        "confidence": scored_event.score.confidence,
    }


def merge_hot_events(
    hot_events: Iterable[Mapping[str, Any]], scored_events: Sequence[ScoredEvent], now: datetime
) -> list[dict[str, Any]]:
    """Return the best events of the last seven days by performance; a re-scored event replaces its earlier form."""
    by_id = {event["event_id"]: dict(event) for event in hot_events}
    by_id |= {scored_event.event.event_id: to_hot_event(scored_event) for scored_event in scored_events}
    retracted = {scored_event.event.event_id for scored_event in scored_events if scored_event.event.retracted}
    recent = [e for e in by_id.values() if e["occurred_at"] > now - WINDOW and e["event_id"] not in retracted]
    return sorted(recent, key=lambda event: (-event["performance"], event["event_id"]))[:MAX_HOT_EVENTS]


def rank_by_attention(
    hot_events: Sequence[Mapping[str, Any]], now: datetime, config: ScoringConfig
) -> list[dict[str, Any]]:
    """Return the events by attention at ``now``, highest first: performance times the temporal component."""
    ranking = []
    for event in hot_events:
        decay = config.baselines.get(event["platform"] or "", config.other_baseline).decay
        temporal = compute_temporal(event["occurred_at"], now, decay, config.temporal.minimum)
        ranking.append({**event, "attention": event["performance"] * temporal})
    return sorted(ranking, key=lambda event: (-event["attention"], event["event_id"]))
