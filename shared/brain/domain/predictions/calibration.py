"""How large the errors of predictions are: by folds left out in turn, or by what came after each cutoff."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.predictions.additive import StepSearch, fit_steps
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.effects import Effect, Grouped
from brain.domain.statistics.conformal import conformal_interval
from brain.domain.types import Floats, Integers

_MIXER = 2654435761
_FIRST_CUTOFF = 0.4
_LEAST_ERROR, _LEAST_SHARE = 1e-3, 0.05
_SIZE_CLIP = 2.5
_SPREAD_STEPS = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """Who is judged by what: ``kept`` are weights (fits, rows), the last fit having all rows.

    Judgement k is of row ``rows[k]`` by the fit ``fit_of[k]``, which has not seen it, made ``ages[k]`` stretches of
    time before the newest.
    """

    kept: Floats
    rows: Integers
    fit_of: Integers
    ages: Floats


@dataclass(frozen=True, slots=True)
class Spread:
    """How far results scatter around a prediction, by the groups that scatter differently.

    ``location`` and the effects' shifts add up to the logarithm of a row's spread. ``errors`` are the errors of
    unseen rows over their spread, smallest first; ``lower`` and ``upper`` bound the level's share of them and are
    infinite where there are too few.
    """

    location: float
    effects: tuple[tuple[Effect, Floats], ...]
    errors: Floats
    lower: float
    upper: float

    def probability_within(self, reach: float) -> float:
        """Return the probability of an error of at most ``reach`` spreads, never quite 0 or 1."""
        inside = np.searchsorted(self.errors, reach, side="right") - np.searchsorted(self.errors, -reach)
        return (float(inside) + 0.5) / (len(self.errors) + 1)


def shuffled_folds(rows: int, folds: int) -> Judged:
    """Return folds in which each row is left out once.

    The shuffle is a multiplicative hash of the row's number (Knuth), so that it needs no chance.
    """
    order = np.argsort((np.arange(rows, dtype=np.uint64) * np.uint64(_MIXER)) % np.uint64(2**32), kind="stable")
    fit_of: Integers = np.empty(rows, dtype=np.int64)
    fit_of[order] = np.arange(rows) % folds
    kept = np.ones((folds + 1, rows))
    kept[fit_of, np.arange(rows)] = 0
    return Judged(kept, np.arange(rows), fit_of, np.zeros(rows))


def cutoff_folds(clock: Floats, ahead_seconds: float, folds: int) -> Judged:
    """Return cutoffs in time (``clock`` in seconds, ascending) of which each is judged on what follows it.

    A stretch that is judged is as long as the plan reaches ahead, at most half of the history, and long enough
    that ``folds`` of them make up the later part of the history.
    """
    rows = len(clock)
    reach = rows - int(np.searchsorted(clock, clock[-1] - ahead_seconds))
    stretch = max(1, min(max(reach, int(rows * (1 - _FIRST_CUTOFF) / folds)), rows // 2))
    starts = np.arange(rows - stretch, int(rows * _FIRST_CUTOFF) - 1, -stretch)[::-1]
    kept = np.ones((len(starts) + 1, rows))
    for fit, start in enumerate(starts):
        kept[fit, start:] = 0
    judged = np.arange(starts[0], rows)
    fit_of: Integers = np.minimum((judged - starts[0]) // stretch, len(starts) - 1)
    return Judged(kept, judged, fit_of, np.asarray(len(starts) - 1 - fit_of, dtype=np.float64))


def learn_spread(errors: Floats, ages: Floats, grouped: Sequence[Grouped], config: PredictionConfig) -> Spread:
    """Return the spread of the errors (rows,) that predictions of unseen rows made, by category.

    ``ages`` (rows,) count how many stretches ago each was made (all 0 where order says nothing); errors of a
    stretch count ``config.error_memory`` times those of the next (Barber, Candès, Ramdas, Tibshirani 2023).
    """
    sizes = np.log(np.abs(errors) + _LEAST_ERROR + _LEAST_SHARE * float(np.median(np.abs(errors))))
    weights = config.error_memory**ages
    steps: tuple[int, ...] = ()
    if grouped:
        search = StepSearch(grouped, weights, clip=_SIZE_CLIP, least_gain=config.least_gain)
        steps = search.choose(sizes, _SPREAD_STEPS)
    fits = fit_steps(grouped, steps, sizes, weights[None, :], clip=_SIZE_CLIP)
    normalised = errors / np.exp(sizes - fits.residuals[-1])
    order = np.argsort(normalised)
    ordered = normalised[order]
    lower, upper = conformal_interval(ordered.tolist(), weights[order].tolist(), config.level)
    effects = tuple((grouped[step].effect, shift[-1]) for step, shift in zip(steps, fits.shifts, strict=True))
    return Spread(float(fits.location[-1]), effects, ordered, lower, upper)
