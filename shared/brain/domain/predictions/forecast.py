"""Learns what content of a client usually brings, and predicts what planned content will bring."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from brain.domain.predictions.additive import Fits, Steps, StepSearch, fit_steps, robust_scale, shift_of_rows
from brain.domain.predictions.calibration import Spread, cutoff_folds, learn_spread, shuffled_folds
from brain.domain.predictions.columns import Column, Floats, Row, recognise
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.effects import Effect, Grouped, Pair, candidate_effects
from brain.domain.predictions.moments import seconds
from brain.domain.predictions.scale import LogScale, log_scale
from brain.errors import InvalidInputError

_DAY_SECONDS = 86_400.0
CLOCK = "time of publishing"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was published and what it brought, row by row; ``times`` where they are known."""

    rows: Sequence[Row]
    results: Sequence[float]
    times: Sequence[datetime] | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a row is expected to bring, the interval of the level, and the chance to be within the factor."""

    predicted: float
    lower: float
    upper: float
    confidence: float
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Everything learned from one history; immutable, and the same for the same history."""

    config: PredictionConfig
    scale: LogScale
    location: float
    effects: tuple[tuple[Effect, Floats], ...]
    spread: Spread
    columns: tuple[Column, ...]
    observations: int
    residual_sd: float
    half_life_days: float | None
    timed: bool

    def predict(self, rows: Sequence[Row], times: Sequence[datetime | None] | None = None) -> list[Prediction]:
        """Return the prediction of each row; what a row does not say falls back on what all have in common."""
        if not rows:
            return []
        rows = with_clock(rows, times) if self.timed else rows
        centre, doubt = np.full(len(rows), self.location), np.zeros(len(rows))
        for effect, shift in self.effects:
            codes = effect.codes(rows)
            centre += shift_of_rows(shift, codes)
            doubt += np.where(codes < 0, float(np.mean(shift**2)), 0.0)
        size = np.full(len(rows), self.spread.location)
        for effect, shift in self.spread.effects:
            size += shift_of_rows(shift, effect.codes(rows))
        width = np.exp(size) * np.sqrt(1 + doubt / max(self.residual_sd, 1e-9) ** 2)
        return [
            self._prediction(float(c), float(w), names)
            for c, w, names in zip(centre, width, self._unknown(rows), strict=True)
        ]

    def _prediction(self, centre: float, width: float, unknown: tuple[str, ...]) -> Prediction:
        reach = math.log(self.config.confidence_factor) / width
        inside = np.searchsorted(self.spread.errors, reach, side="right") - np.searchsorted(self.spread.errors, -reach)
        return Prediction(
            predicted=self.scale.back(centre),
            lower=self.scale.back(centre + self.spread.lower * width),
            upper=self.scale.back(centre + self.spread.upper * width),
            confidence=(float(inside) + 0.5) / (len(self.spread.errors) + 1),
            unknown=unknown,
        )

    def _unknown(self, rows: Sequence[Row]) -> list[tuple[str, ...]]:
        used = {single.name: single for effect, _ in self.effects for single in _singles(effect)}
        names = [(name, single.codes(rows)) for name, single in used.items()]
        return [tuple(name for name, codes in names if codes[row] < 0) for row in range(len(rows))]


def learn(history: History, config: PredictionConfig, *, ahead_seconds: float | None = None) -> Model:
    """Return the model of a history of at least ``reliable_from`` rows.

    ``ahead_seconds`` is how far beyond the history the plan reaches: with it the history is judged as it came,
    each stretch by what was known before, and may forget what is old. Without it rows are exchangeable.

    Raises:
        InvalidInputError: there are fewer rows than a prediction needs.
    """
    if len(history.rows) < config.reliable_from:
        raise InvalidInputError(
            f"A prediction needs {config.reliable_from} observations of history; there are {len(history.rows)}."
        )
    rows, results, clock = _in_order(history)
    scale = log_scale(results)
    target = scale.of(np.array(results))
    columns = _columns(rows, config, forward=ahead_seconds is not None)
    grouped = candidate_effects(columns, rows, config)
    forward = clock is not None and ahead_seconds is not None
    kept, stretches = (
        cutoff_folds(clock, ahead_seconds, config.folds)
        if clock is not None and ahead_seconds is not None
        else (shuffled_folds(len(rows), config.folds), [])
    )
    half_life, weights, steps, fits = _best_memory(grouped, target, kept, clock if forward else None, stretches, config)
    unseen = _unseen(kept, stretches)
    errors = np.concatenate([fits.residuals[fold, where] for fold, where in unseen])
    order = np.concatenate([np.arange(len(rows))[where] for _, where in unseen])
    singles = [Grouped(g.effect, g.codes[order]) for g in grouped if not isinstance(g.effect, Pair)]
    spread = learn_spread(errors, target[order] - errors, singles, config, stretches)
    return Model(
        config=config,
        scale=scale,
        location=float(fits.location[-1]),
        effects=tuple((grouped[step].effect, shift[-1]) for step, shift in zip(steps, fits.shifts, strict=True)),
        spread=spread,
        columns=tuple(columns),
        observations=len(rows),
        residual_sd=robust_scale(errors),
        half_life_days=half_life,
        timed=history.times is not None,
    )


def with_clock(rows: Sequence[Row], times: Sequence[datetime | None] | None) -> list[Row]:
    """Return the rows with weekday and hour of their times beside what they say already."""
    if times is None:
        return list(rows)
    return [{**_clock(at), **row} for row, at in zip(rows, times, strict=True)]


def _clock(at: datetime | None) -> Mapping[str, object]:
    if at is None:
        return {}
    return {"weekday": float(at.weekday()), "hour": float(at.hour), CLOCK: seconds(at)}


def _in_order(history: History) -> tuple[Sequence[Row], list[float], Floats | None]:
    if history.times is None:
        return history.rows, list(history.results), None
    clock = [seconds(at) for at in history.times]
    order = sorted(range(len(clock)), key=clock.__getitem__)
    rows = with_clock([history.rows[i] for i in order], [history.times[i] for i in order])
    return rows, [history.results[i] for i in order], np.array([clock[i] for i in order])


def _columns(rows: Sequence[Row], config: PredictionConfig, *, forward: bool) -> list[Column]:
    names = dict.fromkeys(name for row in rows for name in row)
    found = [
        recognise(name, rows, category_up_to=config.category_up_to_values)
        for name in names
        if not (forward and name == CLOCK)
    ]
    return [column for column in found if column is not None]


def _best_memory(
    grouped: Sequence[Grouped],
    target: Floats,
    kept: Floats,
    clock: Floats | None,
    stretches: Sequence[slice],
    config: PredictionConfig,
) -> tuple[float | None, Floats, Steps, Fits]:
    """Return the half-life that would have erred least so far, with the weights, steps and fits it gives."""
    choices: list[float | None] = [None] if clock is None else [None, *config.half_lives_days]
    best: tuple[float, float | None, Floats, Steps, Fits] | None = None
    for half_life in choices:
        weights = np.ones(len(target))
        if clock is not None and half_life is not None:
            weights = np.maximum(0.5 ** ((clock[-1] - clock) / (_DAY_SECONDS * half_life)), 1e-200)
        steps = _steps(grouped, target, weights, config)
        fits = fit_steps(grouped, steps, target, kept * weights, clip=config.clip_scales)
        if len(choices) == 1:
            return half_life, weights, steps, fits
        missed = np.concatenate([np.abs(fits.residuals[fold, where]) for fold, where in _unseen(kept, stretches)])
        error = float(np.median(missed))
        if best is None or error < best[0]:
            best = (error, half_life, weights, steps, fits)
    assert best is not None  # noqa: S101 - there is always one choice
    return best[1:]


def _steps(grouped: Sequence[Grouped], target: Floats, weights: Floats, config: PredictionConfig) -> Steps:
    if not grouped:
        return ()
    search = StepSearch(grouped, weights, clip=config.clip_scales, least_gain=config.least_gain)
    return search.choose(target, config.most_steps)


def _unseen(kept: Floats, stretches: Sequence[slice]) -> list[tuple[int, slice | Floats]]:
    """Return for each fit but the last the rows on which it is judged."""
    if stretches:
        return list(enumerate(stretches))
    return [(fold, np.flatnonzero(kept[fold] == 0)) for fold in range(len(kept) - 1)]


def _singles(effect: Effect) -> Sequence[Effect]:
    return (effect.first, effect.second) if isinstance(effect, Pair) else (effect,)
