"""``brain detect``: what is unusual in one series of a plain file, within an alarm budget."""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Annotated

import typer

from brain.cli.analysis.csv_rows import csv_rows, number
from brain.domain.anomaly import AlarmBudget, AnomalyConfig, Detector
from brain.errors import InvalidInputError
from brain.settings.files import load_config

COLUMNS = ("timestamp", "value")
MISSING = frozenset({"", "nan", "na", "n/a", "null", "none"})
LATE_SHARE = 0.01
MILLISECONDS_FROM = 1e11


@dataclass(slots=True)
class Columns:
    """A file's rows, a list a column: line numbers, cells as they came, and what they mean; None is missing."""

    lines: list[int] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)


def detect(
    file: Annotated[Path, typer.Argument(help="CSV with timestamp and value, in order of time; - for standard input.")],
    budget: Annotated[
        str, typer.Option(help="False alarms allowed in a period: a number, a slash, and hours, days or weeks.")
    ] = "1/30d",
) -> None:
    """Print timestamp,value,anomaly_score,alarm for each row; a row's answer depends on no later row."""
    detector = Detector(AlarmBudget.parse(budget), config=load_config("brain_anomaly", AnomalyConfig))
    source = Path("/dev/stdin") if str(file) == "-" else file
    rows = read_columns(source)
    late = late_rows(rows, source)
    warming = write(detector, rows, frozenset(late))
    for note in notes(detector, rows, late, warming=warming):
        sys.stderr.write(f"brain: {note}\n")


def read_columns(file: Path) -> Columns:
    """Return the rows of a file; an empty cell or NaN is a missing value.

    Raises:
        InvalidInputError: the file or a row of it cannot be read.
    """
    rows = Columns()
    for line, row in csv_rows(file, COLUMNS):
        stamp, text = row["timestamp"], row["value"]
        rows.lines.append(line)
        rows.stamps.append(stamp)
        rows.texts.append(text)
        rows.times.append(moment(stamp, file, line))
        rows.values.append(measured(text, file, line))
    return rows


def moment(text: str, file: Path, line: int) -> datetime:
    """Return the time in a cell: ISO 8601, or seconds or milliseconds since 1970."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        try:
            seconds = float(text)
            return datetime.fromtimestamp(seconds / 1000 if abs(seconds) >= MILLISECONDS_FROM else seconds, UTC)
        except (ValueError, OverflowError, OSError) as exc:
            raise InvalidInputError(
                f"{file}, line {line}: expected a time such as 2026-01-31 15:00:00 in timestamp, got {text!r}"
            ) from exc


def measured(text: str, file: Path, line: int) -> float | None:
    """Return the value in a cell, None when it is missing."""
    if text.lower() in MISSING:
        return None
    value = number(text, "value", file, line)
    if math.isinf(value):
        raise InvalidInputError(f"{file}, line {line}: expected a finite number in value, got {text!r}; mend the row")
    return value


def late_rows(rows: Columns, file: Path) -> list[int]:
    """Return the rows whose times are before an earlier row's; a few are passed over.

    Raises:
        InvalidInputError: more than one row in a hundred goes back, or times with and without a zone are mixed.
    """
    if len({time.tzinfo is None for time in rows.times}) > 1:
        raise InvalidInputError(f"{file}: some timestamps have a time zone and some have none; give all of them one")
    latest = accumulate(rows.times, max)
    late = [row for row, (time, last) in enumerate(zip(rows.times, latest, strict=True)) if time < last]
    if len(late) > LATE_SHARE * len(rows.times):
        line = rows.lines[late[0]]
        raise InvalidInputError(f"{file}, line {line}: the timestamp is before an earlier line's; sort by time")
    return late


def write(detector: Detector, rows: Columns, late: frozenset[int]) -> bool:
    """Print the answer, cells as they came and in the file's order; return whether the last row was still warming."""
    warming = True
    answer = ["timestamp,value,anomaly_score,alarm\n"]
    for row, (stamp, text) in enumerate(zip(rows.stamps, rows.texts, strict=True)):
        if row in late:
            answer.append(f"{stamp},{text},0,0\n")
            continue
        reading = detector.score_point(rows.times[row], rows.values[row])
        warming = reading.state == "warming"
        answer.append(f"{stamp},{text},{reading.anomaly_score:.5g},{reading.alarm:d}\n")
    sys.stdout.writelines(answer)
    return warming


def notes(detector: Detector, rows: Columns, late: Sequence[int], *, warming: bool) -> Iterator[str]:
    """Yield what the reader should know besides the answer."""
    if late:
        line = rows.lines[late[0]]
        yield f"{len(late)} rows with a timestamp before an earlier line's were passed over, first line {line}"
    missing = rows.values.count(None)
    if missing:
        yield f"{missing} rows without a value were neither judged nor taken for 0"
    if warming:
        enough = "two days of several readings a day, or two weeks of daily ones, are needed"
        if detector.ready_by is not None:
            enough = f"enough by {detector.ready_by:%Y-%m-%d %H:%M}"
        yield f"not enough data: {len(rows.values) - missing} values; {enough}"
