"""``brain detect``: detect anomalies in one series within an alarm budget."""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Annotated

import typer

from brain.cli.analysis.csv_input import parse_number, read_csv_rows
from brain.cli.gateway.payload_files import describe_source
from brain.domain.anomaly import AlarmBudget, AnomalyConfig, Detector
from brain.errors import InvalidInputError
from brain.settings.files import load_config

REQUIRED_COLUMNS = ("timestamp", "value")
MISSING = frozenset({"", "nan", "na", "n/a", "null", "none"})
MAX_LATE_SHARE = 0.01
MILLISECONDS_FROM = 1e11


@dataclass(slots=True)
class SeriesRows:
    """The rows of a file by column: line numbers, cells as text, and parsed cells; None is a missing value."""

    lines: list[int] = field(default_factory=list)
    timestamp_texts: list[str] = field(default_factory=list)
    value_texts: list[str] = field(default_factory=list)
    timestamps: list[datetime] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)


def detect(
    file: Annotated[Path, typer.Argument(help="CSV with the columns timestamp,value; - reads standard input.")],
    budget: Annotated[
        str,
        typer.Option(
            help="The false alarms allowed per period: a number, a slash, and hours, days or weeks, such as 1/30d."
        ),
    ] = "1/30d",
) -> None:
    """Detect anomalies in a series within an alarm budget.

    Each row of the CSV is one observation, in order of time. A timestamp
    is ISO 8601, or seconds or milliseconds since 1970; an empty value is
    missing. Other columns are ignored.

    The output is CSV with the columns
    timestamp,value,anomaly_score,alarm. The score is from 0 to 1, the
    alarm 0 or 1. A row is judged by the rows before it only. Notes go to
    standard error.
    """
    detector = Detector(AlarmBudget.parse(budget), config=load_config("brain_anomaly", AnomalyConfig))
    rows = read_series(file)
    late = find_late_rows(rows, file)
    is_warming = print_scores(detector, rows, frozenset(late))
    for note in list_notes(detector, rows, late, is_warming=is_warming):
        print(f"brain: {note}", file=sys.stderr)


def read_series(file: Path) -> SeriesRows:
    """Return the rows of a file; an empty cell or NaN is a missing value.

    Raises:
        InvalidInputError: the file or a row of it is invalid.
    """
    rows = SeriesRows()
    for line, row in read_csv_rows(file, REQUIRED_COLUMNS):
        rows.lines.append(line)
        rows.timestamp_texts.append(row["timestamp"])
        rows.value_texts.append(row["value"])
        rows.timestamps.append(parse_timestamp(row["timestamp"], file, line))
        rows.values.append(parse_value(row["value"], file, line))
    return rows


def parse_timestamp(text: str, file: Path, line: int) -> datetime:
    """Return the time in a cell: ISO 8601, or seconds or milliseconds since 1970."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        try:
            seconds = float(text)
            return datetime.fromtimestamp(seconds / 1000 if abs(seconds) >= MILLISECONDS_FROM else seconds, UTC)
        except (ValueError, OverflowError, OSError) as exc:
            raise InvalidInputError(
                f"{describe_source(file)}, line {line}: timestamp must be a time such as 2026-01-31 15:00:00, "
                f"got {text!r}; correct or remove the row"
            ) from exc


def parse_value(text: str, file: Path, line: int) -> float | None:
    """Return the number in a cell, None if it is missing."""
    if text.lower() in MISSING:
        return None
    value = parse_number(text, "value", file, line)
    if math.isinf(value):
        source = describe_source(file)
        raise InvalidInputError(
            f"{source}, line {line}: value must be finite, got {text!r}; correct the row or leave the value empty"
        )
    return value


def find_late_rows(rows: SeriesRows, file: Path) -> list[int]:
    """Return the indices of the rows that are earlier than a row before them; a few are skipped.

    Raises:
        InvalidInputError: more than one row in a hundred is late, or only some timestamps have a time zone.
    """
    source = describe_source(file)
    if len({timestamp.tzinfo is None for timestamp in rows.timestamps}) > 1:
        raise InvalidInputError(
            f"{source}: timestamps must all have a time zone or none, got both; add the missing zones"
        )
    latest = accumulate(rows.timestamps, max)
    late = [row for row, (time, last) in enumerate(zip(rows.timestamps, latest, strict=True)) if time < last]
    if len(late) > MAX_LATE_SHARE * len(rows.timestamps):
        raise InvalidInputError(
            f"{source}, line {rows.lines[late[0]]}: timestamps must ascend, "
            f"got {rows.timestamp_texts[late[0]]!r} after a later one; sort the rows by time"
        )
    return late


def print_scores(detector: Detector, rows: SeriesRows, late: frozenset[int]) -> bool:
    """Print each row with its score and alarm; return whether the detector is still warming up after the last row."""
    is_warming = True
    lines = ["timestamp,value,anomaly_score,alarm\n"]
    for row, (timestamp_text, value_text) in enumerate(zip(rows.timestamp_texts, rows.value_texts, strict=True)):
        if row in late:
            lines.append(f"{timestamp_text},{value_text},0,0\n")
            continue
        reading = detector.score_point(rows.timestamps[row], rows.values[row])
        is_warming = reading.state == "warming"
        lines.append(f"{timestamp_text},{value_text},{reading.anomaly_score:.5g},{reading.alarm:d}\n")
    sys.stdout.writelines(lines)
    return is_warming


def list_notes(detector: Detector, rows: SeriesRows, late: Sequence[int], *, is_warming: bool) -> Iterator[str]:
    """Yield what the reader should know besides the scores."""
    if late:
        noun = "row" if len(late) == 1 else "rows"
        first = rows.lines[late[0]]
        yield f"skipped {len(late)} {noun} with a timestamp before that of an earlier row, first at line {first}"
    missing = rows.values.count(None)
    if missing:
        noun = "row" if missing == 1 else "rows"
        yield f"{missing} {noun} without a value: not scored, and not counted as 0"
    if is_warming:
        needed = "two days of several values per day, or two weeks of daily values, are needed"
        if detector.ready_by is not None:
            needed = f"enough by {detector.ready_by:%Y-%m-%d %H:%M}"
        count = len(rows.values) - missing
        yield f"not enough data: {count} value{'' if count == 1 else 's'}; {needed}"
