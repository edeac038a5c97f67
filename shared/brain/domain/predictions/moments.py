"""Reads a column of times in whatever form it was exported, the same form for all its rows."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from brain.domain.predictions.columns import text

_MILLISECONDS_FROM = 1e11
_TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
_DAYS_FIRST = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%y")
_MONTHS_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
_YEARS_FIRST = ("%Y/%m/%d", "%Y%m%d")


def read_times(values: Iterable[object]) -> list[datetime | None]:
    """Return each value's time, None where it is missing or unreadable.

    ISO 8601, seconds or milliseconds since 1970, and dates with day or month first; which of the two is decided
    by the form that reads the most of the column (month first where both read it all, as exports in English do).
    Times without a zone stay as the clock showed them; times with one keep their own clock.
    """
    texts = [text(value) for value in values]
    best: list[datetime | None] = [_iso(each) for each in texts]
    if all(found is not None or each is None for found, each in zip(best, texts, strict=True)):
        return best
    for dates in (_MONTHS_FIRST, _DAYS_FIRST, _YEARS_FIRST):
        found = _by_formats(texts, dates)
        if sum(each is not None for each in found) > sum(each is not None for each in best):
            best = found
    return best


def seconds(at: datetime) -> float:
    """Return a time as seconds since 1970; a clock without a zone is taken as UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _iso(given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        return _epoch(given)


def _epoch(given: str) -> datetime | None:
    try:
        count = float(given)
        return datetime.fromtimestamp(count / 1000 if count > _MILLISECONDS_FROM else count, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _by_formats(texts: Sequence[str | None], dates: Sequence[str]) -> list[datetime | None]:
    formats = [f"{date} {time}" for date in dates for time in _TIMES] + list(dates)
    found: list[datetime | None] = []
    for each in texts:
        read = None
        for position, form in enumerate(formats if each else ()):
            read = _parsed(each or "", form)
            if read is not None:
                formats.insert(0, formats.pop(position))
                break
        found.append(read)
    return found


def _parsed(given: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(given, form)  # noqa: DTZ007 - a clock without a zone is kept as it was shown
    except ValueError:
        return None
