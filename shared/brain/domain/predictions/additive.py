"""An additive model of group effects, each shrunk as far as its data is weak, taken up one after the other.

Empirical Bayes with the variance between groups by moments (DerSimonian, Laird 1986); the effect that raises the
marginal likelihood most comes next (stagewise, as in Bühlmann, Hothorn 2007); residuals enter as Huber's
pseudo-values (Huber 1981), so that a post that went viral does not move its whole format.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np

from brain.domain.predictions.effects import Grouped
from brain.domain.types import Floats, Integers

_NORMAL_SD_OF_MEDIAN_DEVIATION = 1.4826
_NORMAL_SD_OF_MEAN_DEVIATION = 1.2533
_TINY = 1e-12
Steps: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fits:
    """Several fits of one model at once, a row each, all by the same steps.

    ``location`` is (fits,), ``shifts`` one (fits, groups) array a step, ``residuals`` (fits, rows) of all rows,
    those that a fit was not given included.
    """

    location: Floats
    shifts: tuple[Floats, ...]
    residuals: Floats


@dataclass(frozen=True, slots=True)
class _Shrinkage:
    """What is known before any target is.

    Of each slot its weight and effective size, of each effect the constants of the moments' estimate, and the
    weight of all rows.
    """

    total: Floats
    effective: Floats
    freedom: Floats
    spare: Floats
    weight: float


class StepSearch:
    """Finds, for one history, which effects a model should take up and in which order.

    ``weights`` are (rows,), above 0. All effects are weighed in one pass: each group of each effect has a slot,
    and the first slot of an effect collects its rows of no group, which are given no weight.
    """

    def __init__(self, grouped: Sequence[Grouped], weights: Floats, *, clip: float, least_gain: float) -> None:
        self._grouped = grouped
        self._weights = weights
        self._clip = clip
        self._least_gain = least_gain
        self._sizes: Integers = np.array([each.effect.size + 1 for each in grouped], dtype=np.int64)
        self._firsts: Integers = np.cumsum(self._sizes) - self._sizes
        self._slots = (np.array([each.codes for each in grouped]) + (self._firsts + 1)[:, None]).ravel()
        self._known = self._shrinkage()

    def choose(self, target: Floats, most: int) -> Steps:
        """Return the effects to take up, parents first, until none brings the least gain; about ``most``.

        The same effect may come again, because others have changed what is left for it.
        """
        residual = target - weighted_median(target, self._weights[None, :])[0]
        steps: list[int] = []
        shifts, gains = self._weigh(residual)
        while len(steps) < most and gains.max() >= self._least_gain:
            best = int(np.argmax(gains))
            parents = [parent for parent in self._grouped[best].parents if parent not in steps]
            for step in (*sorted(parents, key=lambda parent: -gains[parent]), best):
                residual = residual - shifts[self._firsts[step] + 1 + self._grouped[step].codes]
                steps.append(step)
                shifts, gains = self._weigh(residual)
        return tuple(steps)

    def _weigh(self, residual: Floats) -> tuple[Floats, Floats]:
        """Return every slot's shrunk shift, and every effect's gain of log marginal likelihood."""
        pseudo = pseudo_values(residual, robust_scale(residual), self._clip)
        weighted = pseudo * self._weights
        noise = max(float(weighted @ pseudo) / self._known.weight, _TINY)
        known = self._known
        means = self._sums(weighted) / known.total
        squares = known.effective * means**2
        excess = np.maximum(np.add.reduceat(squares, self._firsts) - known.freedom * noise, 0)
        ratio = np.repeat(excess / known.spare, self._sizes) * known.effective / noise
        kept = ratio / (1 + ratio)
        gains: Floats = 0.5 * np.add.reduceat(squares / noise * kept - np.log1p(ratio), self._firsts)
        return means * kept, gains

    def _sums(self, values: Floats) -> Floats:
        everywhere = np.broadcast_to(values, (len(self._sizes), len(values))).ravel()
        return np.bincount(self._slots, weights=everywhere, minlength=int(self._sizes.sum())).astype(np.float64)

    def _shrinkage(self) -> _Shrinkage:
        total = self._sums(self._weights)
        effective = total**2 / np.maximum(self._sums(self._weights**2), _TINY)
        effective[self._firsts] = 0
        everything = np.add.reduceat(effective, self._firsts)
        spare = everything - np.add.reduceat(effective**2, self._firsts) / np.maximum(everything, _TINY)
        freedom = np.add.reduceat((effective > 0) * 1.0, self._firsts) - 1
        return _Shrinkage(
            total=np.maximum(total, _TINY),
            effective=effective,
            freedom=np.maximum(freedom, 0),
            spare=np.where(freedom > 0, np.maximum(spare, _TINY), np.inf),
            weight=float(self._weights.sum()),
        )


def fit_steps(grouped: Sequence[Grouped], steps: Steps, target: Floats, weights: Floats, *, clip: float) -> Fits:
    """Return the fits of ``target`` (rows,) under each row of ``weights`` (fits, rows); weight 0 leaves a row out.

    The last fit is the one that counts: its residuals set the scale at which all residuals are clipped.
    """
    location = weighted_median(target, weights)
    residuals = target - location[:, None]
    summed = np.maximum(weights.sum(axis=1), _TINY)
    shifts = []
    for step in steps:
        scale = robust_scale(residuals[-1])
        shift = _shrunk(pseudo_values(residuals, scale, clip), weights, summed, grouped[step])
        shifts.append(shift)
        residuals = residuals - shift_of_rows(shift, grouped[step].codes)
        drift = np.sum(pseudo_values(residuals, scale, clip) * weights, axis=1) / summed
        location += drift
        residuals -= drift[:, None]
    return Fits(location, tuple(shifts), residuals)


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """Return the median of ``values`` (rows,) under each row of ``weights`` (fits, rows)."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[:, order], axis=1)
    middle = np.argmax(reached >= reached[:, -1:] / 2, axis=1)
    medians: Floats = values[order[middle]]
    return medians


def robust_scale(residuals: Floats) -> float:
    """Return the spread of residuals as the standard deviation of a normal with the same median deviation.

    Where more than half are equal the median says 0; the mean deviation, halved, is the least that is returned.
    """
    sizes = np.abs(residuals)
    middle = len(sizes) // 2
    median = float(np.partition(sizes, middle)[middle])
    mean = float(sizes.sum()) / len(sizes)
    return max(median * _NORMAL_SD_OF_MEDIAN_DEVIATION, mean * _NORMAL_SD_OF_MEAN_DEVIATION / 2, 1e-3)


def pseudo_values(residuals: Floats, scale: float, clip: float) -> Floats:
    """Return residuals clipped at ``clip`` scales, stretched so that their mean still moves one for one."""
    bound = clip * scale
    stretch = 1 / (2 * NormalDist().cdf(clip) - 1)
    clipped: Floats = np.minimum(np.maximum(residuals, -bound), bound)
    clipped *= stretch
    return clipped


def shift_of_rows(shift: Floats, codes: Integers) -> Floats:
    """Return each row's shift, 0 for rows of no group; ``shift`` is (…, groups), the answer (…, rows)."""
    taken: Floats = np.take(shift, codes, axis=-1, mode="clip")
    if codes.min() < 0:
        taken[..., codes < 0] = 0.0
    return taken


def doubt_of_rows(shift: Floats, codes: Integers) -> Floats:
    """Return the variance that each row has because its group was never seen, 0 where it was.

    It is the mean square of the shifts of the groups that were seen; those of an effect without a variance
    between groups are all 0, and nothing is in doubt.
    """
    seen = shift[shift != 0]
    variance = float(np.mean(seen**2)) if len(seen) else 0.0
    unseen: Floats = np.where((codes < 0) | (shift[codes] == 0), variance, 0.0)
    return unseen


def _shrunk(values: Floats, weights: Floats, summed: Floats, grouped: Grouped) -> Floats:
    """Return the shrunk mean of each group in each fit, (fits, groups)."""
    fits, slots_a_fit = len(values), grouped.effect.size + 1
    slots = (grouped.codes + 1 + slots_a_fit * np.arange(fits)[:, None]).ravel()

    def sums(of: Floats) -> Floats:
        flat = np.bincount(slots, weights=of.ravel(), minlength=fits * slots_a_fit).astype(np.float64)
        return flat.reshape(fits, slots_a_fit)[:, 1:]

    weighted = weights * values
    total = sums(weights)
    means = sums(weighted) / np.maximum(total, _TINY)
    effective = total**2 / np.maximum(sums(weights**2), _TINY)
    noise = np.maximum(np.sum(weighted * values, axis=1) / summed, _TINY)
    freedom = np.sum(effective > 0, axis=1) - 1
    everything = np.maximum(np.sum(effective, axis=1), _TINY)
    spare = np.maximum(everything - np.sum(effective**2, axis=1) / everything, _TINY)
    excess = np.maximum(np.sum(effective * means**2, axis=1) - freedom * noise, 0)
    between = np.where(freedom > 0, excess / spare, 0)
    ratio = between[:, None] * effective / noise[:, None]
    shrunk: Floats = means * ratio / (1 + ratio)
    return shrunk
