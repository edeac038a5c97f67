"""The alarm limits of a series: the tails of all its residuals, calibrated together to one alarm budget."""

from collections.abc import Sequence
from math import inf, log

from brain.domain.anomaly.cadence import Cadence
from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.tail import Tail, normal_excess
from brain.domain.clients.alarm_budget import AlarmBudget

_UNCOUNTED_BLOCKS = 10
_MAX_WEIGHT = 1e12
_NEGLIGIBLE_WEIGHT = 1e-9


class AlarmLimits:
    """Two tails per residual, above and below, whose blocks end together.

    The chance that a block is surprising at all, in any tail, is counted as it happens (so correlated residuals do not
    count twice); beyond that, surprise is exponential.

    Attributes:
        above: The upper tail of each residual; ``below`` holds the lower ones.
        needed_surprise: The surprise that only the budgeted fraction of blocks reaches.
        most_surprising: The index of the residual with the largest surprise in the last reading.
    """

    __slots__ = (
        "_block_is_surprising",
        "_block_weight",
        "_cadence",
        "_closed_blocks",
        "_config",
        "_counted_blocks",
        "_current_block",
        "_growth",
        "_prior_excess",
        "_share_of_blocks",
        "_surprising_blocks",
        "above",
        "below",
        "most_surprising",
        "needed_surprise",
    )

    def __init__(self, residuals: int, cadence: Cadence, budget: AlarmBudget, config: AnomalyConfig) -> None:
        self._config = config.tail
        self._cadence = cadence
        self._share_of_blocks = budget.share_of_readings(cadence.block_seconds)
        self._growth = 2.0 ** (1 / config.tail.half_life_blocks)
        readings_per_block = cadence.block_seconds / cadence.interval_seconds
        share_of_readings = cadence.top_share / readings_per_block
        self._prior_excess = config.tail.heaviness * normal_excess(share_of_readings, cadence.tail_power)
        self.above = [Tail(cadence.tail_power) for _ in range(residuals)]
        self.below = [Tail(cadence.tail_power) for _ in range(residuals)]
        self._current_block: float | None = None
        self._closed_blocks = 0
        self._block_weight = 1.0
        self._block_is_surprising = False
        self._surprising_blocks = self._counted_blocks = 0.0
        self.most_surprising = 0
        self.needed_surprise = inf

    @property
    def is_fitted(self) -> bool:
        """Whether a block has ended, so that there are limits."""
        return self._closed_blocks > 0

    @property
    def tails(self) -> Sequence[Tail]:
        """All tails."""
        return [*self.above, *self.below]

    def observe(self, residuals: Sequence[float], floor: float) -> float:
        """Add the residuals of one reading and return the largest surprise; set ``most_surprising``.

        Below the base, where nothing is surprising, the result is the ratio to the base minus 1, in [-1, 0).
        Deviations up to ``floor`` are never surprising.
        """
        largest = -1.0
        for index, residual in enumerate(residuals):
            if residual >= 0:
                tail, deviation = self.above[index], residual
            else:
                tail, deviation = self.below[index], -residual
            if deviation > tail.block_peak:  # noqa: PLR1730 - calls of max and min take a tenth of a reading's time
                tail.block_peak = deviation
            if deviation <= floor:
                continue
            base = tail.base
            surprise = tail.surprise(deviation) if deviation > base else deviation / base - 1 if base else -1.0
            if surprise > largest:
                largest = surprise
                self.most_surprising = index
        if largest > 0:
            self._block_is_surprising = True
        return largest

    def advance_to(self, seconds: float, *, learn: bool) -> None:
        """End the block if ``seconds`` lies in another one; without ``learn`` its peaks are discarded."""
        block = seconds // self._cadence.block_seconds
        if block == self._current_block:
            return
        if self._current_block is not None:
            self._close_block(learn=learn)
        self._current_block = block

    def _close_block(self, *, learn: bool) -> None:
        if not learn:
            for tail in self.tails:
                tail.block_peak = 0.0
            return
        self._closed_blocks += 1
        self._block_weight *= self._growth
        for tail in self.tails:
            tail.close_block(self._block_weight)
        if self._closed_blocks > _UNCOUNTED_BLOCKS:
            self._surprising_blocks = self._surprising_blocks / self._growth + self._block_is_surprising
            self._counted_blocks = self._counted_blocks / self._growth + 1
        self._block_is_surprising = False
        if self._block_weight > _MAX_WEIGHT:
            self._normalise_weights()
        self._fit()

    def _normalise_weights(self) -> None:
        """Divide all weights by that of the newest block and drop negligible bins, so that no weight overflows."""
        for tail in self.tails:
            scaled = {bin_index: weight / self._block_weight for bin_index, weight in tail.bins.items()}
            tail.bins = {bin_index: weight for bin_index, weight in scaled.items() if weight > _NEGLIGIBLE_WEIGHT}
            tail.zero_weight /= self._block_weight
        self._block_weight = 1.0

    def widen(self, factor: float) -> None:
        """Widen all limits, because the series has grown and its noise may have grown with it."""
        for tail in self.tails:
            tail.scale_peaks(factor)
        self._fit()

    def _fit(self) -> None:
        """Fit every tail and set each limit so that all together keep the budget."""
        if not self.is_fitted:
            return
        constants, top_share = self._config, self._cadence.top_share
        prior_hits = constants.prior_blocks * top_share * len(self.tails)
        surprising_share = (self._surprising_blocks + prior_hits) / (self._counted_blocks + constants.prior_blocks)
        self.needed_surprise = max(0.0, log(surprising_share / self._share_of_blocks))
        effective_blocks = min(self._closed_blocks, 1.44 * constants.half_life_blocks)
        mirrored_share = self._cadence.mirrored_blocks / (self._cadence.mirrored_blocks + self._closed_blocks)
        prior = self._cadence.prior_peaks, self._prior_excess
        for above, below in zip(self.above, self.below, strict=True):
            above.fit(top_share, effective_blocks, prior, (below, mirrored_share))
            below.fit(top_share, effective_blocks, prior, (above, mirrored_share))
            above.borrow_shape(below)
            below.borrow_shape(above)
        for tail in self.tails:
            tail.limit = tail.deviation(self.needed_surprise)
