"""Fit a model of what a client's content brings, and predict what planned content will bring."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from brain.domain.predictions.additive import (
    AdditiveFits,
    EffectSteps,
    StepSearch,
    fit_steps,
    robust_scale,
    take_row_effects,
    unseen_variance,
)
from brain.domain.predictions.candidates import build_candidates
from brain.domain.predictions.columns import FeatureColumn, Table, detect_column
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.effects import CategoryEffect, CodedEffect, GroupEffect
from brain.domain.predictions.scale import LogScale, choose_log_scale
from brain.domain.predictions.times import to_timestamp
from brain.domain.predictions.validation import (
    ErrorSpread,
    ValidationSplits,
    fit_error_spread,
    split_by_cutoffs,
    split_by_folds,
)
from brain.domain.types import Floats
from brain.errors import InvalidInputError

_DAY_SECONDS = 86_400.0
TIMESTAMP = "time of publishing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentHistory:
    """Published content: its columns, the result of each row, and the time of publishing if it is known."""

    table: Table
    results: Sequence[float]
    times: Sequence[datetime] | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """The expected result of a row with its interval, in the unit of the results.

    ``confidence`` is the probability that the result lies within the configured factor of the prediction. ``unknown``
    names the columns whose label was never seen before.
    """

    predicted: float
    lower: float
    upper: float
    confidence: float
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionModel:
    """The model of one history: immutable, and equal for equal histories.

    ``effects`` are shifts per group on the scale of the target; ``residual_sd`` is the spread of the errors of unseen
    rows on that scale.
    """

    config: PredictionConfig
    scale: LogScale
    location: float
    effects: tuple[tuple[GroupEffect, Floats], ...]
    spread: ErrorSpread
    residual_sd: float

    def predict(self, table: Table, rows: int, times: Sequence[datetime | None] | None = None) -> list[Prediction]:
        """Return the prediction of each of ``rows`` rows; missing cells fall back on the overall level."""
        table = add_clock_columns(table, times)
        blank = [None] * rows
        table = {name: table.get(name, blank) for name in self._column_names()}
        centre, variance = np.full(rows, self.location), np.zeros(rows)
        log_spread = np.full(rows, self.spread.location)
        for effect, group_effects in self.effects:
            codes = effect.encode(table)
            centre += take_row_effects(group_effects, codes)
            variance += unseen_variance(group_effects, codes)
        for effect, group_effects in self.spread.effects:
            log_spread += take_row_effects(group_effects, effect.encode(table))
        width = np.exp(log_spread) * np.sqrt(1 + variance / self.residual_sd**2)
        return [
            self._build_prediction(float(c), float(w), unknown)
            for c, w, unknown in zip(centre, width, self._list_unknown(table, rows), strict=True)
        ]

    def _build_prediction(self, centre: float, width: float, unknown: tuple[str, ...]) -> Prediction:
        return Prediction(
            predicted=self.scale.invert(centre),
            lower=self.scale.invert(centre + self.spread.lower * width),
            upper=self.scale.invert(centre + self.spread.upper * width),
            confidence=self.spread.probability_within(math.log(self.config.confidence_factor) / width),
            unknown=unknown,
        )

    def _column_names(self) -> set[str]:
        effects = [effect for effect, _ in (*self.effects, *self.spread.effects)]
        return {part.column.name for effect in effects for part in effect.column_effects}

    def _list_unknown(self, table: Table, rows: int) -> list[tuple[str, ...]]:
        """Return for each row the names of the categories whose label was never seen."""
        categories = {
            part.column.name: part
            for effect, _ in self.effects
            for part in effect.column_effects
            if isinstance(part, CategoryEffect)
        }
        codes = {name: category.encode(table) for name, category in categories.items()}
        return [tuple(name for name, row_codes in codes.items() if row_codes[row] < 0) for row in range(rows)]


def fit_model(
    history: ContentHistory, config: PredictionConfig, *, ahead_seconds: float | None = None
) -> PredictionModel:
    """Return the model of a history of at least ``config.reliable_from`` results.

    Args:
        history: The published content.
        config: The constants of predictions.
        ahead_seconds: How far the plan reaches beyond the history, which then must have times: each stretch of the
            history is predicted from what was known before it, and old rows weigh less. Without it, rows are taken
            as exchangeable.

    Raises:
        InvalidInputError: there are too few results.

    >>> from brain.settings.files import load_config
    >>> config = load_config("brain_predictions", PredictionConfig)
    >>> history = ContentHistory(table={"type": ["photo", "video"] * 20}, results=[100.0, 300.0] * 20)
    >>> model = fit_model(history, config)
    >>> [round(prediction.predicted, -1) for prediction in model.predict({"type": ["photo", "video"]}, rows=2)]
    [100.0, 300.0]
    """
    rows = len(history.results)
    if rows < config.reliable_from:
        raise InvalidInputError(f"a prediction needs {config.reliable_from} results of history, got {rows}")
    table, results, timestamps = _sort_by_time(history)
    scale = choose_log_scale(results)
    target = scale.transform(results)
    ahead = ahead_seconds if timestamps is not None and rows >= config.cutoffs_from else None
    columns = _detect_columns(table, config, with_time=ahead is None)
    candidates = build_candidates(columns, table, config)
    if timestamps is not None and ahead is not None:
        splits, decays = split_by_cutoffs(timestamps, ahead, config.cutoffs), _decay_weights(timestamps, config)
    else:
        splits, decays = split_by_folds(rows, config.folds), np.ones((1, rows))
    steps, fits = _fit_averaged(candidates, target, splits, decays, config)
    errors = fits.residuals[splits.test_fits, splits.test_rows]
    residual_sd = robust_scale(errors)
    errors = errors / np.sqrt(1 + _test_variance(candidates, steps, fits, splits) / residual_sd**2)
    return PredictionModel(
        config=config,
        scale=scale,
        location=float(fits.location[-1]),
        effects=tuple(
            (candidates[step].effect, group_effects[-1])
            for step, group_effects in zip(steps, fits.step_effects, strict=True)
        ),
        spread=fit_error_spread(errors, splits.test_ages, _test_categories(candidates, splits), config),
        residual_sd=residual_sd,
    )


def add_clock_columns(table: Table, times: Sequence[datetime | None] | None) -> Table:
    """Return the table with weekday, hour and timestamp, unless it has columns of these names.

    >>> add_clock_columns({"type": ["photo"]}, [datetime(1970, 1, 2, 9)])
    {'weekday': [4], 'hour': [9], 'time of publishing': [118800.0], 'type': ['photo']}
    """
    if times is None:
        return table
    clock: Mapping[str, Sequence[object]] = {
        "weekday": [time.weekday() if time else None for time in times],
        "hour": [time.hour if time else None for time in times],
        TIMESTAMP: [to_timestamp(time) if time else None for time in times],
    }
    return {**clock, **table}


def _detect_columns(table: Table, config: PredictionConfig, *, with_time: bool) -> list[FeatureColumn]:
    names = [name for name in table if with_time or name != TIMESTAMP]
    columns = (detect_column(name, table[name], category_up_to=config.category_up_to_values) for name in names)
    return [column for column in columns if column]


def _sort_by_time(history: ContentHistory) -> tuple[Table, Floats, Floats | None]:
    """Return the table, the results (rows,) and the timestamps (rows,), oldest first if there are times."""
    results = np.array(history.results, dtype=np.float64)
    if history.times is None:
        return history.table, results, None
    timestamps = np.array([to_timestamp(time) for time in history.times])
    order = np.argsort(timestamps, kind="stable")
    rows, table = order.tolist(), add_clock_columns(history.table, history.times)
    ordered = {name: [cells[row] for row in rows] for name, cells in table.items()}
    return ordered, results[order], timestamps[order]


def _decay_weights(timestamps: Floats, config: PredictionConfig) -> Floats:
    """Return the weights (decays, rows) of rows by age: one decay per half-life, and no decay."""
    age_days = (timestamps[-1] - timestamps) / _DAY_SECONDS
    decayed = [np.maximum(0.5 ** (age_days / half_life), 1e-100) for half_life in config.half_lives_days]
    return np.stack([*decayed, np.ones(len(timestamps))])


def _fit_averaged(
    candidates: Sequence[CodedEffect],
    target: Floats,
    splits: ValidationSplits,
    decays: Floats,
    config: PredictionConfig,
) -> tuple[EffectSteps, AdditiveFits]:
    """Return the steps, and the fit of each split averaged over the decays."""
    steps: EffectSteps = ()
    if candidates:
        search = StepSearch(candidates, decays.mean(axis=0), clip=config.clip_scales, least_gain=config.least_gain)
        steps = search.choose(target, config.most_steps)
    decay_count, fit_count = len(decays), len(splits.train_weights)
    weights = (decays[:, None, :] * splits.train_weights[None, :, :]).reshape(decay_count * fit_count, -1)
    fits = fit_steps(candidates, steps, target, weights, clip=config.clip_scales)

    def average(per_fit: Floats) -> Floats:
        averaged: Floats = per_fit.reshape(decay_count, fit_count, *per_fit.shape[1:]).mean(axis=0)
        return averaged

    step_effects = tuple(average(group_effects) for group_effects in fits.step_effects)
    return steps, AdditiveFits(average(fits.location), step_effects, average(fits.residuals))


def _test_variance(
    candidates: Sequence[CodedEffect], steps: EffectSteps, fits: AdditiveFits, splits: ValidationSplits
) -> Floats:
    """Return the variance (tests,) that each test has because the fit had not seen a group of its row."""
    variance = np.zeros(len(splits.test_rows))
    for fit in range(len(splits.train_weights) - 1):
        tests = splits.test_fits == fit
        for step, group_effects in zip(steps, fits.step_effects, strict=True):
            variance[tests] += unseen_variance(group_effects[fit], candidates[step].codes[splits.test_rows[tests]])
    return variance


def _test_categories(candidates: Sequence[CodedEffect], splits: ValidationSplits) -> list[CodedEffect]:
    """Return the effects of categories with the codes of the test rows only."""
    categories = [candidate for candidate in candidates if isinstance(candidate.effect, CategoryEffect)]
    return [CodedEffect(category.effect, category.codes[splits.test_rows]) for category in categories]
