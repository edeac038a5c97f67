"""The "hot now" list: a client's best recent events, whose attention is recomputed for any moment."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from brain.domain.days.scorer import ScoredEvent
from brain.domain.scoring import ScoringConfig
from brain.domain.scoring.components import compute_temporal

MAX_ENTRIES = 20
WINDOW = timedelta(days=7)


def build_entry(scored_event: ScoredEvent) -> dict[str, Any]:
    """Return the fields of a scored event that the list stores."""
    event = scored_event.event
    return {
        "event_id": event.event_id,
        "occurred_at": event.occurred_at,
        "platform": event.platform,
        "content_id": event.content_id,
        "content_type": event.content_type,
        "performance": scored_event.score.performance,
        "confidence": scored_event.score.confidence,
    }


def merge_entries(
    stored_entries: Iterable[Mapping[str, Any]], scored_events: Iterable[ScoredEvent], now: datetime
) -> list[dict[str, Any]]:
    """Return the best entries of the last seven days by performance; a re-scored event replaces its earlier entry."""
    by_id = {entry["event_id"]: dict(entry) for entry in stored_entries}
    by_id |= {scored_event.event.event_id: build_entry(scored_event) for scored_event in scored_events}
    recent = [entry for entry in by_id.values() if entry["occurred_at"] > now - WINDOW]
    return sorted(recent, key=lambda entry: (-entry["performance"], entry["event_id"]))[:MAX_ENTRIES]


def rank_by_attention(
    entries: Sequence[Mapping[str, Any]], now: datetime, config: ScoringConfig
) -> list[dict[str, Any]]:
    """Return the entries by attention at ``now``, highest first: performance times the temporal component."""
    ranking = []
    for entry in entries:
        decay = config.baselines.get(entry["platform"] or "", config.other_baseline).decay
        temporal = compute_temporal(entry["occurred_at"], now, decay, config.temporal.minimum)
        ranking.append({**entry, "attention": entry["performance"] * temporal})
    return sorted(ranking, key=lambda entry: (-entry["attention"], entry["event_id"]))
