"""Parse a column of times in the format of its export, the same format for all rows."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from brain.domain.predictions.columns import parse_text

_MILLISECONDS_FROM = 1e11
_TIME_FORMATS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
_DAY_FIRST = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
_YEAR_FIRST = ("%Y/%m/%d", "%Y%m%d")


def parse_times(cells: Iterable[object]) -> list[datetime | None]:
    """Return the time in each cell, None if it is missing or invalid.

    The column may hold ISO 8601, seconds or milliseconds since 1970, or dates with day or month first. Of the latter
    two, the format that parses most of the column wins; month first if both parse all of it, as in English exports.
    Times without a zone stay naive; times with a zone keep it.

    >>> parse_times(["22.11.2026 09:30", "", "1.12.2026"])
    [datetime.datetime(2026, 11, 22, 9, 30), None, datetime.datetime(2026, 12, 1, 0, 0)]
    """
    texts = [parse_text(cell) for cell in cells]
    best: list[datetime | None] = [_parse_iso(text) for text in texts]
    if all(time is not None or text is None for time, text in zip(best, texts, strict=True)):
        return best
    for date_formats in (_MONTH_FIRST, _DAY_FIRST, _YEAR_FIRST):
        times = _parse_formats(texts, date_formats)
        if sum(time is not None for time in times) > sum(time is not None for time in best):
            best = times
    return best


def to_timestamp(time: datetime) -> float:
    """Return a time as seconds since 1970; a time without a zone is taken as UTC.

    >>> to_timestamp(datetime(1970, 1, 1, 1))
    3600.0
    """
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _parse_iso(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _parse_epoch(text)


def _parse_epoch(text: str) -> datetime | None:
    try:
        count = float(text)
        return datetime.fromtimestamp(count / 1000 if count > _MILLISECONDS_FROM else count, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _parse_formats(texts: Sequence[str | None], date_formats: Sequence[str]) -> list[datetime | None]:
    """Return the time of each text; the last format that matched is tried first."""
    formats = [f"{date} {time}" for date in date_formats for time in _TIME_FORMATS] + list(date_formats)
    times: list[datetime | None] = []
    for text in texts:
        time = None
        for position, time_format in enumerate(formats if text else ()):
            time = _parse_format(text or "", time_format)
            if time is not None:
                formats.insert(0, formats.pop(position))
                break
        times.append(time)
    return times


def _parse_format(text: str, time_format: str) -> datetime | None:
    try:
        return datetime.strptime(text, time_format)  # noqa: DTZ007 - a time without a zone stays naive
    except ValueError:
        return None
