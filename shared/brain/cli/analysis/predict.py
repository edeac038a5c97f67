"""``brain predict``: predict the results of planned content from two CSV files."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from brain.cli.analysis.csv_input import require_unique
from brain.cli.csv_cells import quote_row
from brain.cli.gateway.payload_files import STANDARD_INPUT, describe_source, read_text
from brain.errors import InvalidInputError
from brain.settings.files import load_config

if TYPE_CHECKING:
    from brain.domain.predictions.prediction_model import Prediction

ADDED_COLUMNS = ("predicted", "lower", "upper", "confidence")
DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class CsvSheet:
    """A CSV file: its column names in order, its rows, and its delimiter."""

    names: list[str]
    rows: list[dict[str, Any]]
    delimiter: str


def predict(
    history: Annotated[
        Path, typer.Option(help="CSV of published content: a row per post with its result. - reads standard input.")
    ],
    planned: Annotated[
        Path,
        typer.Option(help="CSV of planned content, with the columns known before publishing. - reads standard input."),
    ],
    target: Annotated[str, typer.Option(help="The column of the history to predict, such as engagements.")],
    time: Annotated[
        str | None, typer.Option(help="The column with the time of publishing, in both files; adds weekday and hour.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of CSV, with what each prediction lacks.")
    ] = False,
) -> None:
    """Predict the results of planned content, with intervals.

    Both files are CSV with a header, delimited by comma, semicolon, tab
    or |. Any columns will do: numbers, categories and texts are
    recognised. Only columns that both files have are used. A column
    client_id or client separates clients.

    The output is the planned rows with the columns predicted, lower and
    upper (80 % interval) and confidence (the probability that the result
    is within a factor of two). Without enough history they are empty, and
    standard error says what is missing.
    """
    from brain.domain.predictions.config import PredictionConfig
    from brain.domain.predictions.planned_content import predict_planned

    if history == planned == STANDARD_INPUT:
        raise InvalidInputError("--history and --planned must not both be -, got both; name a file for one of them")
    published, plan = _read_sheet(history), _read_sheet(planned)
    config = load_config("brain_predictions", PredictionConfig)
    answer = predict_planned(published.rows, plan.rows, target=target, time=time, config=config)
    added = [_added_cells(prediction) for prediction in answer.predictions]
    if as_json:
        rows = [
            {**row, **cells, "missing": missing}
            for row, cells, missing in zip(plan.rows, added, answer.missing, strict=True)
        ]
        document = {"rows": rows, "left_out": answer.excluded_rows, "data": answer.sufficiency.to_sentence()}
        typer.echo(json.dumps(document, indent=2))
        return
    typer.echo(_format_csv(plan, added), nl=False)
    if answer.excluded_rows:
        noun = "row" if answer.excluded_rows == 1 else "rows"
        typer.echo(f"excluded {answer.excluded_rows} {noun} of the history without {target} or time", err=True)
    for missing in dict.fromkeys(missing for missing in answer.missing if missing):
        typer.echo(f"{answer.missing.count(missing)} of {len(plan.rows)} rows: {missing}", err=True)


def _read_sheet(file: Path) -> CsvSheet:
    source, text = describe_source(file), read_text(file)
    header = text.partition("\n")[0]
    if not header.strip():
        raise InvalidInputError(f"{source} must have a header and a row per post, got empty input; add them")
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        require_unique(source, names, names)
        reader.fieldnames = names
        rows = [{name: cell for name, cell in row.items() if name is not None} for row in reader]
    except csv.Error as exc:
        raise InvalidInputError(f"{source}, line {reader.line_num}: expected CSV, got {exc}; correct the row") from exc
    return CsvSheet(names, rows, delimiter)


def _added_cells(prediction: "Prediction | None") -> dict[str, float | None]:
    if prediction is None:
        return {"predicted": None, "lower": None, "upper": None, "confidence": 0.0}
    numbers = {name: getattr(prediction, name) for name in ADDED_COLUMNS}
    return {name: float(f"{number:.6g}") if math.isfinite(number) else None for name, number in numbers.items()}


def _format_csv(sheet: CsvSheet, added: Sequence[dict[str, float | None]]) -> str:
    text = io.StringIO()
    names = [name for name in sheet.names if name not in ADDED_COLUMNS]
    columns = [*names, *ADDED_COLUMNS]
    writer = csv.writer(text, delimiter=sheet.delimiter, lineterminator="\n")
    writer.writerow(quote_row(columns))
    for row, cells in zip(sheet.rows, added, strict=True):
        full_row = {**row, **cells}
        writer.writerow(quote_row(full_row.get(column, "") for column in columns))
    return text.getvalue()
