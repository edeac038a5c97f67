"""Measure the errors of predictions on unseen rows: by folds, or by what followed each cutoff in time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.predictions.additive import StepSearch, fit_steps
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.effects import CodedEffect, GroupEffect
from brain.domain.statistics.conformal import conformal_interval
from brain.domain.types import Floats, Integers

_HASH_MULTIPLIER = 2654435761
_FIRST_CUTOFF = 0.4
_LEAST_ERROR, _LEAST_SHARE = 1e-3, 0.05
_SIZE_CLIP = 2.5
_SPREAD_STEPS = 3


@dataclass(frozen=True, slots=True)
class ValidationSplits:
    """Which fit sees which rows, and which fit predicts which unseen row.

    ``train_weights`` (fits, rows) is 1 for rows that a fit sees and 0 for others; the last fit sees all rows.
    Test k is of row ``test_rows[k]`` by fit ``test_fits[k]``; ``test_ages[k]`` is its age in stretches of time.
    """

    train_weights: Floats
    test_rows: Integers
    test_fits: Integers
    test_ages: Floats


@dataclass(frozen=True, slots=True)
class ErrorSpread:
    """The spread of results around their predictions, which may differ by group.

    ``location`` plus the shifts of the effects is the logarithm of a row's spread. ``errors`` are the errors of unseen
    rows divided by their spread, ascending; ``lower`` and ``upper`` bound the level's share of them and are infinite
    if there are too few.
    """

    location: float
    effects: tuple[tuple[GroupEffect, Floats], ...]
    errors: Floats
    lower: float
    upper: float

    def probability_within(self, bound: float) -> float:
        """Return the probability of an absolute error of at most ``bound`` spreads, between 0 and 1 exclusive."""
        inside = np.searchsorted(self.errors, bound, side="right") - np.searchsorted(self.errors, -bound)
        return (float(inside) + 0.5) / (len(self.errors) + 1)


def split_by_folds(rows: int, folds: int) -> ValidationSplits:
    """Return folds in which each row is left out once.

    The shuffle is a multiplicative hash of the row number (Knuth), so that it needs no random numbers.

    >>> splits = split_by_folds(rows=4, folds=2)
    >>> splits.test_fits.tolist()
    [0, 0, 1, 1]
    >>> splits.train_weights.tolist()
    [[0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
    """
    order = np.argsort(
        (np.arange(rows, dtype=np.uint64) * np.uint64(_HASH_MULTIPLIER)) % np.uint64(2**32), kind="stable"
    )
    test_fits: Integers = np.empty(rows, dtype=np.int64)
    test_fits[order] = np.arange(rows) % folds
    train_weights = np.ones((folds + 1, rows))
    train_weights[test_fits, np.arange(rows)] = 0
    return ValidationSplits(train_weights, np.arange(rows), test_fits, np.zeros(rows))


def split_by_cutoffs(timestamps: Floats, ahead_seconds: float, folds: int) -> ValidationSplits:
    """Return cutoffs in time, each of which is tested on the stretch that follows it.

    A stretch is as long as the plan reaches ahead (``ahead_seconds``), at most half of the history, and long enough
    that ``folds`` stretches make up the later part of the history. ``timestamps`` (rows,) are seconds, ascending.

    >>> splits = split_by_cutoffs(np.arange(10.0), ahead_seconds=2.0, folds=2)
    >>> splits.test_rows.tolist(), splits.test_fits.tolist(), splits.test_ages.tolist()
    ([4, 5, 6, 7, 8, 9], [0, 0, 0, 1, 1, 1], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    """
    rows = len(timestamps)
    planned_stretch = rows - int(np.searchsorted(timestamps, timestamps[-1] - ahead_seconds))
    stretch = max(1, min(max(planned_stretch, int(rows * (1 - _FIRST_CUTOFF) / folds)), rows // 2))
    starts = np.arange(rows - stretch, int(rows * _FIRST_CUTOFF) - 1, -stretch)[::-1]
    train_weights = np.ones((len(starts) + 1, rows))
    for fit, start in enumerate(starts):
        train_weights[fit, start:] = 0
    test_rows = np.arange(starts[0], rows)
    test_fits: Integers = np.minimum((test_rows - starts[0]) // stretch, len(starts) - 1)
    test_ages = np.asarray(len(starts) - 1 - test_fits, dtype=np.float64)
    return ValidationSplits(train_weights, test_rows, test_fits, test_ages)


def fit_error_spread(
    errors: Floats, ages: Floats, candidates: Sequence[CodedEffect], config: PredictionConfig
) -> ErrorSpread:
    """Return the spread of the errors (tests,) of unseen rows, by category, with its conformal interval.

    ``ages`` (tests,) are in stretches of time (all 0 if time does not matter); errors of a stretch weigh
    ``config.error_memory`` times those of the next (Barber, Candès, Ramdas, Tibshirani 2023).

    >>> from brain.settings.files import load_config
    >>> config = load_config("brain_predictions", PredictionConfig)
    >>> spread = fit_error_spread(np.linspace(-1, 1, 39), np.zeros(39), [], config)
    >>> round(spread.probability_within(spread.upper), 1)
    0.8
    """
    log_sizes = np.log(np.abs(errors) + _LEAST_ERROR + _LEAST_SHARE * float(np.median(np.abs(errors))))
    weights = config.error_memory**ages
    steps: tuple[int, ...] = ()
    if candidates:
        search = StepSearch(candidates, weights, clip=_SIZE_CLIP, least_gain=config.least_gain)
        steps = search.choose(log_sizes, _SPREAD_STEPS)
    fits = fit_steps(candidates, steps, log_sizes, weights[None, :], clip=_SIZE_CLIP)
    normalised = errors / np.exp(log_sizes - fits.residuals[-1])
    order = np.argsort(normalised)
    ordered = normalised[order]
    lower, upper = conformal_interval(ordered.tolist(), weights[order].tolist(), config.level)
    effects = tuple(
        (candidates[step].effect, group_effects[-1])
        for step, group_effects in zip(steps, fits.step_effects, strict=True)
    )
    return ErrorSpread(float(fits.location[-1]), effects, ordered, lower, upper)
