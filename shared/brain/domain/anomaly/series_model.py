"""The running model of one series: expectations, residuals, limits, and the effect of a level shift on them."""

from collections.abc import Sequence
from datetime import datetime
from math import sqrt
from typing import NamedTuple, TypeAlias

from brain.domain.anomaly.alarm_limits import AlarmLimits
from brain.domain.anomaly.cadence import DAY_SECONDS, Cadence
from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.seasonal_model import SeasonalModel
from brain.domain.clients.alarm_budget import AlarmBudget
from brain.domain.statistics.robust import RunningMedian

ExpectedBand: TypeAlias = tuple[float, float, float]
"""Lower bound, expectation and upper bound, in the unit of the values."""

SEASONAL, SUSTAINED, RECENT = 0, 1, 2
"""The indices of the residuals."""

_MAX_GROWTH = 4.0


class Evaluation(NamedTuple):
    """How one value looks to the model: on the working scale, with its residuals, surprise, and seasonal slots."""

    scaled: float
    residuals: tuple[float, ...]
    surprise: float
    slots: Sequence[int]


class SeriesModel:
    """Evaluates values against the seasonal level, its sustained (smoothed) error, and the recent median.

    Series with several readings a day have all three residuals; series of daily totals only the first, on the
    square-root scale. A residual that stays beyond its usual peaks on one side for ``shift_readings`` is a level shift:
    the level is learned anew, and the earlier one remembered in case the series returns to it. Times are in seconds
    since any fixed moment.
    """

    def __init__(self, cadence: Cadence, budget: AlarmBudget, config: AnomalyConfig) -> None:
        self.cadence = cadence
        self.limits = AlarmLimits(1 if cadence.uses_square_roots else 3, cadence, budget, config)
        self._seasonal = SeasonalModel(cadence, config)
        self._recent = RunningMedian(max(1, cadence.fast_readings))
        self._sustained_error = 0.0
        self._readings = 0
        self._first_seconds = self._last_seconds = 0.0
        self._run_beyond_base = 0
        """The readings in a row beyond the base of the seasonal residual, negative below."""
        self._levels_before_incident: list[float] = []
        self._abandoned_levels: list[float] = []
        self._shift_seconds = 0.0
        self._shift_growth = 1.0
        self._smoothing = 1 / config.sustained_readings
        self._smallest_scale = config.smallest_scale
        self._recovery_seconds = config.recovery_days * DAY_SECONDS

    def evaluate(self, timestamp: datetime, seconds: float, value: float) -> Evaluation:
        """Evaluate a value, which the seasonal model learns at once."""
        cadence = self.cadence
        if not self._readings:
            self._first_seconds = self._last_seconds = seconds
        elif seconds - self._last_seconds > cadence.stale_seconds:
            self._recent.restart(())
        age = seconds - self._first_seconds
        self.limits.advance_to(seconds, learn=self._last_seconds - self._first_seconds >= cadence.burn_in_seconds)
        slots = cadence.slots(timestamp)
        residuals: tuple[float, ...]
        if cadence.uses_square_roots:
            scaled = sqrt(value) if value >= 0 else -sqrt(-value)
            seasonal = self._seasonal.update(scaled, slots, age)
            residuals = (seasonal,)
        else:
            scaled = value
            seasonal = self._seasonal.update(scaled, slots, age)
            sustained = self._sustained_error + self._smoothing * (seasonal - self._sustained_error)
            residuals = (seasonal, sustained, value - self._recent.median if self._recent else 0.0)
        floor = self._smallest_scale * max(abs(scaled), abs(scaled - seasonal))
        return Evaluation(scaled, residuals, self.limits.observe(residuals, floor), slots)

    def learn(self, seconds: float, evaluation: Evaluation) -> bool:
        """Learn the rest of an evaluated value and return whether it confirmed a level shift."""
        self._readings += 1
        self._last_seconds = seconds
        if not self.cadence.uses_square_roots:
            self._sustained_error = evaluation.residuals[SUSTAINED]
            self._recent.push(evaluation.scaled)
        return self._detect_shift(seconds, evaluation.residuals[SEASONAL])

    def _detect_shift(self, seconds: float, residual: float) -> bool:
        above, below = self.limits.above[SEASONAL].base, self.limits.below[SEASONAL].base
        side = 1 if residual > above else -1 if -residual > below else 0
        self._run_beyond_base = self._run_beyond_base + side if side * self._run_beyond_base > 0 else side
        if abs(self._run_beyond_base) < self.cadence.shift_readings:
            return False
        old_level = self._seasonal.levels[self._seasonal.best]
        self._seasonal.adopt_recent_level(self.cadence.shift_readings)
        self._shift_growth = 1.0
        if self.cadence.uses_square_roots and old_level > 0:
            self._scale_with_level(self._seasonal.levels[self._seasonal.best] / old_level)
        self._run_beyond_base, self._sustained_error = 0, 0.0
        self._abandoned_levels, self._levels_before_incident = self._levels_before_incident, []
        self._shift_seconds = seconds
        return True

    def _scale_with_level(self, growth: float) -> None:
        """Let the seasons shrink or grow with the level; the noise may grow too, so limits only widen."""
        self._shift_growth = growth = min(max(growth, 1 / _MAX_GROWTH), _MAX_GROWTH)
        self._seasonal.scale_profiles(growth)
        if growth > 1:
            self.limits.widen(growth)

    def remember_levels(self) -> None:
        """Remember the levels before an incident, in case it turns out to be a level shift."""
        self._levels_before_incident = self._seasonal.levels

    def try_recovery(self, seconds: float, evaluation: Evaluation) -> Evaluation | None:
        """Return to the level that a recent shift abandoned, if this value is back there.

        Returns:
            How the value looks at the restored level, or None when it is not back.
        """
        seasonal, best = evaluation.residuals[SEASONAL], self._seasonal.best
        if len(self._abandoned_levels) <= best or seconds - self._shift_seconds > self._recovery_seconds:
            return None
        above, below = self.limits.above[SEASONAL], self.limits.below[SEASONAL]
        value, old_level = self._seasonal.best_stage.deseasonalised, self._abandoned_levels[best]
        is_near = -below.limit <= value - old_level <= above.limit
        if not is_near or -below.base <= value - seasonal - old_level <= above.base:
            return None
        self._seasonal.restore_levels(self._abandoned_levels, self.cadence.shift_readings)
        self._seasonal.scale_profiles(1 / self._shift_growth)
        self._recent.restart(())
        self._abandoned_levels, self._sustained_error = [], 0.0
        residuals = (value - old_level, 0.0, 0.0)[: len(evaluation.residuals)]
        return Evaluation(evaluation.scaled, residuals, -1.0, evaluation.slots)

    def band(self, evaluation: Evaluation) -> ExpectedBand:
        """Return the bounds within which a value would not have been unusual, and the expectation between them."""
        limits, residuals = self.limits, evaluation.residuals
        expected = evaluation.scaled - residuals[SEASONAL]
        lower, upper = expected - limits.below[SEASONAL].limit, expected + limits.above[SEASONAL].limit
        if len(residuals) > RECENT:
            recent = evaluation.scaled - residuals[RECENT]
            recent_lower, recent_upper = recent - limits.below[RECENT].limit, recent + limits.above[RECENT].limit
            if max(lower, recent_lower) <= min(upper, recent_upper):
                lower, upper = max(lower, recent_lower), min(upper, recent_upper)
        return self._to_unit_of_values(lower, min(max(expected, lower), upper), upper)

    def forecast(self, timestamp: datetime) -> ExpectedBand:
        """Return the band of a point that is not judged."""
        expected = self._seasonal.expect(self.cadence.slots(timestamp))
        above, below = self.limits.above[SEASONAL], self.limits.below[SEASONAL]
        return self._to_unit_of_values(expected - below.limit, expected, expected + above.limit)

    def _to_unit_of_values(self, lower: float, expected: float, upper: float) -> ExpectedBand:
        """Convert bounds from the working scale."""
        if not self.cadence.uses_square_roots:
            return lower, expected, upper
        return lower * abs(lower), expected * abs(expected), upper * abs(upper)

    @property
    def ready_seconds(self) -> float:
        """When two seasons will have been observed if one reading comes every interval."""
        missing = max(0, self.cadence.warm_up_readings - self._readings)
        last_reading = self._last_seconds + missing * self.cadence.interval_seconds
        return max(self._first_seconds + self.cadence.warm_up_seconds, last_reading)

    def is_ready(self, seconds: float) -> bool:
        """Return whether two seasons have been observed."""
        has_readings = self._readings >= self.cadence.warm_up_readings and self.limits.is_fitted
        return has_readings and seconds - self._first_seconds >= self.cadence.warm_up_seconds
