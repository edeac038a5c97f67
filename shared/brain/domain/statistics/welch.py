"""The difference of two means with an interval, from counts, sums and sums of squares (Welch 1947)."""

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample's moments."""

    count: int
    total: float
    total_squared: float

    @property
    def mean(self) -> float:
        """The sample mean; the sample must not be empty."""
        return self.total / self.count

    @property
    def variance(self) -> float:
        """The unbiased variance; the sample needs two values."""
        return max(self.total_squared - self.total * self.total / self.count, 0.0) / (self.count - 1)


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of means and its interval; ``claimed`` when the interval leaves 0 out."""

    estimate: float
    lower: float
    upper: float

    @property
    def claimed(self) -> bool:
        """Whether the sign of the difference is established at the interval's level."""
        return self.lower > 0 or self.upper < 0


def difference(a: Sample, b: Sample, *, alpha: float) -> Difference | None:
    """Return mean(a) − mean(b) with its 1 − ``alpha`` interval, or None when a sample has fewer than two values."""
    if min(a.count, b.count) < 2:  # noqa: PLR2004 - a variance needs two values
        return None
    part_a, part_b = a.variance / a.count, b.variance / b.count
    variance = part_a + part_b
    estimate = a.mean - b.mean
    if variance == 0:
        return Difference(estimate, estimate, estimate)
    share = part_a / variance
    freedom = 1 / (share**2 / (a.count - 1) + (1 - share) ** 2 / (b.count - 1))
    half = t_quantile(1 - alpha / 2, freedom) * math.sqrt(variance)
    return Difference(estimate, estimate - half, estimate + half)


def t_quantile(probability: float, freedom: float) -> float:
    """Return Student's t quantile by Hill's expansion (CACM algorithm 396, 1970), within 0.1 % from 2 degrees on."""
    if probability < 0.5:  # noqa: PLR2004 - the median
        return -t_quantile(1 - probability, freedom)
    two_sided = 2 * (1 - probability)
    if freedom < 2:  # noqa: PLR2004 - between 1 and 2 the wider, exact quantile of 1 is on the safe side
        return 1 / math.tan(two_sided * math.pi / 2)
    a = 1 / (freedom - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * freedom
    y = (d * two_sided) ** (2 / freedom)
    if y > 0.05 + a:
        return _from_normal(two_sided, freedom, a, b, c)
    tail = ((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3
    y = ((1 / tail + 0.5 / (freedom + 4)) * y - 1) * (freedom + 1) / (freedom + 2) + 1 / y
    return math.sqrt(freedom * y)


def _from_normal(two_sided: float, freedom: float, a: float, b: float, c: float) -> float:
    x = NormalDist().inv_cdf(two_sided / 2)
    y = x * x
    if freedom < 5:  # noqa: PLR2004 - Hill's own switch
        c += 0.3 * (freedom - 4.5) * (x + 0.6)
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * freedom
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
    return math.sqrt(freedom * math.expm1(a * y * y))
