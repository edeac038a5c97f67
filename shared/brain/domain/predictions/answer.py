"""The whole answer to "what will these bring?": predictions, or what is missing for them, from plain rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from brain.domain.predictions.columns import Row, as_table, number, text
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.forecast import History, Model, Prediction, learn
from brain.domain.predictions.moments import read_times, seconds
from brain.domain.predictions.sufficiency import Sufficiency, scatter_of, sufficiency
from brain.errors import InvalidInputError

OWNERS = ("client_id", "client")


@dataclass(frozen=True, slots=True)
class Answer:
    """A prediction a planned row (None: not enough data), and for each what is missing, if anything.

    ``enough`` is about the history as a whole, ``left_out`` counts its rows without a result or a time.
    """

    predictions: tuple[Prediction | None, ...]
    missing: tuple[str | None, ...]
    enough: Sufficiency
    left_out: int
    model: Model | None


@dataclass(frozen=True, slots=True)
class _Usable:
    """The rows of a history that have a result, and a time where times are asked for."""

    rows: list[Row]
    results: list[float]
    times: list[datetime] | None

    def sufficiency(self, scatter: float | None, config: PredictionConfig) -> Sufficiency:
        return sufficiency(len(self.rows), scatter, self.times, config)

    def of(self, owner: str, name: str) -> "_Usable":
        mine = [index for index, row in enumerate(self.rows) if text(row.get(owner)) == name]
        times = None if self.times is None else [self.times[index] for index in mine]
        return _Usable([self.rows[index] for index in mine], [self.results[index] for index in mine], times)


def predict_planned(
    history: Sequence[Row], planned: Sequence[Row], *, target: str, time: str | None, config: PredictionConfig
) -> Answer:
    """Return what planned rows are expected to bring, learned from a history of rows with the ``target`` column.

    Only columns that the planned rows have too are used: what is known of content before it is published. Where
    a column ``client_id`` or ``client`` tells whose row it is, a client with little history of its own is told so.

    Raises:
        InvalidInputError: a column is missing, or the target or the time cannot be read.
    """
    _require(history, target, "history")
    usable = _usable(history, target, time)
    left_out = len(history) - len(usable.rows)
    if len(usable.rows) < config.reliable_from:
        enough = usable.sufficiency(scatter_of(usable.results), config)
        return Answer((None,) * len(planned), (enough.sentence(),) * len(planned), enough, left_out, None)
    names = _known_beforehand(usable.rows, planned, {target, time})
    planned_times = read_times([row.get(time) for row in planned]) if time else None
    model = learn(
        History(table=as_table(usable.rows, names), results=usable.results, times=usable.times),
        config,
        ahead_seconds=_ahead(usable.times, planned_times),
    )
    predictions = model.predict(as_table(planned, names), len(planned), planned_times)
    enough = usable.sufficiency(model.residual_sd, config)
    owners = _owners(usable, planned, names, config)
    missing = tuple(owners[row] or what_is_missing(each, model, enough) for row, each in enumerate(predictions))
    return Answer(tuple(predictions), missing, enough, left_out, model)


def what_is_missing(prediction: Prediction, model: Model, enough: Sufficiency) -> str | None:
    """Return what a prediction that is not confident lacks, in a sentence; None where it lacks nothing."""
    if prediction.confidence >= model.config.confidence_below:
        return None
    if prediction.unknown:
        return f"nothing with this {' and this '.join(prediction.unknown)} was published before"
    if not enough.reached:
        return enough.sentence()
    return (
        f"like content differs by itself, {prediction.confidence:.0%} of it comes within a factor of "
        f"{model.config.confidence_factor:g}: a column that tells it apart (topic, campaign, audience) would help"
    )


def _require(rows: Sequence[Row], column: str, which: str) -> None:
    if rows and not any(column in row for row in rows):
        names = ", ".join(str(name) for name in rows[0])
        raise InvalidInputError(f"The {which} has no column {column!r}; it has {names}.")


def _usable(history: Sequence[Row], target: str, time: str | None) -> _Usable:
    results = [_result(row.get(target), target, index) for index, row in enumerate(history, start=1)]
    if time is None:
        whole = [(row, result) for row, result in zip(history, results, strict=True) if result is not None]
        return _Usable([row for row, _ in whole], [result for _, result in whole], None)
    _require(history, time, "history")
    times = read_times([row.get(time) for row in history])
    if history and not any(times):
        raise InvalidInputError(f"No value of the column {time!r} is a time; expected such as 2026-11-22 09:30.")
    timed = [each for each in zip(history, results, times, strict=True) if each[1] is not None and each[2] is not None]
    return _Usable([r for r, _, _ in timed], [y for _, y, _ in timed if y is not None], [t for *_, t in timed if t])


def _result(value: object, target: str, index: int) -> float | None:
    if text(value) is None:
        return None
    result = number(value)
    if result == result:  # noqa: PLR0124 - NaN differs from itself
        return result
    raise InvalidInputError(
        f"Row {index} of the history has {str(value)[:40]!r} in {target!r}; "
        "expected a number, or nothing where it is not known."
    )


def _known_beforehand(history: Sequence[Row], planned: Sequence[Row], apart: set[str | None]) -> list[str]:
    ahead = {name for row in planned for name in row}
    return [name for name in dict.fromkeys(n for row in history for n in row) if name in ahead and name not in apart]


def _ahead(times: Sequence[datetime] | None, planned: Sequence[datetime | None] | None) -> float | None:
    """Return how far in seconds the plan reaches beyond the history, None where most of it lies within."""
    if not times or planned is None:
        return None
    last = max(seconds(at) for at in times)
    ahead = sorted(seconds(at) - last for at in planned if at)
    if not ahead:
        return 0.0
    return ahead[-1] if ahead[len(ahead) // 2] > 0 else None


def _owners(
    usable: _Usable, planned: Sequence[Row], names: Sequence[str], config: PredictionConfig
) -> list[str | None]:
    """Return for each planned row what its client's own history lacks, if anything."""
    owner = next((name for name in OWNERS if name in names), None)
    if owner is None:
        return [None] * len(planned)
    lacks: dict[str, str | None] = {}
    for name in {text(row.get(owner)) or "" for row in planned}:
        own = usable.of(owner, name)
        enough = own.sufficiency(scatter_of(own.results), config)
        few = len(own.rows) < config.reliable_from
        lacks[name] = f"{owner} {name or 'unknown'}: {enough.sentence()}" if few else None
    return [lacks[text(row.get(owner)) or ""] for row in planned]
