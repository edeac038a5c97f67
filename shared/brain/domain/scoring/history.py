"""What a score needs to know of the past: one platform's events in the 30 days before the day of an event."""

from dataclasses import dataclass

from pydantic import ConfigDict


@dataclass(frozen=True, slots=True)
class PlatformHistory:
    """Sums over a client's earlier events on one platform, excluding the event's own day.

    ``events`` counts those with known engagements in the last 30 days, ``recent_events`` those of the last 7;
    ``rated_*`` cover the events whose audience was known too.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    events: int = 0
    engagements: int = 0
    recent_events: int = 0
    recent_engagements: int = 0
    rated_events: int = 0
    rated_engagements: int = 0
    rated_audience: int = 0


NO_HISTORY = PlatformHistory()
