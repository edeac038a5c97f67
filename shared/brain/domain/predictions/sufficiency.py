"""When there will be enough data: how many observations a client's own scatter asks for, and by which date."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from brain.domain.predictions.additive import robust_scale
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.moments import seconds
from brain.domain.predictions.scale import log_scale

_DAY_SECONDS = 86_400.0
_FARTHEST_DAYS = 3650.0
_FEWEST_TO_SCATTER = 4


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """How many observations there are, how many are enough, and the date when there will be so many.

    ``by`` is None where there are enough, or where the pace is not known.
    """

    observations: int
    enough: int
    by: date | None

    @property
    def reached(self) -> bool:
        """Whether there are enough."""
        return self.observations >= self.enough

    def sentence(self) -> str:
        """Return the answer for a reader."""
        if self.reached:
            return f"enough data: {self.observations} observations, {self.enough} are enough"
        when = f"enough by {self.by.isoformat()} at the present pace" if self.by else "the pace is not known"
        return f"not enough data yet: {self.observations} observations, about {self.enough} are enough; {when}"


def sufficiency(
    observations: int, scatter: float | None, times: Sequence[datetime] | None, config: PredictionConfig
) -> Sufficiency:
    """Return what is enough for a client.

    ``scatter`` is the standard deviation of the results' logarithm (None: not known yet): so many observations
    are enough that the usual level is known to a share of ``level_error``, and never fewer than
    ``reliable_from``. The pace is that of ``times``.
    """
    by_scatter = 0 if scatter is None else math.ceil((scatter / math.log1p(config.level_error)) ** 2)
    enough = max(config.reliable_from, by_scatter)
    missing = enough - observations
    if missing <= 0 or not times:
        return Sufficiency(observations, enough, None)
    days = _days_an_observation(times)
    if days is None or days * missing > _FARTHEST_DAYS:
        return Sufficiency(observations, enough, None)
    return Sufficiency(
        observations, enough, (max(times, key=seconds) + timedelta(days=math.ceil(days * missing))).date()
    )


def scatter_of(results: Sequence[float]) -> float | None:
    """Return the standard deviation of the results' logarithm, None where there are too few to tell."""
    if len(results) < _FEWEST_TO_SCATTER:
        return None
    values = np.array(results, dtype=np.float64)
    scaled = log_scale(values).of(values)
    return robust_scale(scaled - np.median(scaled))


def _days_an_observation(times: Sequence[datetime]) -> float | None:
    clock = sorted(seconds(at) for at in times)
    if len(clock) < 2 or clock[-1] <= clock[0]:  # noqa: PLR2004 - one moment has no pace
        return None
    return (clock[-1] - clock[0]) / _DAY_SECONDS / (len(clock) - 1)
