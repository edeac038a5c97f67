"""The whole answer to "what will these bring?": predictions, or what is missing for them, from plain rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from brain.domain.predictions.columns import MISSING, Row, number, text
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.forecast import History, Model, Prediction, learn
from brain.domain.predictions.moments import read_times, seconds
from brain.domain.predictions.sufficiency import Sufficiency, sufficiency
from brain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Answer:
    """A prediction a planned row (None: not enough data), and for each what is missing, if anything.

    ``left_out`` counts the history's rows without a result or a time.
    """

    predictions: tuple[Prediction | None, ...]
    missing: tuple[str | None, ...]
    sufficiency: Sufficiency
    left_out: int
    model: Model | None


def predict_planned(
    history: Sequence[Row], planned: Sequence[Row], *, target: str, time: str | None, config: PredictionConfig
) -> Answer:
    """Return what planned rows are expected to bring, learned from a history of rows with the ``target`` column.

    Only columns that the planned rows have too are used: what is known of content before it is published.

    Raises:
        InvalidInputError: a column is missing, or the target holds something that is no number.
    """
    _require(history, target, "history")
    if time is not None:
        _require(history, time, "history")
    usable, results, times, left_out = _usable(history, target, time)
    known = _shared_columns(usable, planned, {target, time})
    planned_times = read_times([row.get(time) for row in planned]) if time else None
    rows = [{name: row.get(name) for name in known} for row in usable]
    if len(rows) < config.reliable_from:
        enough = sufficiency(len(rows), None, times, config)
        return Answer((None,) * len(planned), (enough.sentence(),) * len(planned), enough, left_out, None)
    model = learn(History(rows=rows, results=results, times=times), config, ahead_seconds=_ahead(times, planned_times))
    enough = sufficiency(len(rows), model.residual_sd, times, config)
    predictions = model.predict([{name: row.get(name) for name in known} for row in planned], planned_times)
    missing = tuple(what_is_missing(each, model, enough) for each in predictions)
    return Answer(tuple(predictions), missing, enough, left_out, model)


def what_is_missing(prediction: Prediction, model: Model, enough: Sufficiency) -> str | None:
    """Return what a prediction that is not confident lacks, in a sentence; None where it lacks nothing."""
    config = model.config
    if prediction.confidence >= config.confidence_below:
        return None
    if prediction.unknown:
        return f"nothing like this was published before: {', '.join(prediction.unknown)}"
    if not enough.reached:
        return enough.sentence()
    return (
        f"like content differs by itself: {prediction.confidence:.0%} lands within a factor of "
        f"{config.confidence_factor:g}; a column that tells it apart (topic, campaign, audience) would help"
    )


def _require(rows: Sequence[Row], column: str, which: str) -> None:
    if rows and not any(column in row for row in rows):
        names = ", ".join(str(name) for name in rows[0])
        raise InvalidInputError(f"The {which} has no column {column!r}; it has {names}.")


def _usable(
    history: Sequence[Row], target: str, time: str | None
) -> tuple[list[Row], list[float], list[datetime] | None, int]:
    moments = read_times([row.get(time) for row in history]) if time else [None] * len(history)
    if time and history and not any(moments):
        raise InvalidInputError(f"No value of the column {time!r} is a time; expected such as 2026-11-22 09:30.")
    rows, results, times = [], [], []
    for index, (row, at) in enumerate(zip(history, moments, strict=True), start=1):
        result = _result(row.get(target), target, index)
        if result is None or (time and at is None):
            continue
        rows.append(row)
        results.append(result)
        times.extend([at] if at else [])
    return rows, results, times if time else None, len(history) - len(rows)


def _result(value: object, target: str, index: int) -> float | None:
    if value is None or text(value) is None:
        return None
    result = number(value)
    if abs(result) < float("inf"):
        return result
    raise InvalidInputError(
        f"Row {index} of the history has {str(value)[:40]!r} in {target!r}; expected a number or one of "
        f"{', '.join(sorted(MISSING - {''}))} where it is not known."
    )


def _shared_columns(history: Sequence[Row], planned: Sequence[Row], apart: set[str | None]) -> list[str]:
    ahead = {name for row in planned for name in row}
    return [name for name in dict.fromkeys(n for row in history for n in row) if name in ahead and name not in apart]


def _ahead(times: Sequence[datetime] | None, planned: Sequence[datetime | None] | None) -> float | None:
    """Return how far the plan reaches beyond the history, None where most of it lies within."""
    if not times or planned is None:
        return None
    last = max(seconds(at) for at in times)
    ahead = sorted(seconds(at) - last for at in planned if at)
    if not ahead:
        return 0.0
    return ahead[-1] if ahead[len(ahead) // 2] > 0 else None
