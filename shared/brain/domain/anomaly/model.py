"""The running model of one series: expectations, residuals, limits, and what a level shift does to them."""

from collections.abc import Sequence
from datetime import datetime
from math import sqrt
from typing import NamedTuple

from brain.domain.anomaly.budget import AlarmBudget
from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.limits import Limits
from brain.domain.anomaly.rhythm import DAY_SECONDS, Rhythm
from brain.domain.anomaly.season import Seasons
from brain.domain.statistics.robust import RunningMedian

Band = tuple[float, float, float]
SEASONAL, SUSTAINED, RECENT = 0, 1, 2
_LARGEST_GROWTH = 4.0


class View(NamedTuple):
    """How one value looks to the model: on the working scale, its residuals, its surprise, and its slots."""

    scaled: float
    residuals: tuple[float, ...]
    surprise: float
    slots: Sequence[int]


class SeriesModel:
    """Judges values against the seasonal level, its sustained (smoothed) error, and the recent median.

    Series with several readings a day have all three residuals; series of daily totals only the first, on the
    square-root scale. A residual that stays beyond its usual peaks on one side for ``shift_readings`` is a level
    shift: the level is learnt anew, and the earlier one remembered for the return.
    """

    def __init__(self, rhythm: Rhythm, budget: AlarmBudget, config: AnomalyConfig) -> None:
        self.rhythm = rhythm
        self.seasons = Seasons(rhythm, config)
        self.limits = Limits(1 if rhythm.rooted else 3, rhythm, budget, config)
        self.recent = RunningMedian(max(1, rhythm.fast_readings))
        self.sustained = 0.0
        self.readings = 0
        self.started = self.last = 0.0
        self.beyond = 0
        self.before: list[float] = []
        self.left: list[float] = []
        self.left_at = 0.0
        self.left_growth = 1.0
        self._smoothing = 1 / config.sustained_readings
        self._floor = config.smallest_scale
        self._recovery_seconds = config.recovery_days * DAY_SECONDS

    def look(self, at: datetime, seconds: float, value: float) -> View:
        """Judge a value, which the seasons learn at once; ``seconds`` is its time since any fixed moment."""
        rhythm = self.rhythm
        if not self.readings:
            self.started = self.last = seconds
        elif seconds - self.last > rhythm.stale_seconds:
            self.recent.restart(())
        age = seconds - self.started
        self.limits.at_time(seconds, counted=self.last - self.started >= rhythm.unlearnt_seconds)
        slots = rhythm.slots(at)
        residuals: tuple[float, ...]
        if rhythm.rooted:
            scaled = sqrt(value) if value >= 0 else -sqrt(-value)
            seasonal = self.seasons.take(scaled, slots, age)
            residuals = (seasonal,)
        else:
            scaled = value
            seasonal = self.seasons.take(scaled, slots, age)
            sustained = self.sustained + self._smoothing * (seasonal - self.sustained)
            residuals = (seasonal, sustained, value - self.recent.median if self.recent else 0.0)
        floor = self._floor * max(abs(scaled), abs(scaled - seasonal))
        return View(scaled, residuals, self.limits.observe(residuals, floor), slots)

    def learn(self, seconds: float, view: View) -> bool:
        """Learn the rest of a judged value and return whether it confirmed a level shift."""
        self.readings += 1
        self.last = seconds
        if not self.rhythm.rooted:
            self.sustained = view.residuals[SUSTAINED]
            self.recent.push(view.scaled)
        return self._shifts(seconds, view.residuals[SEASONAL])

    def _shifts(self, seconds: float, residual: float) -> bool:
        above, below = self.limits.above[SEASONAL].base, self.limits.below[SEASONAL].base
        side = 1 if residual > above else -1 if -residual > below else 0
        self.beyond = self.beyond + side if side * self.beyond > 0 else side
        if abs(self.beyond) < self.rhythm.shift_readings:
            return False
        old = self.seasons.levels()[self.seasons.best]
        self.seasons.rebase(self.rhythm.shift_readings)
        self.left_growth = 1.0
        if self.rhythm.rooted and old > 0:
            self._go_with(self.seasons.levels()[self.seasons.best] / old)
        self.beyond, self.sustained = 0, 0.0
        self.left, self.left_at, self.before = self.before, seconds, []
        return True

    def _go_with(self, growth: float) -> None:
        """Let the seasons shrink or grow with the level; the noise may grow too, so limits only widen."""
        self.left_growth = growth = min(max(growth, 1 / _LARGEST_GROWTH), _LARGEST_GROWTH)
        self.seasons.rescale(growth)
        if growth > 1:
            self.limits.grow(growth)

    def mark(self) -> None:
        """Remember the levels before an incident, in case it turns out to be a level shift."""
        self.before = self.seasons.levels()

    def recovered(self, seconds: float, view: View) -> View | None:
        """Go back to the level that a shift left not long ago, when this value is there, and return how it looks then.

        Returns None when the value is not back.
        """
        seasonal, best = view.residuals[SEASONAL], self.seasons.best
        if len(self.left) <= best or seconds - self.left_at > self._recovery_seconds:
            return None
        above, below = self.limits.above[SEASONAL], self.limits.below[SEASONAL]
        value, old = self.seasons.stages[best].value, self.left[best]
        if not -below.limit <= value - old <= above.limit or -below.base <= value - seasonal - old <= above.base:
            return None
        self.seasons.return_to(self.left, self.rhythm.shift_readings)
        self.seasons.rescale(1 / self.left_growth)
        self.recent.restart(())
        self.left, self.sustained = [], 0.0
        return View(view.scaled, (value - old, 0.0, 0.0)[: len(view.residuals)], -1.0, view.slots)

    def band(self, view: View) -> Band:
        """Return the bounds within which a value would have been quiet, with the expectation between them."""
        limits, residuals = self.limits, view.residuals
        centre = view.scaled - residuals[SEASONAL]
        lower, upper = centre - limits.below[SEASONAL].limit, centre + limits.above[SEASONAL].limit
        if len(residuals) > RECENT:
            recent = view.scaled - residuals[RECENT]
            low, high = recent - limits.below[RECENT].limit, recent + limits.above[RECENT].limit
            if max(lower, low) <= min(upper, high):
                lower, upper = max(lower, low), min(upper, high)
        return self._as_values(lower, min(max(centre, lower), upper), upper)

    def forecast(self, at: datetime) -> Band:
        """Return the band for a point that is not judged."""
        centre = self.seasons.expected(self.rhythm.slots(at))
        above, below = self.limits.above[SEASONAL], self.limits.below[SEASONAL]
        return self._as_values(centre - below.limit, centre, centre + above.limit)

    def _as_values(self, lower: float, centre: float, upper: float) -> Band:
        """Return bounds on the working scale as values."""
        if not self.rhythm.rooted:
            return lower, centre, upper
        return lower * abs(lower), centre * abs(centre), upper * abs(upper)

    def warm_at(self) -> float:
        """Return when two seasons will have been seen if one reading comes every interval, in seconds."""
        missing = max(0, self.rhythm.warm_up_readings - self.readings)
        return max(self.started + self.rhythm.warm_up_seconds, self.last + missing * self.rhythm.interval_seconds)

    def warm(self, seconds: float) -> bool:
        """Whether two seasons have been seen."""
        rhythm = self.rhythm
        enough = self.readings >= rhythm.warm_up_readings and self.limits.blocks > 0
        return enough and seconds - self.started >= rhythm.warm_up_seconds
