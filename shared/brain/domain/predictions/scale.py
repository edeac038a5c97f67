"""The scale on which targets are modelled: a logarithm that is defined at 0 and below."""

import math
from dataclasses import dataclass

import numpy as np

from brain.domain.types import Floats


@dataclass(frozen=True, slots=True)
class LogScale:
    """The transformation sign(y)·log(1 + |y| / unit).

    ``unit`` is 1 for counts and a tenth of the median for fractions. With ``never_negative``, no target was below 0,
    so no prediction is.

    >>> scale = LogScale(unit=1.0, never_negative=True)
    >>> scale.transform(np.array([0.0, 9.0, 99.0])).round(2).tolist()
    [0.0, 2.3, 4.61]
    >>> round(scale.invert(4.60517), 1)
    99.0
    """

    unit: float
    never_negative: bool

    def transform(self, targets: Floats) -> Floats:
        """Return targets on the scale, in the same shape."""
        scaled: Floats = np.sign(targets) * np.log1p(np.abs(targets) / self.unit)
        return scaled

    def invert(self, scaled: float) -> float:
        """Return the target at a point of the scale."""
        if math.isinf(scaled):
            return 0.0 if scaled < 0 and self.never_negative else scaled
        target = math.copysign(math.expm1(min(abs(scaled), 700.0)) * self.unit, scaled)
        return max(0.0, target) if self.never_negative else target


def choose_log_scale(targets: Floats) -> LogScale:
    """Return the scale for at least one target.

    >>> choose_log_scale(np.array([3.0, 12.0, 40.0]))
    LogScale(unit=1.0, never_negative=True)
    >>> choose_log_scale(np.array([0.02, 0.04, 0.05]))
    LogScale(unit=0.004, never_negative=True)
    """
    never_negative = bool(targets.min() >= 0)
    sizes = np.sort(np.abs(targets[targets != 0]))
    if not len(sizes) or bool(np.all(targets == np.floor(targets))):
        return LogScale(1.0, never_negative)
    return LogScale(min(1.0, float(sizes[len(sizes) // 2]) / 10), never_negative)
