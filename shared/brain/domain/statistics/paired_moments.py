"""Streaming mean, variance and covariance of pairs in constant memory, at any scale of the numbers."""

import math
from dataclasses import dataclass


@dataclass(slots=True)
class PairedMoments:
    """Running moments of pairs (x, y) by Welford's recurrence (1962).

    Numbers are divided by a power of two at least as large as the largest one so far, which is exact, so that neither
    squares of tiny nor of huge numbers leave the range of a float. Means and sums are in units of ``2**exponent``.

    Example:
        >>> moments = PairedMoments()
        >>> for x, y in [(1.0, 2.0), (3.0, 2.0), (2.0, 5.0)]:
        ...     moments.add(x, y)
        >>> moments.contrast_mean(1.0) * 2**moments.exponent
        -1.0
        >>> round(moments.contrast_variance(1.0) * 4**moments.exponent, 6)
        4.0
    """

    n: int = 0
    exponent: int | None = None
    mean_x: float = 0.0
    mean_y: float = 0.0
    sum_xx: float = 0.0
    sum_xy: float = 0.0
    sum_yy: float = 0.0

    def add(self, x: float, y: float) -> None:
        """Add one pair of finite numbers, each at least 0."""
        largest = max(x, y)
        if largest > 0:
            exponent = math.frexp(largest)[1]
            if self.exponent is None or exponent > self.exponent:
                self._rescale(exponent)
        if self.exponent is not None:
            x = math.ldexp(x, -self.exponent)
            y = math.ldexp(y, -self.exponent)
        self.n += 1
        dx, dy = x - self.mean_x, y - self.mean_y
        self.mean_x += dx / self.n
        self.mean_y += dy / self.n
        updated_dy = y - self.mean_y
        self.sum_xx += dx * (x - self.mean_x)
        self.sum_xy += dx * updated_dy
        self.sum_yy += dy * updated_dy

    def contrast_mean(self, coefficient: float) -> float:
        """Return the mean of ``coefficient * x - y``, in units of ``2**exponent``."""
        return coefficient * self.mean_x - self.mean_y

    def contrast_variance(self, coefficient: float) -> float:
        """Return the sample variance of ``coefficient * x - y``, in units of ``4**exponent``; needs two pairs."""
        total = coefficient * coefficient * self.sum_xx - 2 * coefficient * self.sum_xy + self.sum_yy
        return max(total, 0.0) / (self.n - 1)

    def _rescale(self, exponent: int) -> None:
        shift = 0 if self.exponent is None else self.exponent - exponent
        self.mean_x = math.ldexp(self.mean_x, shift)
        self.mean_y = math.ldexp(self.mean_y, shift)
        self.sum_xx = math.ldexp(self.sum_xx, 2 * shift)
        self.sum_xy = math.ldexp(self.sum_xy, 2 * shift)
        self.sum_yy = math.ldexp(self.sum_yy, 2 * shift)
        self.exponent = exponent
