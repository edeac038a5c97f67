"""Predict what planned content will bring, or say what is missing for it, from plain rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from brain.domain.predictions.columns import TableRow, build_table, parse_number, parse_text
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.prediction_model import ContentHistory, Prediction, PredictionModel, fit_model
from brain.domain.predictions.sufficiency import Sufficiency, estimate_scatter, estimate_sufficiency
from brain.domain.predictions.times import parse_times, to_timestamp
from brain.errors import InvalidInputError

CLIENT_COLUMNS = ("client_id", "client")


@dataclass(frozen=True, slots=True)
class PlanPredictions:
    """The prediction of each planned row (None: not enough data), and what it lacks, if anything.

    ``sufficiency`` is that of the whole history; ``excluded_rows`` counts its rows without a result or a time.
    """

    predictions: tuple[Prediction | None, ...]
    missing: tuple[str | None, ...]
    sufficiency: Sufficiency
    excluded_rows: int
    model: PredictionModel | None


@dataclass(frozen=True, slots=True)
class _UsableRows:
    """The rows of a history that have a result and, if times are used, a time."""

    rows: list[TableRow]
    results: list[float]
    times: list[datetime] | None

    def estimate_sufficiency(self, scatter: float | None, config: PredictionConfig) -> Sufficiency:
        return estimate_sufficiency(len(self.rows), scatter, self.times, config)

    def select(self, column: str, label: str) -> "_UsableRows":
        """Return the rows with this label in a column."""
        indices = [index for index, row in enumerate(self.rows) if parse_text(row.get(column)) == label]
        times = None if self.times is None else [self.times[index] for index in indices]
        return _UsableRows([self.rows[index] for index in indices], [self.results[index] for index in indices], times)


def predict_planned(
    history: Sequence[TableRow],
    planned: Sequence[TableRow],
    *,
    target: str,
    time: str | None,
    config: PredictionConfig,
) -> PlanPredictions:
    """Return the predictions of planned rows, from a history of rows with the result in column ``target``.

    Only columns that the planned rows have too are used, that is, what is known before content is published. If a
    column ``client_id`` or ``client`` names the client, the answer says which clients have little history.

    Args:
        history: The published content.
        planned: The planned content.
        target: The column with the result, such as engagements.
        time: The column with the time of publishing, in both, or None.
        config: The constants of predictions.

    Raises:
        InvalidInputError: a column is missing, or the target or the time is invalid.

    >>> from brain.settings.files import load_config
    >>> config = load_config("brain_predictions", PredictionConfig)
    >>> history = [{"type": "photo", "likes": "90"}, {"type": "video", "likes": "300"}] * 20
    >>> answer = predict_planned(history, [{"type": "video"}], target="likes", time=None, config=config)
    >>> round(answer.predictions[0].predicted, -1), answer.missing
    (300.0, (None,))
    """
    _require_column(history, target, "history")
    usable = _select_usable(history, target, time)
    excluded_rows = len(history) - len(usable.rows)
    if len(usable.rows) < config.reliable_from:
        sufficiency = usable.estimate_sufficiency(estimate_scatter(usable.results), config)
        missing = (sufficiency.to_sentence(),) * len(planned)
        return PlanPredictions((None,) * len(planned), missing, sufficiency, excluded_rows, None)
    names = _shared_columns(usable.rows, planned, {target, time})
    planned_times = parse_times([row.get(time) for row in planned]) if time else None
    model = fit_model(
        ContentHistory(table=build_table(usable.rows, names), results=usable.results, times=usable.times),
        config,
        ahead_seconds=_seconds_ahead(usable.times, planned_times),
    )
    predictions = model.predict(build_table(planned, names), len(planned), planned_times)
    sufficiency = usable.estimate_sufficiency(model.residual_sd, config)
    gaps_by_row = _describe_client_gaps(usable, planned, names, config)
    gaps = [gap or describe_missing(p, model, sufficiency) for gap, p in zip(gaps_by_row, predictions, strict=True)]
    return PlanPredictions(tuple(predictions), tuple(gaps), sufficiency, excluded_rows, model)


def describe_missing(prediction: Prediction, model: PredictionModel, sufficiency: Sufficiency) -> str | None:
    """Return what a prediction of low confidence lacks, as a sentence; None if it lacks nothing.

    >>> from brain.settings.files import load_config
    >>> config = load_config("brain_predictions", PredictionConfig)
    >>> rows = [{"type": "photo"}, {"type": "video"}] * 20
    >>> history = ContentHistory(table=build_table(rows, ["type"]), results=[90.0, 300.0] * 20)
    >>> model = fit_model(history, config)
    >>> unknown = Prediction(predicted=120.0, lower=30.0, upper=500.0, confidence=0.1, unknown=("type",))
    >>> describe_missing(unknown, model, Sufficiency(observations=40, required=30, expected_on=None))
    'nothing with this type was published before'
    """
    if prediction.confidence >= model.config.confidence_below:
        return None
    if prediction.unknown:
        return f"nothing with this {' and this '.join(prediction.unknown)} was published before"
    if not sufficiency.is_reached:
        return sufficiency.to_sentence()
    return (
        f"like content differs by itself, {prediction.confidence:.0%} of it comes within a factor of "
        f"{model.config.confidence_factor:g}: a column that tells it apart (topic, campaign, audience) would help"
    )


def _require_column(rows: Sequence[TableRow], column: str, source: str) -> None:
    if rows and not any(column in row for row in rows):
        names = ", ".join(str(name) for name in rows[0])
        raise InvalidInputError(f"the {source} must have the column {column!r}, got {names}")


def _select_usable(history: Sequence[TableRow], target: str, time: str | None) -> _UsableRows:
    usable = _UsableRows([], [], None if time is None else [])
    times = _parse_column_times(history, time) if time else [None] * len(history)
    for number, (row, published_at) in enumerate(zip(history, times, strict=True), start=1):
        result = _parse_result(row.get(target), target, number)
        if result is None or (time and published_at is None):
            continue
        usable.rows.append(row)
        usable.results.append(result)
        if usable.times is not None and published_at is not None:
            usable.times.append(published_at)
    return usable


def _parse_column_times(history: Sequence[TableRow], time: str) -> Sequence[datetime | None]:
    _require_column(history, time, "history")
    times = parse_times([row.get(time) for row in history])
    if history and not any(times):
        example = str(history[0].get(time))[:40]
        raise InvalidInputError(f"column {time!r} must hold times such as 2026-11-22 09:30, got {example!r}")
    return times


def _parse_result(cell: object, target: str, row_number: int) -> float | None:
    if parse_text(cell) is None:
        return None
    result = parse_number(cell)
    if result == result:  # noqa: PLR0124 - NaN differs from itself
        return result
    raise InvalidInputError(
        f"{target!r} must be a number or empty, got {str(cell)[:40]!r} in row {row_number} of the history"
    )


def _shared_columns(history: Sequence[TableRow], planned: Sequence[TableRow], excluded: set[str | None]) -> list[str]:
    """Return the columns that both the history and the plan have, in the order of the history."""
    planned_names = {name for row in planned for name in row}
    history_names = dict.fromkeys(name for row in history for name in row)
    return [name for name in history_names if name in planned_names and name not in excluded]


def _seconds_ahead(times: Sequence[datetime] | None, planned: Sequence[datetime | None] | None) -> float | None:
    """Return how far in seconds the plan reaches beyond the history, None if most of it lies within the history."""
    if not times or planned is None:
        return None
    last = max(to_timestamp(time) for time in times)
    ahead = sorted(to_timestamp(time) - last for time in planned if time)
    if not ahead:
        return 0.0
    return ahead[-1] if ahead[len(ahead) // 2] > 0 else None


def _describe_client_gaps(
    usable: _UsableRows, planned: Sequence[TableRow], names: Sequence[str], config: PredictionConfig
) -> list[str | None]:
    """Return for each planned row what the history of its client lacks, if anything."""
    column = next((name for name in CLIENT_COLUMNS if name in names), None)
    if column is None:
        return [None] * len(planned)
    labels = [parse_text(row.get(column)) or "" for row in planned]
    gaps = {label: _describe_client_gap(usable, column, label, config) for label in set(labels)}
    return [gaps[label] for label in labels]


def _describe_client_gap(usable: _UsableRows, column: str, label: str, config: PredictionConfig) -> str | None:
    client_rows = usable.select(column, label)
    if len(client_rows.rows) >= config.reliable_from:
        return None
    sufficiency = client_rows.estimate_sufficiency(estimate_scatter(client_rows.results), config)
    return f"{column} {label or 'unknown'}: {sufficiency.to_sentence()}"
