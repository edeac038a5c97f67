"""Decide whether a challenger replaces the champion, with an anytime-valid test on paired errors.

Both models predict the same outcomes; each outcome gives a pair of errors, the champion's and the challenger's. A
difference of the mean errors counts only if an anytime-valid confidence sequence on the paired differences excludes
zero (see ``statistics.confidence_sequence``), so the test may be evaluated after every outcome. Its standard error is
the larger of two: that of single pairs and that of blocks of neighbouring pairs (batch means), because errors of
neighbouring outcomes are often correlated. After a promotion the same test with swapped roles watches for a regression.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from brain.domain.learning.summary import ComparisonSummary
from brain.domain.statistics.confidence_sequence import compute_boundary
from brain.domain.statistics.paired_moments import PairedMoments
from brain.domain.types import StrictModel, explain_validation_error
from brain.errors import InvalidInputError

LARGEST_ERROR = 1e300


class PromotionPolicy(StrictModel):
    """The evidence that a promotion needs; improvements are relative: (champion - challenger) / champion."""

    alpha: float = Field(gt=0, lt=1)
    minimum_observations: int = Field(ge=50)
    minimum_improvement: float = Field(ge=0, lt=1)
    maximum_observations: int = Field(ge=50)
    tuned_for_observations: int = Field(ge=50)
    block_length: int = Field(ge=2, le=25)


class PromotionDecision(StrEnum):
    """The decision about the challenger: promote it, keep the champion, or continue the comparison."""

    PROMOTE = "promote"
    KEEP = "keep"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class PromotionVerdict:
    """A decision with its evidence.

    ``improvement`` is the relative reduction of the mean error over all ``n`` pairs, ``interval`` its confidence
    sequence (None while it has no bounds), ``decided_at`` the number of the pair that decided, ``reason`` a sentence.
    """

    decision: PromotionDecision
    n: int
    improvement: float | None
    interval: tuple[float, float] | None
    decided_at: int | None
    reason: str


@dataclass(slots=True)
class ModelComparison:
    """A running comparison in constant memory; a decision is final.

    ``gold_failures`` names the gold standards that the challenger fails; if there are any, it is never promoted.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    policy: PromotionPolicy
    gold_failures: tuple[str, ...] = ()
    decision: PromotionDecision = PromotionDecision.CONTINUE
    decided_at: int | None = None
    pairs: PairedMoments = field(default_factory=PairedMoments)
    blocks: PairedMoments = field(default_factory=PairedMoments)
    open_block: PairedMoments = field(default_factory=PairedMoments)
    state_version: Literal[1] = 1

    def observe(self, champion_error: float, challenger_error: float) -> PromotionDecision:
        """Add the errors of both models on one outcome, in any common unit, and return the decision.

        Raises:
            InvalidInputError: an error is not a number from 0 to 1e300; the comparison is unchanged.
        """
        champion_error = _validate_error(champion_error, "champion")
        challenger_error = _validate_error(challenger_error, "challenger")
        self.pairs.add(champion_error, challenger_error)
        self.open_block.add(champion_error, challenger_error)
        if self.open_block.n == self.policy.block_length:
            self._close_block()
        if self.decision is PromotionDecision.CONTINUE:
            self.decision = self._decide()
            if self.decision is not PromotionDecision.CONTINUE:
                self.decided_at = self.pairs.n
        return self.decision

    def verdict(self) -> PromotionVerdict:
        """Return the decision with the evidence so far."""
        return PromotionVerdict(
            self.decision, self.pairs.n, self._improvement(), self._interval(), self.decided_at, self._reason()
        )

    def summarize(self, kind: str, champion: str, challenger: str, as_of: datetime) -> ComparisonSummary:
        """Return the evidence so far for reports; ``champion`` and ``challenger`` are model versions."""
        verdict = self.verdict()
        return ComparisonSummary(
            kind=kind,
            champion=champion,
            challenger=challenger,
            as_of=as_of,
            decision=str(verdict.decision),
            n=verdict.n,
            improvement=verdict.improvement,
            interval=verdict.interval,
            reason=verdict.reason,
        )

    def to_document(self) -> dict[str, Any]:
        """Return the state as a JSON document; ``from_document`` continues from it to the same decisions."""
        return cast("dict[str, Any]", _STATE.dump_python(self, mode="json"))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ModelComparison":
        """Return the comparison that ``to_document`` wrote.

        Raises:
            InvalidInputError: the document has another version or shape. A comparison never restarts silently.
        """
        try:
            return _STATE.validate_python(document)
        except ValidationError as exc:
            reasons = explain_validation_error(exc, document="the state")
            raise InvalidInputError(f"state of a comparison: {reasons}; restore the document from its history") from exc

    def _close_block(self) -> None:
        exponent = self.open_block.exponent or 0
        self.blocks.add(math.ldexp(self.open_block.mean_x, exponent), math.ldexp(self.open_block.mean_y, exponent))
        self.open_block = PairedMoments()

    def _decide(self) -> PromotionDecision:
        policy, n = self.policy, self.pairs.n
        if n < policy.minimum_observations:
            return PromotionDecision.CONTINUE
        if self._contrast_sign(1.0) > 0 and (self._improvement() or 0.0) >= policy.minimum_improvement:
            return PromotionDecision.KEEP if self.gold_failures else PromotionDecision.PROMOTE
        if self._contrast_sign(1.0 - policy.minimum_improvement) < 0 or n >= policy.maximum_observations:
            return PromotionDecision.KEEP
        return PromotionDecision.CONTINUE

    def _contrast_sign(self, factor: float) -> int:
        """Return the sign of ``factor * champion - challenger``: 1, -1, or 0 if the confidence sequence spans zero."""
        mean = self.pairs.contrast_mean(factor)
        if abs(mean) <= self._half_width() * math.sqrt(self._contrast_variance(factor)):
            return 0
        return 1 if mean > 0 else -1

    def _half_width(self) -> float:
        """Return the half-width of the confidence sequence in standard deviations of a pair."""
        n = self.pairs.n
        return compute_boundary(n, self.policy.alpha, self.policy.tuned_for_observations) / math.sqrt(n)

    def _contrast_variance(self, factor: float) -> float:
        """Return the long-run variance of a pair's contrast, in the unit of ``pairs``."""
        return max(self.pairs.contrast_variance(factor), self._block_scale() * self.blocks.contrast_variance(factor))

    def _block_scale(self) -> float:
        """Return the factor from the variance of block means to that of single pairs, in the unit of ``pairs``."""
        if self.blocks.exponent is None or self.pairs.exponent is None:
            return 0.0  # all block means are 0 and so is their variance
        return math.ldexp(self.policy.block_length, 2 * (self.blocks.exponent - self.pairs.exponent))

    def _improvement(self) -> float | None:
        mean = self.pairs.mean_x
        improvement = (mean - self.pairs.mean_y) / mean if mean > 0 else -math.inf
        return improvement if math.isfinite(improvement) else None

    def _interval(self) -> tuple[float, float] | None:
        if self.blocks.n < 2:  # noqa: PLR2004 - one block has no variance
            return None
        q2 = self._half_width() ** 2
        pair_bounds = _ratio_bounds(self.pairs, self.pairs, q2)
        block_bounds = _ratio_bounds(self.pairs, self.blocks, q2 * self._block_scale())
        if pair_bounds is None or block_bounds is None:
            return None
        return 1 - max(pair_bounds[1], block_bounds[1]), 1 - min(pair_bounds[0], block_bounds[0])

    def _reason(self) -> str:
        policy, n = self.policy, self.pairs.n
        minimum = f"{policy.minimum_improvement:.0%}"
        if self.decision is PromotionDecision.PROMOTE:
            return f"the error is proven lower, however often one looked, and by {minimum} or more as measured"
        if self.decision is PromotionDecision.CONTINUE:
            missing = policy.minimum_observations - n
            if missing == 1:
                return "1 more pair is needed"
            return f"{missing} more pairs are needed" if missing > 0 else "the evidence is not yet enough"
        if self.gold_failures:
            return f"the challenger fails gold standards: {', '.join(self.gold_failures)}"
        if self.decided_at is not None and self.decided_at >= policy.maximum_observations:
            return f"no improvement of {minimum} could be shown in {policy.maximum_observations} pairs"
        return f"an improvement of {minimum} is ruled out"


_STATE = TypeAdapter(ModelComparison)


def _validate_error(error: float, role: str) -> float:
    if isinstance(error, bool) or not isinstance(error, int | float) or not 0 <= error <= LARGEST_ERROR:
        raise InvalidInputError(
            f"{role} error must be a number from 0 to {LARGEST_ERROR:g}, got {error!r}; leave out outcomes for which "
            "one of the models has no error"
        )
    return float(error)


def _ratio_bounds(means: PairedMoments, spread: PairedMoments, q2: float) -> tuple[float, float] | None:
    """Return the bounds of the challenger's mean error over the champion's: the interval of Fieller (1954).

    The bounds are the ratios u at which ``u * champion - challenger`` could have mean zero: |u X - Y|^2 <= q2 var(u).
    None if the champion's mean error is not distinguishable from zero, so that the ratio has no bounds, or none that
    a float can hold.
    """
    scale = q2 / (spread.n - 1)
    a = means.mean_x**2 - scale * spread.sum_xx
    b = means.mean_x * means.mean_y - scale * spread.sum_xy
    c = means.mean_y**2 - scale * spread.sum_yy
    if a <= 0:
        return None
    root = math.sqrt(max(b * b - a * c, 0.0))
    low, high = (b - root) / a, (b + root) / a
    return (low, high) if math.isfinite(high) else None
