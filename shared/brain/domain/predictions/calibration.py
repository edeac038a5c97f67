"""How large the errors of predictions are: by folds left out in turn, or by what came after each cutoff."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.predictions.additive import StepSearch, fit_steps
from brain.domain.predictions.columns import Floats
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.effects import Effect, Grouped, Levels
from brain.domain.statistics.conformal import adapted_miss_rate, central_interval

_MIXER = 2654435761
_FIRST_CUTOFF = 0.4
_CATCH_ALL = 1e-3
_SPREAD_STEPS = 3


@dataclass(frozen=True, slots=True)
class Spread:
    """How far results scatter around a prediction, by the groups that scatter differently.

    ``errors`` are the normalised errors of unseen rows, smallest first; ``lower`` and ``upper`` bound the level's
    share of them, infinite where there are too few.
    """

    location: float
    effects: tuple[tuple[Effect, Floats], ...]
    errors: Floats
    lower: float
    upper: float


def shuffled_folds(rows: int, folds: int) -> Floats:
    """Return the weights (folds + 1, rows): each row left out of one fold, and a last fit with all rows.

    The shuffle is a multiplicative hash of the row's number (Knuth), so that it needs no chance.
    """
    order = np.argsort((np.arange(rows, dtype=np.uint64) * np.uint64(_MIXER)) % np.uint64(2**32), kind="stable")
    fold_of = np.empty(rows, dtype=np.int64)
    fold_of[order] = np.arange(rows) % folds
    kept: Floats = np.ones((folds + 1, rows))
    kept[fold_of, np.arange(rows)] = 0
    return kept


def cutoff_folds(times: Floats, ahead_seconds: float, folds: int) -> tuple[Floats, list[slice]]:
    """Return the weights (cutoffs + 1, rows) of rows in order of time, and what each cutoff is judged on.

    Each cutoff sees only what came before it and is judged on the stretch that follows, as long as the plan
    reaches ahead, and long enough that all stretches together make up the later part of the history.
    """
    rows = len(times)
    reach = rows - int(np.searchsorted(times, times[-1] - ahead_seconds))
    stretch = min(max(reach, int(rows * (1 - _FIRST_CUTOFF) / folds), 1), rows // 2)
    starts = list(range(rows - stretch, int(rows * _FIRST_CUTOFF) - 1, -stretch))[::-1]
    kept: Floats = np.zeros((len(starts) + 1, rows))
    for fold, start in enumerate(starts):
        kept[fold, :start] = 1
    kept[-1] = 1
    return kept, [slice(start, start + stretch) for start in starts]


def learn_spread(
    errors: Floats, predicted: Floats, singles: Sequence[Grouped], config: PredictionConfig, stretches: Sequence[slice]
) -> Spread:
    """Return the spread of the errors (rows,) of unseen rows around ``predicted``, by category and by its size.

    ``stretches`` cut the rows in order of time where they drift: the miss rate is then steered by the misses.
    """
    size = np.log(np.abs(errors) + _CATCH_ALL + 0.05 * float(np.median(np.abs(errors))))
    grouped = [each for each in singles if isinstance(each.effect, Levels)]
    search = StepSearch(grouped, np.ones(len(errors)), clip=2.5, least_gain=config.least_gain) if grouped else None
    steps = search.choose(size, _SPREAD_STEPS) if search else ()
    fits = fit_steps(grouped, steps, size, np.ones((1, len(errors))), clip=2.5)
    spread = np.exp(size - fits.residuals[-1])
    normalised = errors / spread
    level = 1 - _steered(normalised, stretches, config) if stretches else config.level
    ordered = np.sort(normalised)
    lower, upper = central_interval(ordered.tolist(), level)
    effects = tuple((grouped[step].effect, shift[-1]) for step, shift in zip(steps, fits.shifts, strict=True))
    return Spread(float(fits.location[-1]), effects, ordered, lower, upper)


def _steered(normalised: Floats, stretches: Sequence[slice], config: PredictionConfig) -> float:
    start = stretches[0].start
    aimed = 1 - config.level
    for before, now in zip(stretches, stretches[1:], strict=False):
        seen = np.sort(normalised[: before.stop - start])
        lower, upper = central_interval(seen.tolist(), 1 - aimed)
        latest = normalised[now.start - start : now.stop - start]
        missed = float(np.mean((latest < lower) | (latest > upper)))
        aimed = adapted_miss_rate([missed], 1 - config.level, start=aimed, gain=config.adaptation_gain)
    return min(max(aimed, 0.02), 0.5)
