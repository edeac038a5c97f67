"""Score events in the order they happened, each against the days before its own; shared by files and jobs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from brain.domain.days import breakdowns, sums
from brain.domain.days.sums import Days, EventContribution
from brain.domain.events import Event
from brain.domain.scoring import PlatformHistory, Score, ScoringConfig, Weights, score


@dataclass(frozen=True, slots=True)
class ScoredEvent:
    """An event, its score, and what it contributed to the sums of its day.

    ``omitted`` are the metrics that were left out of the sums because these would have become too large.
    """

    event: Event
    score: Score
    contribution: EventContribution
    omitted: tuple[str, ...] = ()


class Scorer:
    """Scores the events of one client and adds them to its ``days`` and ``breakdowns``, which change in place.

    ``days`` is also the history that later events are scored against.
    """

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
        self._history_day = date.min
        self._histories: dict[str, PlatformHistory] = {}  # of one day, by platform

    def score_all(
        self, events: Iterable[Event], earlier_contributions: Mapping[str, EventContribution] | None = None
    ) -> list[ScoredEvent]:
        """Score events in order.

        Args:
            events: New and revised events.
            earlier_contributions: What the earlier revision of a revised event contributed, by event id.
        """
        return [self._score(event, (earlier_contributions or {}).get(event.event_id)) for event in events]

    def _score(self, event: Event, earlier: EventContribution | None) -> ScoredEvent:
        if earlier is not None:
            sums.subtract(self.days, earlier)
            breakdowns.subtract(self.breakdowns, earlier)
            self._forget_histories_after(earlier.day)
        day = sums.resolve_event_day(event, self._time_zone)
        event_score = score(event, self._history(event, day), self._weights, as_of=self._as_of, config=self._config)
        late_seconds = earlier.sums.get("late_seconds") if earlier else None
        contribution = sums.build_contribution(event, event_score, self._time_zone, late_seconds)
        contribution = breakdowns.assign_breakdown(contribution, event, self._time_zone)
        metrics = contribution.sums.keys()
        contribution = sums.add(self.days, contribution)
        omitted = tuple(sorted(metrics - contribution.sums.keys()))
        contribution = breakdowns.add(self.breakdowns, contribution)
        self._forget_histories_after(contribution.day)
        return ScoredEvent(event, event_score, contribution, omitted)

    def _history(self, event: Event, day: date) -> PlatformHistory:
        platform = event.platform or event.feed_type
        if day != self._history_day:
            self._history_day, self._histories = day, {}
        if platform not in self._histories:
            self._histories[platform] = sums.build_history(self.days, platform, day, self._config)
        return self._histories[platform]

    def _forget_histories_after(self, day: str) -> None:
        """Drop the cached histories if a change on ``day`` affects them."""
        if day < self._history_day.isoformat():
            self._histories = {}
