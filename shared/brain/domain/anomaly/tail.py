"""The tail of one residual on one side: how rare a deviation is, from the peaks of the series' own past."""

from math import exp, floor, inf, log, log2
from statistics import NormalDist

_BINS_PER_OCTAVE = 8
_NORMAL = NormalDist()
_NEVER_SEEN = 50.0
_FARTHEST = 1e100
_WIDEST_PLACES = 2000


def normal_excess(share: float, power: float) -> float:
    """Return the mean of ``(x / edge) ** power - 1`` over the normal's upper tail that holds ``share``.

    By the series of the power to the third term: exact for powers 1 and 2, near enough for others from 0 to 2.
    """
    edge = -_NORMAL.inv_cdf(share)
    mean = _NORMAL.pdf(edge) / share
    first, second, third = mean / edge, (1 + edge * mean) / edge**2, (edge**2 + 2) * mean / edge**3
    excess = first - 1
    squared = second - 2 * first + 1
    cubed = third - 3 * second + 3 * first - 1
    return power * (excess + (power - 1) / 2 * (squared + (power - 2) / 3 * cubed))


class Tail:
    """Peaks of blocks of readings in a fading histogram, and an exponential tail above their top share.

    The excess of the peaks' ``power`` over that of the top share's edge is taken as exponential (so the tail is
    stretched for powers below 1, and normal-like for 2), with a mean estimated from the peaks beyond the edge and
    from imaginary ones of the normal's own excess; the predictive distribution is then generalised Pareto with shape
    1 / (number of peaks), so few peaks give wide limits (peaks over threshold: Siffer, Fouque, Termier, Largouet
    2017; blocks, because neighbours go together: Coles 2001). ``surprise`` is the negative log of the chance, in
    units where the top share's edge is 0.
    """

    __slots__ = ("base", "bins", "edge", "excess", "limit", "offset", "peak", "peaks", "power", "zeros")

    def __init__(self, power: float) -> None:
        self.power = power
        self.bins: dict[int, float] = {}
        self.zeros = 0.0
        self.peak = 0.0
        self.edge = self.base = self.limit = inf
        self.excess = self.peaks = 1.0
        self.offset = 0.0

    def surprise(self, deviation: float) -> float:
        """Return how surprising a deviation above ``base`` is: one more for each factor e that it is rarer."""
        if self.edge == 0:
            return _NEVER_SEEN
        further = min(deviation / self.edge, _FARTHEST) ** self.power - 1
        return self.peaks * log(1 + further / (self.peaks * self.excess)) - self.offset

    def deviation(self, surprise: float) -> float:
        """Return the deviation that is as surprising as that: the inverse of :meth:`surprise`, from the edge on."""
        further = self.peaks * self.excess * (exp((surprise + self.offset) / self.peaks) - 1)
        return self.edge * float((1 + max(further, 0.0)) ** (1 / self.power))

    def close_block(self, weight: float) -> None:
        """Put the block's peak into the histogram with ``weight`` and start the next block."""
        if self.peak > 0:
            place = floor(log2(self.peak) * _BINS_PER_OCTAVE)
            self.bins[place] = self.bins.get(place, 0.0) + weight
            self.peak = 0.0
        else:
            self.zeros += weight

    def grow(self, factor: float) -> None:
        """Multiply all remembered peaks."""
        places = round(log2(factor) * _BINS_PER_OCTAVE)
        self.bins = {place + places: weight for place, weight in self.bins.items()}

    def fit(self, top_share: float, blocks: float, prior: tuple[float, float], mirror: tuple["Tail", float]) -> None:
        """Fit edge and mean excess to the histogram, whose whole weight stands for ``blocks`` blocks.

        ``prior`` is the number of imaginary peaks and their mean excess; ``mirror`` the tail of the other side and
        the share of its weight that counts here too, for as long as there are few peaks on either.
        """
        bins = self._with(*mirror)
        if not bins:
            self.edge = self.base = 0.0
            return
        total = max(self.zeros + sum(self.bins.values()), sum(bins.values()))
        wanted = top_share * total
        above = moment = 0.0
        places = sorted(bins, reverse=True)
        place, scale = places[0], 1.0
        for place in places:
            weight = min(bins[place], wanted - above)
            above += weight
            scale = 2.0 ** (self.power * max(place - places[0], -_WIDEST_PLACES) / _BINS_PER_OCTAVE)
            moment += weight * scale
            if above >= wanted:
                break
        seen = above / total * blocks
        mean_excess = moment / above / scale - 1
        imaginary, imaginary_excess = prior
        self.peaks = seen + imaginary
        self.excess = (mean_excess * seen + imaginary_excess * imaginary) / self.peaks
        self.offset = log(above / total / top_share)
        self.edge = 2.0 ** ((place + 1) / _BINS_PER_OCTAVE)
        self.base = self.deviation(0.0)

    def _with(self, other: "Tail", share: float) -> dict[int, float]:
        if not share:
            return self.bins
        merged = dict(self.bins)
        for place, weight in other.bins.items():
            merged[place] = merged.get(place, 0.0) + share * weight
        return merged

    def stand_in(self, other: "Tail") -> None:
        """Borrow the other side's shape while this side has never deviated."""
        if not self.bins and other.bins:
            self.edge, self.base, self.offset = other.edge, other.base, other.offset
            self.excess, self.peaks = other.excess, other.peaks
