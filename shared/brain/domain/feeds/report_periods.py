"""The periods of report rows: a day, hour, week or month, in one column or composed of several."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import to_text
from brain.domain.feeds.times import describe_time
from brain.domain.privacy.personal_fields import normalize_field_name
from brain.errors import InvalidInputError

PeriodParser = Callable[..., datetime]
_DAYS_IN_WEEK: Final = 7
_DATE: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ]00:00(?::00(?:\.0{1,9})?)?Z?)?", re.ASCII)
_DATE_HOUR: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)[T ]?(\d\d)(?::?(\d\d))?(?::?(\d\d))?Z?", re.ASCII)
_MONTH: Final = re.compile(r"(\d{4})-?(\d\d)(?:-?01)?", re.ASCII)
_WEEK: Final = re.compile(r"(\d{4})-?W?(\d\d?)", re.ASCII)
_YEAR: Final = re.compile(r"(\d{4})", re.ASCII)
# Times that are relative to a range which the row does not name, or that lack their year.
_INCOMPLETE: Final = (
    "nthday", "nthweek", "nthmonth", "nthyear", "nthhour", "nthminute", "month", "week", "isoweek", "day",
)  # fmt: skip
_HINT: Final = "a date, dateHour, yearMonth, yearWeek or isoYearIsoWeek"


def read_period(builder: DraftBuilder, columns: Mapping[str, Any]) -> datetime | None:
    """Return the start of the period that a row is about, None when no column has one.

    A row with a period that cannot be read, or without its year, is faulty: it has a time, which is not now. The week
    of ``yearWeek`` starts on Sunday and week 1 contains 1 January; it is dated by its Monday, which is in the ISO week
    of the same number in most years, or by its first day if it has none.

    >>> builder = DraftBuilder({})
    >>> read_period(builder, {"yearWeek": "202644"}).date().isoformat()
    '2026-10-26'
    """
    values = {normalize_field_name(name): to_text(value) for name, value in columns.items()}
    for names, parse in _PARSERS:
        texts = [values.get(name) for name in names]
        if None not in texts:
            return _parse(builder, names, texts, parse)
    incomplete = next((name for name in _INCOMPLETE if values.get(name)), None)
    if incomplete is not None:
        builder.faults.append(f"{incomplete}: expected {_HINT}, got a period without its year; add one to the report")
    return None


def _parse(
    builder: DraftBuilder, names: tuple[str, ...], texts: list[str | None], parse: PeriodParser
) -> datetime | None:
    try:
        return parse(*texts)
    except (ValueError, OverflowError, InvalidInputError):
        shown = "".join(map(describe_time, texts))
        builder.faults.append(f"{' and '.join(names)}: expected {_HINT}, got an unreadable period{shown}")
        return None


def _match(pattern: re.Pattern[str], text: str) -> list[int]:
    match = pattern.fullmatch(text.strip())
    if match is None:
        raise InvalidInputError("a period must be written in digits, got other text")
    return [int(group or 0) for group in match.groups()]


def _start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _parse_date(text: str) -> datetime:
    year, month, day = _match(_DATE, text)
    return _start_of(date(year, month, day))


def _parse_date_hour(text: str) -> datetime:
    year, month, day, hour, minute, second = _match(_DATE_HOUR, text)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _parse_date_and_hour(text: str, hour: str) -> datetime:
    """Return the hour of a day; an hour that the provider folded into ``(other)`` is the day's start."""
    day = _parse_date(text)
    return day.replace(hour=int(hour)) if hour.isdecimal() else day


def _parse_month(text: str) -> datetime:
    year, month = _match(_MONTH, text)
    return _start_of(date(year, month, 1))


def _parse_year_and_month(year: str, month: str) -> datetime:
    return _start_of(date(int(year), int(month), 1))


def _parse_year_month_and_day(year: str, month: str, day: str) -> datetime:
    return _start_of(date(int(year), int(month), int(day)))


def _parse_year(text: str) -> datetime:
    (year,) = _match(_YEAR, text)
    return _start_of(date(year, 1, 1))


def _parse_iso_week(text: str) -> datetime:
    year, week = _match(_WEEK, text)
    return _start_of(date.fromisocalendar(year, week, 1))


def _parse_iso_year_and_week(year: str, week: str) -> datetime:
    return _start_of(date.fromisocalendar(int(year), int(week), 1))


def _parse_week(text: str) -> datetime:
    year, week = _match(_WEEK, text)
    return _find_week(year, week)


def _parse_year_and_week(year: str, week: str) -> datetime:
    return _find_week(int(year), int(week))


def _find_week(year: int, week: int) -> datetime:
    """Return the Monday of a week that starts on Sunday, or its first day."""
    new_year = date(year, 1, 1)
    first_sunday = new_year - timedelta(days=new_year.isoweekday() % _DAYS_IN_WEEK)
    monday = first_sunday + timedelta(days=_DAYS_IN_WEEK * (week - 1) + 1)
    first_day = max(first_sunday + timedelta(days=_DAYS_IN_WEEK * (week - 1)), new_year)
    if week < 1 or first_day.year != year:
        raise InvalidInputError(f"a week of {year} must be 1 to 53, got {week}")
    return _start_of(monday if monday >= new_year and monday.year == year else first_day)


_PARSERS: Final[tuple[tuple[tuple[str, ...], PeriodParser], ...]] = (
    (("datehourminute",), _parse_date_hour),
    (("datehour",), _parse_date_hour),
    (("date", "hour"), _parse_date_and_hour),
    (("date",), _parse_date),
    (("isoyearisoweek",), _parse_iso_week),
    (("yearweek",), _parse_week),
    (("yearmonth",), _parse_month),
    (("year", "month", "day"), _parse_year_month_and_day),
    (("isoyear", "isoweek"), _parse_iso_year_and_week),
    (("year", "week"), _parse_year_and_week),
    (("year", "month"), _parse_year_and_month),
    (("year",), _parse_year),
)
