"""An additive model of group effects, each shrunk as far as its data is weak, taken up one after the other.

Empirical Bayes with the variance between groups by moments (DerSimonian, Laird 1986); the effect that raises the
marginal likelihood most comes next (stagewise, as in Bühlmann, Hothorn 2007); residuals enter as Huber's
pseudo-values (Huber 1981), so that a post that went viral does not move its whole format.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np

from brain.domain.predictions.columns import Floats
from brain.domain.predictions.effects import Codes, Grouped

_NORMAL_SD_OF_MEDIAN_DEVIATION = 1.4826
_TINY = 1e-12
Steps: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fits:
    """Several fits of one model at once, a row each, all by the same steps.

    ``location`` is (fits,), ``shifts`` one (fits, groups) array a step, ``residuals`` (fits, rows) of all rows,
    those that a fit was not given included; ``scale`` is the robust spread of the last fit's residuals.
    """

    location: Floats
    shifts: tuple[Floats, ...]
    residuals: Floats
    scale: float


class StepSearch:
    """Finds, for one history, which effects a model should take up and in which order.

    ``weights`` are (rows,), above 0. All effects are weighed in one pass over a table of (effects, rows) groups.
    """

    def __init__(self, grouped: Sequence[Grouped], weights: Floats, *, clip: float, least_gain: float) -> None:
        self._grouped = grouped
        self._weights = weights
        self._clip = clip
        self._least_gain = least_gain
        self._sizes: Codes = np.array([each.effect.size for each in grouped], dtype=np.int64)
        self._ends: Codes = np.cumsum(self._sizes)
        self._starts: Codes = self._ends - self._sizes
        codes = np.stack([each.codes for each in grouped])
        slots = np.where(codes < 0, self._ends[-1], codes + self._starts[:, None])
        self._slots = slots.ravel()
        self._sum = self._group_sums(weights)
        self._effective = self._sum**2 / np.maximum(self._group_sums(weights**2), _TINY)
        total = np.add.reduceat(self._effective, self._starts)
        squares = np.add.reduceat(self._effective**2, self._starts)
        self._spare = np.maximum(total - squares / np.maximum(total, _TINY), _TINY)
        self._freedom = np.add.reduceat((self._sum > 0) * 1.0, self._starts) - 1

    def choose(self, target: Floats, most: int) -> Steps:
        """Return the effects to take up, parents first, until none brings the least gain; about ``most``."""
        residual = target - weighted_location(target[None, :], self._weights[None, :], np.inf)[0]
        steps: list[int] = []
        while len(steps) < most:
            shifts, gains = self._weigh(residual)
            best = int(np.argmax(gains))
            if gains[best] < self._least_gain:
                break
            for step in (*(p for p in self._grouped[best].parents if p not in steps), best):
                residual = residual - shift_of_rows(
                    shifts[self._starts[step] : self._ends[step]], self._grouped[step].codes
                )
                steps.append(step)
                shifts, _ = self._weigh(residual)
        return tuple(steps)

    def _weigh(self, residual: Floats) -> tuple[Floats, Floats]:
        """Return every group's shrunk shift, and every effect's gain of log marginal likelihood."""
        pseudo = pseudo_values(residual, robust_scale(residual), self._clip)
        noise = max(float(np.average(pseudo**2, weights=self._weights)), _TINY)
        means = self._group_sums(self._weights * pseudo) / np.maximum(self._sum, _TINY)
        squares = self._effective * means**2
        between = np.maximum(np.add.reduceat(squares, self._starts) - self._freedom * noise, 0) / self._spare
        between[self._freedom < 1] = 0
        ratio = np.repeat(between, self._sizes) * self._effective / noise
        kept = ratio / (1 + ratio)
        gains = 0.5 * np.add.reduceat(squares / noise * kept - np.log1p(ratio), self._starts)
        return means * kept, gains

    def _group_sums(self, values: Floats) -> Floats:
        spread = np.broadcast_to(values, (len(self._sizes), len(values))).ravel()
        sums: Floats = np.bincount(self._slots, weights=spread, minlength=int(self._ends[-1]) + 1).astype(np.float64)
        return sums[:-1]


def fit_steps(grouped: Sequence[Grouped], steps: Steps, target: Floats, weights: Floats, *, clip: float) -> Fits:
    """Return the fits of ``target`` (rows,) under each row of ``weights`` (fits, rows); weight 0 leaves a row out.

    The last fit is the one that counts: its residuals set the scale at which all residuals are clipped.
    """
    location = weighted_location(np.broadcast_to(target, weights.shape), weights, np.inf)
    residuals = target - location[:, None]
    shifts = []
    for step in steps:
        scale = robust_scale(residuals[-1])
        codes, size = grouped[step].codes, grouped[step].effect.size
        shift = _shrunk(pseudo_values(residuals, scale, clip), weights, codes, size)
        shifts.append(shift)
        residuals = residuals - shift_of_rows(shift, codes)
        drift = weighted_location(residuals, weights, clip * scale)
        location += drift
        residuals -= drift[:, None]
    return Fits(location, tuple(shifts), residuals, robust_scale(residuals[-1]))


def weighted_location(values: Floats, weights: Floats, clip: float) -> Floats:
    """Return a robust centre of each row of ``values``: the weighted median where ``clip`` is infinite.

    Otherwise one step of Huber's estimator from 0, which is enough for residuals that are centred already.
    """
    if math.isinf(clip):
        order = np.argsort(values, axis=1)
        reached = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
        middle = np.argmax(reached >= reached[:, -1:] / 2, axis=1)
        return np.take_along_axis(np.take_along_axis(values, order, axis=1), middle[:, None], axis=1)[:, 0]
    pseudo = pseudo_values(values, clip, 1.0)
    centre: Floats = np.sum(pseudo * weights, axis=1) / np.maximum(np.sum(weights, axis=1), _TINY)
    return centre


def robust_scale(residuals: Floats) -> float:
    """Return the spread of residuals as the standard deviation of a normal with the same median deviation."""
    return max(float(np.median(np.abs(residuals))) * _NORMAL_SD_OF_MEDIAN_DEVIATION, 1e-3)


def pseudo_values(residuals: Floats, scale: float, clip: float) -> Floats:
    """Return residuals clipped at ``clip`` scales, stretched so that their mean still moves one for one."""
    share_inside = 2 * NormalDist().cdf(clip) - 1
    bound = clip * scale
    return np.minimum(np.maximum(residuals, -bound), bound) / share_inside


def _shrunk(values: Floats, weights: Floats, codes: Codes, size: int) -> Floats:
    """Return the shrunk mean of each group in each fit, (fits, size)."""
    fits = len(values)
    slots = (np.where(codes < 0, size, codes) + (size + 1) * np.arange(fits)[:, None]).ravel()

    def sums(of: Floats) -> Floats:
        flat: Floats = np.bincount(slots, weights=of.ravel(), minlength=fits * (size + 1)).astype(np.float64)
        return flat.reshape(fits, size + 1)[:, :-1]

    total = sums(weights)
    means = sums(weights * values) / np.maximum(total, _TINY)
    effective = total**2 / np.maximum(sums(weights**2), _TINY)
    noise = np.maximum(np.sum(weights * values**2, axis=1) / np.maximum(np.sum(weights, axis=1), _TINY), _TINY)
    freedom = np.sum(total > 0, axis=1) - 1
    all_of_it = np.sum(effective, axis=1)
    spare = all_of_it - np.sum(effective**2, axis=1) / np.maximum(all_of_it, _TINY)
    excess = np.maximum(np.sum(effective * means**2, axis=1) - freedom * noise, 0)
    between = np.where(freedom > 0, excess / np.maximum(spare, _TINY), 0)
    ratio = between[:, None] * effective / noise[:, None]
    shrunk: Floats = means * ratio / (1 + ratio)
    return shrunk


def shift_of_rows(shift: Floats, codes: Codes) -> Floats:
    """Return each row's shift, 0 for rows of no group; ``shift`` is (…, groups), the answer (…, rows)."""
    taken: Floats = np.where(codes < 0, 0.0, shift[..., codes])
    return taken
