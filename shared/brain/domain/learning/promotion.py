"""Decides whether a challenger takes over from the champion, on evidence that survives looking after every outcome.

Both models meet the same outcomes; each outcome gives a pair of errors, champion's and challenger's. A difference
of the mean errors counts only when an anytime-valid confidence sequence on the paired differences excludes zero
(see ``statistics.confidence_sequence``). Its standard error is the larger of two: of single pairs, and of blocks of
neighbouring pairs (batch means), because errors of neighbouring outcomes often go together. After a promotion the
same machinery with the roles swapped watches for a regression.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from brain.domain.statistics.confidence_sequence import compute_boundary
from brain.domain.statistics.paired_moments import PairedMoments
from brain.domain.types import StrictModel
from brain.errors import InvalidInputError

LARGEST_ERROR = 1e300


class PromotionPolicy(StrictModel):
    """What evidence a promotion needs; an improvement is relative: (champion - challenger) / champion."""

    alpha: float = Field(gt=0, lt=1)
    minimum_observations: int = Field(ge=50)
    minimum_improvement: float = Field(ge=0, lt=1)
    maximum_observations: int = Field(ge=50)
    tuned_for_observations: int = Field(ge=50)
    block_length: int = Field(ge=2, le=25)


class Decision(StrEnum):
    """What to do with the challenger now."""

    PROMOTE = "promote"
    KEEP = "keep"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision with what it rests on.

    ``improvement`` is the relative fall of the mean error over all ``n`` pairs, ``interval`` its confidence sequence
    (None while it has no bounds), ``decided_at`` the number of the pair that settled it, ``reason`` a sentence.
    """

    decision: Decision
    n: int
    improvement: float | None
    interval: tuple[float, float] | None
    decided_at: int | None
    reason: str


@dataclass(slots=True)
class Comparison:
    """A running comparison in constant memory; a decision, once taken, stands.

    ``gold_failures`` names the gold standards that the challenger fails; with any it is never promoted.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    policy: PromotionPolicy
    gold_failures: tuple[str, ...] = ()
    decision: Decision = Decision.CONTINUE
    decided_at: int | None = None
    pairs: PairedMoments = field(default_factory=PairedMoments)
    blocks: PairedMoments = field(default_factory=PairedMoments)
    open_block: PairedMoments = field(default_factory=PairedMoments)
    state_version: Literal[1] = 1

    def observe(self, champion_error: float, challenger_error: float) -> Decision:
        """Take the errors of both models on one outcome, in any one unit, and say what follows.

        Raises:
            InvalidInputError: an error is no number from 0 to 1e300; nothing was taken.
        """
        first, second = _checked(champion_error, "champion"), _checked(challenger_error, "challenger")
        self.pairs.add(first, second)
        self.open_block.add(first, second)
        if self.open_block.n == self.policy.block_length:
            self._close_block()
        if self.decision is Decision.CONTINUE:
            self.decision = self._decide()
            if self.decision is not Decision.CONTINUE:
                self.decided_at = self.pairs.n
        return self.decision

    def verdict(self) -> Verdict:
        """Return the decision with the evidence so far."""
        return Verdict(
            self.decision, self.pairs.n, self._improvement(), self._interval(), self.decided_at, self._reason()
        )

    def to_document(self) -> dict[str, Any]:
        """Return the whole state as plain values; ``from_document`` continues from it to the same decisions."""
        return cast("dict[str, Any]", _STATE.dump_python(self, mode="json"))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Comparison":
        """Return the comparison that ``to_document`` wrote.

        Raises:
            InvalidInputError: the document is of another version or shape; a comparison is never restarted silently.
        """
        try:
            return _STATE.validate_python(document)
        except ValidationError as exc:
            place = exc.errors()[0]
            raise InvalidInputError(
                f"expected the state of a comparison, but {'.'.join(map(str, place['loc']))}: {place['msg']}; "
                "restore the document from its history"
            ) from exc

    def _close_block(self) -> None:
        exponent = self.open_block.exponent or 0
        self.blocks.add(math.ldexp(self.open_block.mean_x, exponent), math.ldexp(self.open_block.mean_y, exponent))
        self.open_block = PairedMoments()

    def _decide(self) -> Decision:
        policy, n = self.policy, self.pairs.n
        if n < policy.minimum_observations:
            return Decision.CONTINUE
        if self._excludes(1.0) > 0 and (self._improvement() or 0.0) >= policy.minimum_improvement:
            return Decision.KEEP if self.gold_failures else Decision.PROMOTE
        if self._excludes(1.0 - policy.minimum_improvement) < 0 or n >= policy.maximum_observations:
            return Decision.KEEP
        return Decision.CONTINUE

    def _excludes(self, share: float) -> int:
        """Return the proven sign of ``share * champion - challenger``: 1, -1, or 0 when the sequence spans zero."""
        mean = self.pairs.contrast_mean(share)
        if abs(mean) <= self._reach() * math.sqrt(self._variance(share)):
            return 0
        return 1 if mean > 0 else -1

    def _reach(self) -> float:
        n = self.pairs.n
        return compute_boundary(n, self.policy.alpha, self.policy.tuned_for_observations) / math.sqrt(n)

    def _variance(self, share: float) -> float:
        """Return the long-run variance of a pair's contrast, in the unit of ``pairs``."""
        return max(self.pairs.contrast_variance(share), self._block_scale() * self.blocks.contrast_variance(share))

    def _block_scale(self) -> float:
        """Return what turns a variance of block means into one of single pairs, in the unit of ``pairs``."""
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
        q2 = self._reach() ** 2
        found = [
            _ratio_bounds(self.pairs, part, q2 * scale)
            for part, scale in ((self.pairs, 1.0), (self.blocks, self._block_scale()))
        ]
        if any(bounds is None for bounds in found):
            return None
        bounds = [pair for pair in found if pair is not None]
        return 1 - max(high for _, high in bounds), 1 - min(low for low, _ in bounds)

    def _reason(self) -> str:
        policy, n = self.policy, self.pairs.n
        wanted = f"{policy.minimum_improvement:.0%}"
        if self.decision is Decision.PROMOTE:
            return f"the error is proven lower, however often one looked, and by {wanted} or more as measured"
        if self.decision is Decision.CONTINUE:
            missing = policy.minimum_observations - n
            return f"{missing} more pairs are needed" if missing > 0 else "the evidence is not yet enough"
        if self.gold_failures:
            return f"the challenger fails gold standards: {', '.join(self.gold_failures)}"
        if self.decided_at is not None and self.decided_at >= policy.maximum_observations:
            return f"no improvement of {wanted} could be shown in {policy.maximum_observations} pairs"
        return f"an improvement of {wanted} is ruled out"


_STATE = TypeAdapter(Comparison)


def _checked(error: float, whose: str) -> float:
    if isinstance(error, bool) or not isinstance(error, int | float) or not 0 <= error <= LARGEST_ERROR:
        raise InvalidInputError(
            f"expected the {whose}'s error as a number from 0 to {LARGEST_ERROR:g}, got {error!r}; leave out "
            "outcomes that one of the models has no error for"
        )
    return float(error)


def _ratio_bounds(means: PairedMoments, spread: PairedMoments, q2: float) -> tuple[float, float] | None:
    """Return the bounds of challenger's over champion's mean error: Fieller's (1954) interval.

    These are the shares u at which ``u * champion - challenger`` could have mean zero: |u X - Y|^2 <= q2 var(u).
    None when the champion's mean error is not told from zero, so that the ratio has no bounds (or none that a float
    can hold).
    """
    per = q2 / (spread.n - 1)
    a = means.mean_x**2 - per * spread.sum_xx
    b = means.mean_x * means.mean_y - per * spread.sum_xy
    c = means.mean_y**2 - per * spread.sum_yy
    if a <= 0:
        return None
    root = math.sqrt(max(b * b - a * c, 0.0))
    low, high = (b - root) / a, (b + root) / a
    return (low, high) if math.isfinite(high) else None
