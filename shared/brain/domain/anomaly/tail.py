"""The tail of one residual on one side: how rare a deviation is, from the peaks of the series' own past."""

from math import exp, floor, inf, log, log2
from statistics import NormalDist

_BINS_PER_OCTAVE = 8
_STANDARD_NORMAL = NormalDist()
_SURPRISE_OF_FIRST_DEVIATION = 50.0
_MAX_DEVIATION_RATIO = 1e100
_MAX_BINS_APART = 2000


def normal_excess(share: float, power: float) -> float:
    """Return the mean of ``(x / edge) ** power - 1`` over the upper tail of the normal that holds ``share``.

    A series in the power to the third term: exact for powers 1 and 2, accurate enough for others from 0 to 2. The
    moments are those of the inverse Mills ratio (Barr and Sherrill, 1999, "Mean and variance of truncated normal
    distributions").

    Example:
        >>> round(normal_excess(0.05, power=1), 4)
        0.254
    """
    edge = -_STANDARD_NORMAL.inv_cdf(share)
    mean = _STANDARD_NORMAL.pdf(edge) / share
    first, second, third = mean / edge, (1 + edge * mean) / edge**2, (edge**2 + 2) * mean / edge**3
    excess = first - 1
    squared = second - 2 * first + 1
    cubed = third - 3 * second + 3 * first - 1
    return power * (excess + (power - 1) / 2 * (squared + (power - 2) / 3 * cubed))


class Tail:
    """Peaks of blocks of readings in a fading histogram, and an exponential tail above their top share.

    The excess of the peaks' ``power`` over that of the top share's edge is modelled as exponential (so the tail is
    stretched for powers below 1, and normal-like for 2). Its mean is estimated from the peaks beyond the edge and from
    imaginary ones with the excess of the normal; the predictive distribution is then generalised Pareto with shape
    1 / (number of peaks), so few peaks give wide limits (peaks over threshold: Siffer, Fouque, Termier and Largouët,
    2017; blocks because neighbours are dependent: Coles, 2001). Surprise is the negative log of the probability, in
    units where the edge of the top share is 0.

    Attributes:
        bins: Weight of peaks by logarithmic bin; ``zero_weight`` is that of blocks that never deviated.
        block_peak: The largest deviation in the current block.
        edge: The deviation that only the top share of blocks exceeds.
        base: The deviation at surprise 0.
        limit: The deviation from which on a reading may be an alarm.
    """

    __slots__ = (
        "base",
        "bins",
        "block_peak",
        "edge",
        "limit",
        "mean_excess",
        "peak_count",
        "power",
        "surprise_offset",
        "zero_weight",
    )

    def __init__(self, power: float) -> None:
        self.power = power
        self.bins: dict[int, float] = {}
        self.zero_weight = 0.0
        self.block_peak = 0.0
        self.edge = self.base = self.limit = inf
        self.mean_excess = self.peak_count = 1.0
        self.surprise_offset = 0.0

    def surprise(self, deviation: float) -> float:
        """Return how surprising a deviation above ``base`` is: 1 more for each factor e that it is rarer."""
        if self.edge == 0:
            return _SURPRISE_OF_FIRST_DEVIATION
        excess = min(deviation / self.edge, _MAX_DEVIATION_RATIO) ** self.power - 1
        return self.peak_count * log(1 + excess / (self.peak_count * self.mean_excess)) - self.surprise_offset

    def deviation(self, surprise: float) -> float:
        """Return the deviation of a given surprise: the inverse of :meth:`surprise` beyond the edge."""
        excess = self.peak_count * self.mean_excess * (exp((surprise + self.surprise_offset) / self.peak_count) - 1)
        return self.edge * float((1 + max(excess, 0.0)) ** (1 / self.power))

    def close_block(self, weight: float) -> None:
        """Add the peak of the block to the histogram with ``weight`` and start the next block."""
        if self.block_peak > 0:
            bin_index = floor(log2(self.block_peak) * _BINS_PER_OCTAVE)
            self.bins[bin_index] = self.bins.get(bin_index, 0.0) + weight
            self.block_peak = 0.0
        else:
            self.zero_weight += weight

    def scale_peaks(self, factor: float) -> None:
        """Multiply all peaks in the histogram by ``factor``."""
        shift = round(log2(factor) * _BINS_PER_OCTAVE)
        self.bins = {bin_index + shift: weight for bin_index, weight in self.bins.items()}

    def fit(self, top_share: float, blocks: float, prior: tuple[float, float], mirror: tuple["Tail", float]) -> None:
        """Fit the edge and the mean excess to the histogram.

        Args:
            top_share: The fraction of blocks above the edge.
            blocks: The number of blocks that the total weight of the histogram stands for.
            prior: The number of imaginary peaks and their mean excess.
            mirror: The tail of the other side, and the fraction of its weight that counts here too while either side
                has few peaks.
        """
        bins = self._mix_bins(*mirror)
        if not bins:
            self.edge = self.base = 0.0
            return
        total = max(self.zero_weight + sum(self.bins.values()), sum(bins.values()))
        target = top_share * total
        above = moment = 0.0
        descending = sorted(bins, reverse=True)
        bin_index, scale = descending[0], 1.0
        for bin_index in descending:
            weight = min(bins[bin_index], target - above)
            above += weight
            scale = 2.0 ** (self.power * max(bin_index - descending[0], -_MAX_BINS_APART) / _BINS_PER_OCTAVE)
            moment += weight * scale
            if above >= target:
                break
        observed_peaks = above / total * blocks
        observed_excess = moment / above / scale - 1
        prior_peaks, prior_excess = prior
        self.peak_count = observed_peaks + prior_peaks
        self.mean_excess = (observed_excess * observed_peaks + prior_excess * prior_peaks) / self.peak_count
        self.surprise_offset = log(above / total / top_share)
        self.edge = 2.0 ** ((bin_index + 1) / _BINS_PER_OCTAVE)
        self.base = self.deviation(0.0)

    def _mix_bins(self, other: "Tail", share: float) -> dict[int, float]:
        if not share:
            return self.bins
        mixed = dict(self.bins)
        for bin_index, weight in other.bins.items():
            mixed[bin_index] = mixed.get(bin_index, 0.0) + share * weight
        return mixed

    def borrow_shape(self, other: "Tail") -> None:
        """Use the shape of the other side while this side has never deviated."""
        if not self.bins and other.bins:
            self.edge, self.base, self.surprise_offset = other.edge, other.base, other.surprise_offset
            self.mean_excess, self.peak_count = other.mean_excess, other.peak_count
