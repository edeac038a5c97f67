"""``brain detect``: what is unusual in one series of a plain file, within an alarm budget."""

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from brain.cli.csv_rows import csv_rows, number
from brain.domain.anomaly import AlarmBudget, AnomalyConfig, Detector, Reading
from brain.errors import InvalidInputError
from brain.settings.files import read_config

COLUMNS = ("timestamp", "value")
MISSING = frozenset({"", "nan", "na", "n/a", "null", "none"})
LATE_SHARE = 0.01
MILLISECONDS_FROM = 1e11
LINES_AT_ONCE = 4096


class Row(NamedTuple):
    """One line of the file: its number, the cells as they came, and what they mean."""

    line: int
    stamp: str
    text: str
    at: datetime
    value: float | None


def detect(
    file: Annotated[Path, typer.Argument(help="CSV with timestamp and value, in order of time; - for standard input.")],
    budget: Annotated[
        str, typer.Option(help="False alarms allowed in a period: a number, a slash, and hours, days or weeks.")
    ] = "1/30d",
) -> None:
    """Print timestamp,value,anomaly_score,alarm for each row; a row's answer depends on no later row."""
    detector = Detector(AlarmBudget.parse(budget), config=read_config("brain_anomaly", AnomalyConfig.from_mapping))
    source = Path("/dev/stdin") if str(file) == "-" else file
    rows = list(read_rows(source))
    late = late_lines(rows, source)
    readings = list(judged(detector, rows))
    write(rows, readings)
    for note in notes(detector, rows, readings, late):
        sys.stderr.write(f"brain: {note}\n")


def read_rows(file: Path) -> Iterator[Row]:
    """Yield the rows of a file; an empty cell or NaN is a missing value.

    Raises:
        InvalidInputError: the file or a row of it cannot be read.
    """
    for line, row in csv_rows(file, COLUMNS):
        stamp, text = row["timestamp"], row["value"]
        yield Row(line, stamp, text, moment(stamp, file, line), measured(text, file, line))


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


def late_lines(rows: Sequence[Row], file: Path) -> list[int]:
    """Return the lines whose stamps go back; a few are passed over.

    Raises:
        InvalidInputError: more than one row in a hundred goes back, or stamps with and without a zone are mixed.
    """
    if len({row.at.tzinfo is None for row in rows}) > 1:
        raise InvalidInputError(f"{file}: some timestamps have a time zone and some have none; give all of them one")
    late = [row.line for row, latest in latest_before(rows) if latest is not None and row.at < latest]
    if len(late) > LATE_SHARE * len(rows):
        raise InvalidInputError(f"{file}, line {late[0]}: the timestamp is before an earlier line's; sort by time")
    return late


def latest_before(rows: Iterable[Row]) -> Iterator[tuple[Row, datetime | None]]:
    """Yield each row with the latest time of the rows before it."""
    latest = None
    for row in rows:
        yield row, latest
        latest = row.at if latest is None or row.at > latest else latest


def judged(detector: Detector, rows: Iterable[Row]) -> Iterator[Reading | None]:
    """Yield a reading for each row, None for a row that comes late."""
    for row, latest in latest_before(rows):
        yield None if latest is not None and row.at < latest else detector.score_one(row.at, row.value)


def write(rows: Sequence[Row], readings: Sequence[Reading | None]) -> None:
    """Print the answer, cells as they came and in the file's order."""
    sys.stdout.write("timestamp,value,anomaly_score,alarm\n")
    for start in range(0, len(rows), LINES_AT_ONCE):
        pairs = zip(rows[start : start + LINES_AT_ONCE], readings[start : start + LINES_AT_ONCE], strict=True)
        sys.stdout.write("".join([line(row, reading) for row, reading in pairs]))


def line(row: Row, reading: Reading | None) -> str:
    """Return one line of the answer."""
    if reading is None:
        return f"{row.stamp},{row.text},0,0\n"
    return f"{row.stamp},{row.text},{reading.anomaly_score:.5g},{reading.alarm:d}\n"


def notes(
    detector: Detector, rows: Sequence[Row], readings: Sequence[Reading | None], late: Sequence[int]
) -> Iterator[str]:
    """Yield what the reader should know besides the answer."""
    if late:
        yield f"{len(late)} rows with a timestamp before an earlier line's were passed over, first line {late[0]}"
    missing = sum(row.value is None for row in rows)
    if missing:
        yield f"{missing} rows without a value were neither judged nor taken for 0"
    last = next((reading for reading in reversed(readings) if reading), None)
    if last is None or last.state == "warming":
        enough = "two days of several readings a day, or two weeks of daily ones, are needed"
        if detector.ready_by is not None:
            enough = f"enough by {detector.ready_by:%Y-%m-%d %H:%M}"
        yield f"not enough data: {len(rows) - missing} values; {enough}"
