"""Learns what content of a client usually brings, and predicts what planned content will bring."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from brain.domain.predictions.additive import (
    Fits,
    Steps,
    StepSearch,
    doubt_of_rows,
    fit_steps,
    robust_scale,
    shift_of_rows,
)
from brain.domain.predictions.calibration import Judged, Spread, cutoff_folds, learn_spread, shuffled_folds
from brain.domain.predictions.candidates import candidate_effects
from brain.domain.predictions.columns import Table, recognise
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.effects import Effect, Grouped, Levels
from brain.domain.predictions.moments import seconds
from brain.domain.predictions.scale import LogScale, log_scale
from brain.domain.types import Floats
from brain.errors import InvalidInputError

_DAY_SECONDS = 86_400.0
CLOCK = "time of publishing"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was published, column by column, what each brought, and when where that is known."""

    table: Table
    results: Sequence[float]
    times: Sequence[datetime] | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a row is expected to bring, the interval of the level, and the chance to be within the factor.

    ``unknown`` names the columns whose value was never seen before.
    """

    predicted: float
    lower: float
    upper: float
    confidence: float
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Everything learned from one history; immutable, and the same for the same history.

    ``effects`` are shifts on the scale of the target by group, ``residual_sd`` the spread of unseen errors there.
    """

    config: PredictionConfig
    scale: LogScale
    location: float
    effects: tuple[tuple[Effect, Floats], ...]
    spread: Spread
    observations: int
    residual_sd: float

    def predict(self, table: Table, rows: int, times: Sequence[datetime | None] | None = None) -> list[Prediction]:
        """Return the prediction of each of ``rows`` rows; what one does not say falls back on what all share."""
        table = with_clock(table, times)
        blank = [None] * rows
        table = {name: table.get(name, blank) for name in self._columns()}
        centre, doubt, size = np.full(rows, self.location), np.zeros(rows), np.full(rows, self.spread.location)
        for effect, shift in self.effects:
            codes = effect.codes(table)
            centre += shift_of_rows(shift, codes)
            doubt += doubt_of_rows(shift, codes)
        for effect, shift in self.spread.effects:
            size += shift_of_rows(shift, effect.codes(table))
        width = np.exp(size) * np.sqrt(1 + doubt / self.residual_sd**2)
        return [
            self._prediction(float(c), float(w), names)
            for c, w, names in zip(centre, width, self._unknown(table, rows), strict=True)
        ]

    def _prediction(self, centre: float, width: float, unknown: tuple[str, ...]) -> Prediction:
        return Prediction(
            predicted=self.scale.back(centre),
            lower=self.scale.back(centre + self.spread.lower * width),
            upper=self.scale.back(centre + self.spread.upper * width),
            confidence=self.spread.probability_within(math.log(self.config.confidence_factor) / width),
            unknown=unknown,
        )

    def _columns(self) -> set[str]:
        used = [effect for effect, _ in (*self.effects, *self.spread.effects)]
        return {single.column.name for effect in used for single in effect.singles}

    def _unknown(self, table: Table, rows: int) -> list[tuple[str, ...]]:
        categories = {s.name: s for effect, _ in self.effects for s in effect.singles if isinstance(s, Levels)}
        codes = {name: single.codes(table) for name, single in categories.items()}
        return [tuple(name for name, seen in codes.items() if seen[row] < 0) for row in range(rows)]


def learn(history: History, config: PredictionConfig, *, ahead_seconds: float | None = None) -> Model:
    """Return the model of a history of at least ``reliable_from`` results.

    ``ahead_seconds`` is how far beyond the history the plan reaches: with it the history, which must have times,
    is judged as it came, each stretch by what was known before, and what is old counts less. Without it rows
    are taken as exchangeable.

    Raises:
        InvalidInputError: there are fewer results than a prediction needs.
    """
    rows = len(history.results)
    if rows < config.reliable_from:
        raise InvalidInputError(f"A prediction needs {config.reliable_from} results of history; there are {rows}.")
    table, results, clock = _in_order(history)
    scale = log_scale(results)
    target = scale.of(results)
    forward = ahead_seconds if clock is not None and rows >= config.cutoffs_from else None
    names = [name for name in table if forward is None or name != CLOCK]
    found = [recognise(name, table[name], category_up_to=config.category_up_to_values) for name in names]
    grouped = candidate_effects([column for column in found if column], table, config)
    if clock is not None and forward is not None:
        judged, memories = cutoff_folds(clock, forward, config.cutoffs), _memories(clock, config)
    else:
        judged, memories = shuffled_folds(rows, config.folds), np.ones((1, rows))
    steps, fits = _averaged(grouped, target, judged, memories, config)
    errors = fits.residuals[judged.fit_of, judged.rows]
    residual_sd = robust_scale(errors)
    doubt = _doubt(grouped, steps, fits, judged)
    spread = learn_spread(errors / np.sqrt(1 + doubt / residual_sd**2), judged.ages, _of_rows(grouped, judged), config)
    return Model(
        config=config,
        scale=scale,
        location=float(fits.location[-1]),
        effects=tuple((grouped[step].effect, shift[-1]) for step, shift in zip(steps, fits.shifts, strict=True)),
        spread=spread,
        observations=rows,
        residual_sd=residual_sd,
    )


def with_clock(table: Table, times: Sequence[datetime | None] | None) -> Table:
    """Return the table with weekday and hour of the times, unless it has columns of these names."""
    if times is None:
        return table
    clock: Mapping[str, Sequence[object]] = {
        "weekday": [at.weekday() if at else None for at in times],
        "hour": [at.hour if at else None for at in times],
        CLOCK: [seconds(at) if at else None for at in times],
    }
    return {**clock, **table}


def _in_order(history: History) -> tuple[Table, Floats, Floats | None]:
    results = np.array(history.results, dtype=np.float64)
    if history.times is None:
        return history.table, results, None
    clock = np.array([seconds(at) for at in history.times])
    order = np.argsort(clock, kind="stable")
    rows, table = order.tolist(), with_clock(history.table, history.times)
    return {name: [values[row] for row in rows] for name, values in table.items()}, results[order], clock[order]


def _memories(clock: Floats, config: PredictionConfig) -> Floats:
    """Return the weights (memories, rows) of rows by age: as many ways to forget, and not to forget at all."""
    age_days = (clock[-1] - clock) / _DAY_SECONDS
    faded = [np.maximum(0.5 ** (age_days / half_life), 1e-100) for half_life in config.half_lives_days]
    return np.stack([*faded, np.ones(len(clock))])


def _averaged(
    grouped: Sequence[Grouped], target: Floats, judged: Judged, memories: Floats, config: PredictionConfig
) -> tuple[Steps, Fits]:
    """Return the steps, and the fits of each fold averaged over the ways to forget."""
    steps: Steps = ()
    if grouped:
        search = StepSearch(grouped, memories.mean(axis=0), clip=config.clip_scales, least_gain=config.least_gain)
        steps = search.choose(target, config.most_steps)
    ways, folds = len(memories), len(judged.kept)
    weights = (memories[:, None, :] * judged.kept[None, :, :]).reshape(ways * folds, -1)
    fits = fit_steps(grouped, steps, target, weights, clip=config.clip_scales)

    def mean(of: Floats) -> Floats:
        averaged: Floats = of.reshape(ways, folds, *of.shape[1:]).mean(axis=0)
        return averaged

    return steps, Fits(mean(fits.location), tuple(mean(shift) for shift in fits.shifts), mean(fits.residuals))


def _doubt(grouped: Sequence[Grouped], steps: Steps, fits: Fits, judged: Judged) -> Floats:
    """Return the variance of each judgement because the fit had not seen a group of its row."""
    doubt = np.zeros(len(judged.rows))
    for fit in range(len(judged.kept) - 1):
        mine = judged.fit_of == fit
        for step, shift in zip(steps, fits.shifts, strict=True):
            doubt[mine] += doubt_of_rows(shift[fit], grouped[step].codes[judged.rows[mine]])
    return doubt


def _of_rows(grouped: Sequence[Grouped], judged: Judged) -> list[Grouped]:
    """Return the effects of categories for the judged rows alone."""
    levels = [each for each in grouped if isinstance(each.effect, Levels)]
    return [Grouped(each.effect, each.codes[judged.rows]) for each in levels]
