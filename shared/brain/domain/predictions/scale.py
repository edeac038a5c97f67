"""The scale on which targets are modelled: the logarithm, made safe at 0 and below."""

import math
from dataclasses import dataclass

import numpy as np

from brain.domain.types import Floats


@dataclass(frozen=True, slots=True)
class LogScale:
    """sign(y)·log(1 + |y| / unit); ``unit`` is 1 for counts, a tenth of the middle value for fractions.

    ``never_negative`` says that no value below 0 was seen, so none is predicted.
    """

    unit: float
    never_negative: bool

    def of(self, values: Floats) -> Floats:
        """Return values on the scale."""
        scaled: Floats = np.sign(values) * np.log1p(np.abs(values) / self.unit)
        return scaled

    def back(self, scaled: float) -> float:
        """Return the value of a point on the scale."""
        if math.isinf(scaled):
            return 0.0 if scaled < 0 and self.never_negative else scaled
        value = math.copysign(math.expm1(min(abs(scaled), 700.0)) * self.unit, scaled)
        return max(0.0, value) if self.never_negative else value


def log_scale(values: Floats) -> LogScale:
    """Return the scale that suits the values (at least one)."""
    never_negative = bool(values.min() >= 0)
    sizes = np.sort(np.abs(values[values != 0]))
    if not len(sizes) or bool(np.all(values == np.floor(values))):
        return LogScale(1.0, never_negative)
    return LogScale(min(1.0, float(sizes[len(sizes) // 2]) / 10), never_negative)
