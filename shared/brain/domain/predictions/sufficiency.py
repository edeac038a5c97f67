"""Estimate how many observations a client needs, given how much its results vary, and when it will have them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from brain.domain.predictions.additive import robust_scale
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.scale import choose_log_scale
from brain.domain.predictions.times import to_timestamp

_DAY_SECONDS = 86_400.0
_MAX_DAYS_AHEAD = 3650.0
_MIN_RESULTS = 4


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """The number of observations, the number required, and the date when they will be reached.

    ``expected_on`` is None if there are enough, or if the pace is unknown.
    """

    observations: int
    required: int
    expected_on: date | None

    @property
    def is_reached(self) -> bool:
        """Whether there are enough observations."""
        return self.observations >= self.required

    def to_sentence(self) -> str:
        """Return the state for a reader."""
        if self.is_reached:
            return f"enough data: {self.observations} observations, {self.required} are enough"
        when = "the pace is not known"
        if self.expected_on:
            when = f"enough by {self.expected_on.isoformat()} at the present pace"
        return f"not enough data yet: {self.observations} observations, about {self.required} are enough; {when}"


def estimate_sufficiency(
    observations: int, scatter: float | None, times: Sequence[datetime] | None, config: PredictionConfig
) -> Sufficiency:
    """Return how many observations are required, and when they will be reached at the pace of ``times``.

    Enough observations make the standard error of the client's level at most ``config.level_error``; at least
    ``config.reliable_from`` are required.

    Args:
        observations: The number of observations so far.
        scatter: The standard deviation of the results' logarithm, None if it is unknown.
        times: The times of the observations, None if they are unknown.
        config: The constants of predictions.

    >>> from brain.settings.files import load_config
    >>> config = load_config("brain_predictions", PredictionConfig)
    >>> estimate_sufficiency(2, 1.0, [datetime(2026, 1, 1), datetime(2026, 1, 3)], config)
    Sufficiency(observations=2, required=21, expected_on=datetime.date(2026, 2, 10))
    """
    by_scatter = 0 if scatter is None else math.ceil((scatter / math.log1p(config.level_error)) ** 2)
    required = max(config.reliable_from, by_scatter)
    missing = required - observations
    if missing <= 0 or not times:
        return Sufficiency(observations, required, None)
    days = _days_per_observation(times)
    if days is None or days * missing > _MAX_DAYS_AHEAD:
        return Sufficiency(observations, required, None)
    expected_at = max(times, key=to_timestamp) + timedelta(days=math.ceil(days * missing))
    return Sufficiency(observations, required, expected_at.date())


def estimate_scatter(results: Sequence[float]) -> float | None:
    """Return the robust standard deviation of the results' logarithm, None with fewer than four results.

    >>> round(estimate_scatter([10.0, 20.0, 40.0, 80.0, 160.0]), 2)
    1.01
    """
    if len(results) < _MIN_RESULTS:
        return None
    targets = np.array(results, dtype=np.float64)
    scaled = choose_log_scale(targets).transform(targets)
    return robust_scale(scaled - np.median(scaled))


def _days_per_observation(times: Sequence[datetime]) -> float | None:
    timestamps = sorted(to_timestamp(time) for time in times)
    if len(timestamps) < 2 or timestamps[-1] <= timestamps[0]:  # noqa: PLR2004 - a single time has no pace
        return None
    return (timestamps[-1] - timestamps[0]) / _DAY_SECONDS / (len(timestamps) - 1)
