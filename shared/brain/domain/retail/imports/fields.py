"""Parse the fields of an import strictly: the message of an error tells the sender of the file what to correct."""

import math
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from brain.domain.retail.imports.import_lines import BY_DAY, BY_TIME

MAX_NAME_LENGTH = 128
MAX_AMOUNT = 1e12
MAX_QUOTED_LENGTH = 40
DATE_LENGTH = len("2026-01-31")
FIRST_YEAR = 1970
END_YEAR = 2200


class InvalidFieldError(ValueError):
    """A field that cannot be parsed; the text says what was expected and what was found."""


@lru_cache(maxsize=8192)
def parse_name(column: str, text: str) -> str:
    """Return an identifier: 1 to 128 printable characters, without surrounding white space."""
    name = text.strip()
    if not name:
        raise InvalidFieldError(f"{column} must not be empty, got no text; name the {column.removesuffix('_id')}")
    if len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidFieldError(f"{column} must be 1 to {MAX_NAME_LENGTH} printable characters, got {_quote(text)}")
    return name


def parse_optional_name(column: str, text: str) -> str | None:
    """Return an identifier, or None where the field is empty."""
    return parse_name(column, text) if text.strip() else None


def parse_amount(column: str, text: str) -> float | None:
    """Return a finite number, or None where the field is empty, because unknown is not 0.

    >>> parse_amount("revenue", "12.5")
    12.5
    """
    if not text or text.isspace():
        return None
    try:
        amount = float(text)
    except ValueError:
        raise InvalidFieldError(
            f"{column} must be a number with a decimal point such as 12.5, got {_quote(text)}"
        ) from None
    if not math.isfinite(amount) or abs(amount) > MAX_AMOUNT or "_" in text:
        raise InvalidFieldError(f"{column} must be a number within ±{MAX_AMOUNT:.0e}, got {_quote(text)}")
    return amount


def parse_date(column: str, text: str) -> date:
    """Return a date such as 2026-01-31."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidFieldError(f"{column} must be a date such as 2026-01-31, got {_quote(text)}") from None
    _check_year(day, column, text)
    return day


@lru_cache(maxsize=8192)
def parse_time(column: str, text: str, store_zone: ZoneInfo) -> tuple[datetime, str, date]:
    """Return a time in UTC, its granularity, and the local day of the store.

    A date stands for a whole day and becomes midnight UTC of that date. A time without a UTC offset is the store's
    local time; of a local time that occurs twice in autumn the first one is taken.
    """
    stripped = text.strip()
    if len(stripped) == DATE_LENGTH:
        day = parse_date(column, stripped)
        return datetime(day.year, day.month, day.day, tzinfo=UTC), BY_DAY, day
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        raise InvalidFieldError(
            f"{column} must be a date such as 2026-01-31 or a time such as 2026-01-31T09:30:00, got {_quote(text)}"
        ) from None
    _check_year(moment.date(), column, text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=store_zone).astimezone(UTC), BY_TIME, moment.date()
    return moment.astimezone(UTC), BY_TIME, moment.astimezone(store_zone).date()


def parse_known_at(text: str, store_zone: ZoneInfo) -> datetime | None:
    """Return when a fact was known, in UTC: a date means the end of that local day; None where the field is empty."""
    if not text.strip():
        return None
    moment, granularity, day = parse_time("known_at", text, store_zone)
    return find_end_of_day(day, store_zone) if granularity == BY_DAY else moment


def find_end_of_day(day: date, store_zone: ZoneInfo) -> datetime:
    """Return the midnight that ends the local day of a store, in UTC."""
    next_day = day + timedelta(days=1)
    return datetime(next_day.year, next_day.month, next_day.day, tzinfo=store_zone).astimezone(UTC)


def _check_year(day: date, column: str, text: str) -> None:
    if not FIRST_YEAR <= day.year < END_YEAR:
        raise InvalidFieldError(
            f"{column} must be between {FIRST_YEAR} and {END_YEAR}, got {_quote(text)}; check the year"
        )


def _quote(text: str) -> str:
    return repr(text if len(text) <= MAX_QUOTED_LENGTH else text[: MAX_QUOTED_LENGTH - 3] + "...")
