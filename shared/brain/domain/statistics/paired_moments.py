"""Means, variances and covariance of a stream of pairs in constant memory, at any scale of the numbers."""

import math
from dataclasses import dataclass


@dataclass(slots=True)
class PairedMoments:
    """Running moments of pairs (x, y) by Welford's recurrence (1962).

    Values are divided by a power of two at least as large as the largest seen, which is exact, so that neither
    squares of tiny nor of huge numbers leave the range of a float. Means and sums are in units of ``2**exponent``.
    """

    n: int = 0
    exponent: int | None = None
    mean_x: float = 0.0
    mean_y: float = 0.0
    sum_xx: float = 0.0
    sum_xy: float = 0.0
    sum_yy: float = 0.0

    def add(self, x: float, y: float) -> None:
        """Take one pair of finite numbers, 0 or larger."""
        largest = max(x, y)
        if largest > 0:
            exponent = math.frexp(largest)[1]
            if self.exponent is None or exponent > self.exponent:
                self._rescale(exponent)
        if self.exponent is not None:
            x = math.ldexp(x, -self.exponent)
            y = math.ldexp(y, -self.exponent)
        self.n += 1
        from_x, from_y = x - self.mean_x, y - self.mean_y
        self.mean_x += from_x / self.n
        self.mean_y += from_y / self.n
        rest_y = y - self.mean_y
        self.sum_xx += from_x * (x - self.mean_x)
        self.sum_xy += from_x * rest_y
        self.sum_yy += from_y * rest_y

    def contrast_mean(self, share: float) -> float:
        """Return the mean of ``share * x - y``, in units of ``2**exponent``."""
        return share * self.mean_x - self.mean_y

    def contrast_variance(self, share: float) -> float:
        """Return the sample variance of ``share * x - y``, in squared units of ``2**exponent``; needs two pairs."""
        total = share * share * self.sum_xx - 2 * share * self.sum_xy + self.sum_yy
        return max(total, 0.0) / (self.n - 1)

    def _rescale(self, exponent: int) -> None:
        down = 0 if self.exponent is None else self.exponent - exponent
        self.mean_x = math.ldexp(self.mean_x, down)
        self.mean_y = math.ldexp(self.mean_y, down)
        self.sum_xx = math.ldexp(self.sum_xx, 2 * down)
        self.sum_xy = math.ldexp(self.sum_xy, 2 * down)
        self.sum_yy = math.ldexp(self.sum_yy, 2 * down)
        self.exponent = exponent
