"""The limits of a series: tails of all its residuals, calibrated together to one alarm budget."""

from collections.abc import Sequence
from math import inf, log

from brain.domain.anomaly.budget import AlarmBudget
from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.rhythm import Rhythm
from brain.domain.anomaly.tail import Tail, normal_excess

_FIRST_BLOCKS = 10
_LARGEST_WEIGHT = 1e12
_FORGOTTEN = 1e-9


class Limits:
    """Two tails a residual, above and below, whose blocks end together.

    The chance that a block is surprising at all, in any tail, is counted as it happens (so correlated residuals do
    not count twice); beyond that, surprise is exponential. ``needed`` is the surprise that only the budgeted share
    of blocks reaches.
    """

    __slots__ = (
        "_config",
        "_growth",
        "_per_block",
        "_prior_excess",
        "_rhythm",
        "above",
        "below",
        "block",
        "blocks",
        "hits",
        "loudest",
        "needed",
        "surprised",
        "trials",
        "weight",
    )

    def __init__(self, residuals: int, rhythm: Rhythm, budget: AlarmBudget, config: AnomalyConfig) -> None:
        self._config = config.tail
        self._rhythm = rhythm
        self._per_block = budget.per_reading(rhythm.block_seconds)
        self._growth = 2.0 ** (1 / config.tail.half_life_blocks)
        readings = rhythm.block_seconds / rhythm.interval_seconds
        self._prior_excess = config.tail.heaviness * normal_excess(rhythm.top_share / readings, rhythm.tail_power)
        self.above = [Tail(rhythm.tail_power) for _ in range(residuals)]
        self.below = [Tail(rhythm.tail_power) for _ in range(residuals)]
        self.block: float | None = None
        self.blocks = 0
        self.weight = 1.0
        self.surprised = False
        self.loudest = 0
        self.hits = self.trials = 0.0
        self.needed = inf

    @property
    def tails(self) -> Sequence[Tail]:
        """All tails."""
        return [*self.above, *self.below]

    def observe(self, residuals: Sequence[float], floor: float) -> float:
        """Count the residuals of one reading and return the largest surprise; ``loudest`` then names its residual.

        Below the base, where nothing is surprising, the answer is the share of the way to it less one, in [-1, 0).
        Deviations up to ``floor`` are never surprising.
        """
        largest = -1.0
        for index, residual in enumerate(residuals):
            if residual >= 0:
                tail, size = self.above[index], residual
            else:
                tail, size = self.below[index], -residual
            if size > tail.peak:  # noqa: PLR1730 - the calls of max and min are a tenth of a reading's time
                tail.peak = size
            if size <= floor:
                continue
            base = tail.base
            surprise = tail.surprise(size) if size > base else size / base - 1 if base else -1.0
            if surprise > largest:
                largest = surprise
                self.loudest = index
        if largest > 0:
            self.surprised = True
        return largest

    def at_time(self, seconds: float, *, counted: bool) -> None:
        """End the block when ``seconds`` lies in another one; blocks that are not ``counted`` leave no trace."""
        block = seconds // self._rhythm.block_seconds
        if block == self.block:
            return
        if self.block is not None:
            self._close(counted=counted)
        self.block = block

    def _close(self, *, counted: bool) -> None:
        if not counted:
            for tail in self.tails:
                tail.peak = 0.0
            return
        self.blocks += 1
        self.weight *= self._growth
        for tail in self.tails:
            tail.close_block(self.weight)
        if self.blocks > _FIRST_BLOCKS:
            self.hits = self.hits / self._growth + self.surprised
            self.trials = self.trials / self._growth + 1
        self.surprised = False
        if self.weight > _LARGEST_WEIGHT:
            self._rescale()
        self.fit()

    def _rescale(self) -> None:
        for tail in self.tails:
            tail.bins = {place: w for place, weight in tail.bins.items() if (w := weight / self.weight) > _FORGOTTEN}
            tail.zeros /= self.weight
        self.weight = 1.0

    def grow(self, factor: float) -> None:
        """Widen all limits, because the series has grown and its noise may have grown with it."""
        for tail in self.tails:
            tail.grow(factor)
        self.fit()

    def fit(self) -> None:
        """Fit every tail and set each limit so that all together keep the budget."""
        if not self.blocks:
            return
        constants, top = self._config, self._rhythm.top_share
        prior = constants.prior_blocks
        usual = (self.hits + prior * top * len(self.tails)) / (self.trials + prior)
        self.needed = max(0.0, log(usual / self._per_block))
        remembered = min(self.blocks, 1.44 * constants.half_life_blocks)
        lent = self._rhythm.mirrored_blocks / (self._rhythm.mirrored_blocks + self.blocks)
        imagined = self._rhythm.prior_peaks, self._prior_excess
        for above, below in zip(self.above, self.below, strict=True):
            above.fit(top, remembered, imagined, (below, lent))
            below.fit(top, remembered, imagined, (above, lent))
            above.stand_in(below)
            below.stand_in(above)
        for tail in self.tails:
            tail.limit = tail.deviation(self.needed)
