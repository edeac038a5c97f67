"""Fit an additive model of group effects, each shrunk as far as its data is weak, added one after the other.

Empirical Bayes with the variance between groups by moments (DerSimonian, Laird 1986); the effect that raises the
marginal likelihood most comes next (stagewise, as in Bühlmann, Hothorn 2007); residuals enter as Huber's
pseudo-values (Huber 1981), so that a viral post does not move the effect of its whole format.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np

from brain.domain.predictions.effects import CodedEffect
from brain.domain.types import Floats, Integers

_NORMAL_SD_OF_MEDIAN_DEVIATION = 1.4826
_NORMAL_SD_OF_MEAN_DEVIATION = 1.2533
_TINY = 1e-12
EffectSteps: TypeAlias = tuple[int, ...]
"""The indices of the effects of a model in the order in which they are added."""


@dataclass(frozen=True, slots=True)
class AdditiveFits:
    """Several fits of the same steps at once, one per row.

    ``location`` is (fits,), ``step_effects`` one array (fits, groups) per step, ``residuals`` (fits, rows) of all rows,
    including those that a fit did not see.
    """

    location: Floats
    step_effects: tuple[Floats, ...]
    residuals: Floats


@dataclass(frozen=True, slots=True)
class _Shrinkage:
    """The terms of the shrinkage that do not depend on the target.

    ``total`` and ``effective`` are the weight and the effective size of each slot, ``freedom`` and ``divisor`` the
    constants of the moment estimate of each effect, ``weight`` the weight of all rows.
    """

    total: Floats
    effective: Floats
    freedom: Floats
    divisor: Floats
    weight: float


class StepSearch:
    """Selects, for one history, the effects of a model and their order.

    All effects are evaluated in one pass: each group of each effect has a slot, and the first slot of an effect
    collects its rows of no group, which get no weight.

    Args:
        candidates: The effects to choose from, each with codes (rows,).
        weights: The weight of each row (rows,), above 0.
        clip: The number of scales at which residuals are clipped.
        least_gain: The gain of log marginal likelihood that an effect must bring.

    >>> from brain.domain.predictions.columns import CategoryColumn, parse_text
    >>> from brain.domain.predictions.effects import CategoryEffect
    >>> effect = CategoryEffect(CategoryColumn("type", parse_text), {"photo": 0, "video": 1})
    >>> coded = CodedEffect(effect, np.array([0, 1] * 10))
    >>> search = StepSearch([coded], np.ones(20), clip=1.0, least_gain=3.0)
    >>> search.choose(np.array([4.0, 5.0] * 10), most=16)[0]
    0
    """

    def __init__(self, candidates: Sequence[CodedEffect], weights: Floats, *, clip: float, least_gain: float) -> None:
        self._candidates = candidates
        self._weights = weights
        self._clip = clip
        self._least_gain = least_gain
        self._sizes: Integers = np.array([c.effect.size + 1 for c in candidates], dtype=np.int64)
        self._firsts: Integers = np.cumsum(self._sizes) - self._sizes
        self._slots = (np.array([c.codes for c in candidates]) + (self._firsts + 1)[:, None]).ravel()
        self._shrinkage = self._compute_shrinkage()

    def choose(self, target: Floats, most: int) -> EffectSteps:
        """Return the effects to add for ``target`` (rows,), parents first, about ``most`` at most.

        The search stops when no effect brings the least gain. An effect may be added again, because others have
        changed what remains for it.
        """
        residual = target - weighted_median(target, self._weights[None, :])[0]
        steps: list[int] = []
        slot_effects, gains = self._evaluate(residual)
        while len(steps) < most and gains.max() >= self._least_gain:
            best = int(np.argmax(gains))
            parents = [parent for parent in self._candidates[best].parents if parent not in steps]
            for step in (*sorted(parents, key=lambda parent: -gains[parent]), best):
                residual = residual - slot_effects[self._firsts[step] + 1 + self._candidates[step].codes]
                steps.append(step)
                slot_effects, gains = self._evaluate(residual)
        return tuple(steps)

    def _evaluate(self, residual: Floats) -> tuple[Floats, Floats]:
        """Return the shrunk effect of every slot, and the gain of log marginal likelihood of every effect."""
        pseudo = pseudo_values(residual, robust_scale(residual), self._clip)
        weighted = pseudo * self._weights
        shrinkage = self._shrinkage
        noise = max(float(weighted @ pseudo) / shrinkage.weight, _TINY)
        means = self._sum_slots(weighted) / shrinkage.total
        squares = shrinkage.effective * means**2
        excess = np.maximum(np.add.reduceat(squares, self._firsts) - shrinkage.freedom * noise, 0)
        ratio = np.repeat(excess / shrinkage.divisor, self._sizes) * shrinkage.effective / noise
        factor = ratio / (1 + ratio)
        gains: Floats = 0.5 * np.add.reduceat(squares / noise * factor - np.log1p(ratio), self._firsts)
        return means * factor, gains

    def _sum_slots(self, row_values: Floats) -> Floats:
        repeated = np.broadcast_to(row_values, (len(self._sizes), len(row_values))).ravel()
        return np.bincount(self._slots, weights=repeated, minlength=int(self._sizes.sum())).astype(np.float64)

    def _compute_shrinkage(self) -> _Shrinkage:
        total = self._sum_slots(self._weights)
        effective = total**2 / np.maximum(self._sum_slots(self._weights**2), _TINY)
        effective[self._firsts] = 0
        effect_total = np.add.reduceat(effective, self._firsts)
        divisor = effect_total - np.add.reduceat(effective**2, self._firsts) / np.maximum(effect_total, _TINY)
        freedom = np.add.reduceat((effective > 0) * 1.0, self._firsts) - 1
        return _Shrinkage(
            total=np.maximum(total, _TINY),
            effective=effective,
            freedom=np.maximum(freedom, 0),
            divisor=np.where(freedom > 0, np.maximum(divisor, _TINY), np.inf),
            weight=float(self._weights.sum()),
        )


def fit_steps(
    candidates: Sequence[CodedEffect], steps: EffectSteps, target: Floats, weights: Floats, *, clip: float
) -> AdditiveFits:
    """Return the fits of ``target`` (rows,) under each row of ``weights`` (fits, rows); weight 0 leaves a row out.

    The residuals of the last fit set the scale at which the residuals of all fits are clipped.

    >>> fits = fit_steps([], (), np.array([1.0, 2.0, 6.0]), np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]), clip=1.0)
    >>> fits.location.tolist(), fits.residuals[1].tolist()
    ([1.0, 2.0], [-1.0, 0.0, 4.0])
    """
    location = weighted_median(target, weights)
    residuals = target - location[:, None]
    total_weights = np.maximum(weights.sum(axis=1), _TINY)
    step_effects = []
    for step in steps:
        scale = robust_scale(residuals[-1])
        group_effects = _shrink_means(pseudo_values(residuals, scale, clip), weights, total_weights, candidates[step])
        step_effects.append(group_effects)
        residuals = residuals - take_row_effects(group_effects, candidates[step].codes)
        drift = np.sum(pseudo_values(residuals, scale, clip) * weights, axis=1) / total_weights
        location += drift
        residuals -= drift[:, None]
    return AdditiveFits(location, tuple(step_effects), residuals)


def weighted_median(target: Floats, weights: Floats) -> Floats:
    """Return the median (fits,) of ``target`` (rows,) under each row of ``weights`` (fits, rows).

    >>> weighted_median(np.array([1.0, 2.0, 9.0]), np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 5.0]])).tolist()
    [2.0, 9.0]
    """
    order = np.argsort(target, kind="stable")
    cumulative = np.cumsum(weights[:, order], axis=1)
    middle = np.argmax(cumulative >= cumulative[:, -1:] / 2, axis=1)
    medians: Floats = target[order[middle]]
    return medians


def robust_scale(residuals: Floats) -> float:
    """Return the standard deviation of a normal distribution with the same median absolute deviation (MAD).

    If more than half of the residuals are equal, the MAD is 0; half of the scale by the mean deviation is the least
    that is returned.

    >>> round(robust_scale(np.array([-1.0, -0.5, 0.5, 1.0, 3.0])), 2)
    1.48
    """
    sizes = np.abs(residuals)
    middle = len(sizes) // 2
    median = float(np.partition(sizes, middle)[middle])
    mean = float(sizes.sum()) / len(sizes)
    return max(median * _NORMAL_SD_OF_MEDIAN_DEVIATION, mean * _NORMAL_SD_OF_MEAN_DEVIATION / 2, 1e-3)


def pseudo_values(residuals: Floats, scale: float, clip: float) -> Floats:
    """Return residuals clipped at ``clip`` scales and stretched (Huber 1981), in the same shape.

    The stretch keeps the mean of normal residuals unbiased.

    >>> pseudo_values(np.array([-0.5, 0.0, 50.0]), scale=1.0, clip=1.0).round(2).tolist()
    [-0.73, 0.0, 1.46]
    """
    bound = clip * scale
    stretch = 1 / (2 * NormalDist().cdf(clip) - 1)
    clipped: Floats = np.minimum(np.maximum(residuals, -bound), bound)
    clipped *= stretch
    return clipped


def take_row_effects(group_effects: Floats, codes: Integers) -> Floats:
    """Return the effect of each row (…, rows), 0 for rows of no group; ``group_effects`` is (…, groups).

    >>> take_row_effects(np.array([0.1, 0.2]), np.array([1, -1, 0])).tolist()
    [0.2, 0.0, 0.1]
    """
    row_effects: Floats = np.take(group_effects, codes, axis=-1, mode="clip")
    if codes.min() < 0:
        row_effects[..., codes < 0] = 0.0
    return row_effects


def unseen_variance(group_effects: Floats, codes: Integers) -> Floats:
    """Return the variance (rows,) that each row has because its group was never seen, 0 if it was.

    It is the mean square of the effects of the groups that were seen; if all of them are 0, there is no
    variance between its groups.

    >>> unseen_variance(np.array([0.3, -0.3, 0.0]), np.array([0, 2, -1])).round(2).tolist()
    [0.0, 0.09, 0.09]
    """
    nonzero = group_effects[group_effects != 0]
    variance = float(np.mean(nonzero**2)) if len(nonzero) else 0.0
    variances: Floats = np.where((codes < 0) | (group_effects[codes] == 0), variance, 0.0)
    return variances


def _shrink_means(pseudo: Floats, weights: Floats, total_weights: Floats, coded: CodedEffect) -> Floats:
    """Return the shrunk mean of each group in each fit, (fits, groups)."""
    fits, slots_per_fit = len(pseudo), coded.effect.size + 1
    slots = (coded.codes + 1 + slots_per_fit * np.arange(fits)[:, None]).ravel()

    def sum_groups(row_values: Floats) -> Floats:
        flat = np.bincount(slots, weights=row_values.ravel(), minlength=fits * slots_per_fit).astype(np.float64)
        return flat.reshape(fits, slots_per_fit)[:, 1:]

    weighted = weights * pseudo
    total = sum_groups(weights)
    means = sum_groups(weighted) / np.maximum(total, _TINY)
    effective = total**2 / np.maximum(sum_groups(weights**2), _TINY)
    noise = np.maximum(np.sum(weighted * pseudo, axis=1) / total_weights, _TINY)
    freedom = np.sum(effective > 0, axis=1) - 1
    effect_total = np.maximum(np.sum(effective, axis=1), _TINY)
    divisor = np.maximum(effect_total - np.sum(effective**2, axis=1) / effect_total, _TINY)
    excess = np.maximum(np.sum(effective * means**2, axis=1) - freedom * noise, 0)
    between = np.where(freedom > 0, excess / divisor, 0)
    ratio = between[:, None] * effective / noise[:, None]
    shrunk: Floats = means * ratio / (1 + ratio)
    return shrunk
