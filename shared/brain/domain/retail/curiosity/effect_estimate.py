"""Convert the slope of a test on log sales into a relative change with its interval and smallest detectable effect."""

from dataclasses import dataclass
from math import expm1

from scipy.special import ndtri

from brain.domain.statistics.circular_shift import ShiftTests


@dataclass(frozen=True, slots=True)
class EffectEstimate:
    """A relative change of sales with its interval; 0.05 is +5 %."""

    effect: float
    lower: float
    upper: float


def estimate_effect(tests: ShiftTests, row: int, interval: float) -> EffectEstimate:
    """Return the effect of question ``row`` with a two-sided interval of coverage ``interval``."""
    half_width = float(ndtri((1 + interval) / 2)) * float(tests.slope_sd[row])
    slope = float(tests.slope[row])
    return EffectEstimate(expm1(slope), expm1(slope - half_width), expm1(slope + half_width))


def compute_detectable_effect(slope_sd: float, two_sided_level: float, power: float) -> float:
    """Return the smallest relative change that a test at this level finds with this power."""
    return expm1((float(-ndtri(two_sided_level / 2)) + float(ndtri(power))) * slope_sd)
