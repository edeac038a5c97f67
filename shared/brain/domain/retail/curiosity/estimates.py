"""Turns a test's slope on log sales into a relative change with its interval and its blind spot."""

from dataclasses import dataclass
from math import expm1

from scipy.special import ndtri

from brain.domain.statistics.circular_shift import ShiftTests


@dataclass(frozen=True, slots=True)
class Estimate:
    """A relative change of sales: 0.05 is +5 %."""

    effect: float
    lower: float
    upper: float


def estimate(tests: ShiftTests, row: int, interval: float) -> Estimate:
    """The effect of question ``row`` with a two-sided interval of coverage ``interval``."""
    half_width = float(ndtri((1 + interval) / 2)) * float(tests.slope_sd[row])
    slope = float(tests.slope[row])
    return Estimate(expm1(slope), expm1(slope - half_width), expm1(slope + half_width))


def detectable(slope_sd: float, two_sided_level: float, power: float) -> float:
    """The smallest relative change that a test at this level finds with this power."""
    return expm1((float(-ndtri(two_sided_level / 2)) + float(ndtri(power))) * slope_sd)
