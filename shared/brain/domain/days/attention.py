"""What is hot now: a short list of a client's best recent events, its attention recomputed for any moment."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from brain.domain.days.scored import Scored
from brain.domain.scoring import ScoringConfig
from brain.domain.scoring.components import temporal

KEPT = 20
WINDOW = timedelta(days=7)


def entry(scored: Scored) -> dict[str, Any]:
    """Return what the list keeps of a scored event."""
    event = scored.event
    return {
        "event_id": event.event_id,
        "occurred_at": event.occurred_at,
        "platform": event.platform,
        "content_id": event.content_id,
        "content_type": event.content_type,
        "performance": scored.score.performance,
        "confidence": scored.score.confidence,
    }


def merged(kept: Iterable[Mapping[str, Any]], new: Iterable[Scored], now: datetime) -> list[dict[str, Any]]:
    """Return the best by performance of the last seven days; a re-scored event replaces its earlier entry."""
    by_id = {item["event_id"]: dict(item) for item in kept} | {s.event.event_id: entry(s) for s in new}
    recent = [item for item in by_id.values() if item["occurred_at"] > now - WINDOW]
    return sorted(recent, key=lambda item: (-item["performance"], item["event_id"]))[:KEPT]


def ranked(items: Sequence[Mapping[str, Any]], now: datetime, config: ScoringConfig) -> list[dict[str, Any]]:
    """Return the list by attention at ``now``: performance times what age leaves."""
    shown = []
    for item in items:
        decay = config.baselines.get(item["platform"] or "", config.other_baseline).decay
        left = temporal(item["occurred_at"], now, decay, config.temporal.minimum)
        shown.append({**item, "attention": item["performance"] * left})
    return sorted(shown, key=lambda item: (-item["attention"], item["event_id"]))
