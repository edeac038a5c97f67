"""Scores events in the order they happened, each against the days before its own; files and jobs share it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from brain.domain.days import breakdowns, sums
from brain.domain.days.sums import Contribution, Days
from brain.domain.events import Event
from brain.domain.scoring import PlatformHistory, Score, ScoringConfig, Weights, score


@dataclass(frozen=True, slots=True)
class Scored:
    """An event, its score, and what it was booked with on its day."""

    event: Event
    score: Score
    booked: Contribution


class Scorer:
    """Scores one client's events into its days; ``days``, the history, and ``breakdowns`` are changed in place."""

    def __init__(
        self,
        days: Days,
        weights: Weights,
        *,
        as_of: datetime,
        time_zone: ZoneInfo,
        config: ScoringConfig,
        breakdowns: Days | None = None,
    ) -> None:
        self.days = days
        self.breakdowns = {} if breakdowns is None else breakdowns
        self._weights = weights
        self._as_of = as_of
        self._time_zone = time_zone
        self._config = config
        self._histories: dict[tuple[str | None, date], PlatformHistory] = {}

    def score_all(self, events: Iterable[Event], earlier: Mapping[str, Contribution] | None = None) -> list[Scored]:
        """Return the events scored; ``earlier`` has what revised events were booked with before, by event id."""
        return [self._score(event, (earlier or {}).get(event.event_id)) for event in events]

    def _score(self, event: Event, before: Contribution | None) -> Scored:
        if before is not None:
            sums.take_away(self.days, before)
            breakdowns.take_away(self.breakdowns, before)
            self._forget_after(before.day)
        day = sums.event_day(event, self._time_zone)
        scored = score(event, self._history(event, day), self._weights, as_of=self._as_of, config=self._config)
        late = before.sums["late_seconds"] if before else None
        change = sums.contribution(event, scored, self._time_zone, late)
        booked = sums.add(self.days, breakdowns.named(change, event, self._time_zone))
        booked = breakdowns.add(self.breakdowns, booked)
        self._forget_after(booked.day)
        return Scored(event, scored, booked)

    def _history(self, event: Event, day: date) -> PlatformHistory:
        key = (event.platform or event.feed_type, day)
        if key not in self._histories:
            self._histories[key] = sums.history(self.days, key[0], day, self._config)
        return self._histories[key]

    def _forget_after(self, day: str) -> None:
        """Drop remembered histories that a change on ``day`` is part of."""
        if any(key[1].isoformat() > day for key in self._histories):
            self._histories = {k: h for k, h in self._histories.items() if k[1].isoformat() <= day}
