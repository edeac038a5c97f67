"""``brain predict``: expected results of planned content, from two plain CSV files."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from brain.errors import InvalidInputError
from brain.settings.files import load_config

ADDED = ("predicted", "lower", "upper", "confidence")
DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file: its column names in order, its rows, and what stands between two cells."""

    names: list[str]
    rows: list[dict[str, Any]]
    delimiter: str


def predict(
    history: Annotated[Path, typer.Option(help="CSV of what was published, with what it brought.")],
    planned: Annotated[Path, typer.Option(help="CSV of what is planned, with the columns known beforehand.")],
    target: Annotated[str, typer.Option(help="The history's column to predict, such as engagements.")],
    time: Annotated[str | None, typer.Option(help="The column with the time of publishing, in both files.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON with what is missing for each row.")] = False,
) -> None:
    """Print the planned rows with predicted, lower, upper (80 % interval) and confidence."""
    from brain.domain.predictions.config import PredictionConfig
    from brain.domain.predictions.planned_content import predict_planned

    past, ahead = _read(history), _read(planned)
    answer = predict_planned(
        past.rows, ahead.rows, target=target, time=time, config=load_config("brain_predictions", PredictionConfig)
    )
    added = [_added(each) for each in answer.predictions]
    if as_json:
        both = zip(ahead.rows, added, answer.missing, strict=True)
        rows = [{**row, **new, "missing": lack} for row, new, lack in both]
        typer.echo(
            json.dumps(
                {"rows": rows, "left_out": answer.excluded_rows, "data": answer.sufficiency.to_sentence()}, indent=2
            )
        )
        return
    typer.echo(_text(ahead, added), nl=False)
    if answer.excluded_rows:
        typer.echo(f"{answer.excluded_rows} rows of the history without {target} or time were left out.", err=True)
    for lack in dict.fromkeys(lack for lack in answer.missing if lack):
        typer.echo(f"{answer.missing.count(lack)} of {len(ahead.rows)} rows: {lack}.", err=True)


def _read(path: Path) -> Sheet:
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise InvalidInputError(f"Cannot read {path}: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise InvalidInputError(f"{path} is not UTF-8 text; save it as CSV in UTF-8.") from exc
    first = content.partition("\n")[0]
    if not first.strip():
        raise InvalidInputError(f"{path} is empty; expected a line of column names and one line a post.")
    delimiter = max(DELIMITERS, key=first.count)
    try:
        reader = csv.DictReader(io.StringIO(content), delimiter=delimiter, strict=True)
        names = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        if len(set(names)) < len(names):
            raise InvalidInputError(f"{path} has the column {_repeated(names)!r} twice; rename one.")
        rows = [{name: value for name, value in row.items() if name is not None} for row in reader]
    except csv.Error as exc:
        raise InvalidInputError(f"{path} is not a CSV that can be read: {exc}.") from exc
    return Sheet(names, rows, delimiter)


def _repeated(names: Sequence[str]) -> str:
    return next(name for name in names if names.count(name) > 1)


def _added(prediction: Any) -> dict[str, float | None]:
    if prediction is None:
        return {"predicted": None, "lower": None, "upper": None, "confidence": 0.0}
    values = {name: getattr(prediction, name) for name in ADDED}
    return {name: float(f"{value:.6g}") if math.isfinite(value) else None for name, value in values.items()}


def _text(sheet: Sheet, added: Sequence[dict[str, float | None]]) -> str:
    out = io.StringIO()
    names = [name for name in sheet.names if name not in ADDED]
    writer = csv.DictWriter(out, [*names, *ADDED], delimiter=sheet.delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, **new} for row, new in zip(sheet.rows, added, strict=True))
    return out.getvalue()
