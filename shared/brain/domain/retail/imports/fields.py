"""Single fields of an import, read strictly: what cannot be read is a reason for the person who sent the file."""

import math
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from brain.domain.retail.imports.lines import BY_DAY, BY_TIME

MAX_NAME = 128
MAX_AMOUNT = 1e12
DATE_LENGTH = len("2026-01-31")
EARLIEST_YEAR = 1970
LATEST_YEAR = 2200


class UnreadableFieldError(ValueError):
    """A field that cannot be read; the text says what was expected and what came."""


@lru_cache(maxsize=8192)
def name(column: str, text: str) -> str:
    """An identifier: 1 to 128 printable characters, without white space around it."""
    stripped = text.strip()
    if not stripped:
        raise UnreadableFieldError(f"{column} is empty; give the {column.removesuffix('_id')} a name")
    if len(stripped) > MAX_NAME or not stripped.isprintable():
        raise UnreadableFieldError(f"{column} must be 1 to {MAX_NAME} printable characters, got {_shown(text)}")
    return stripped


def optional_name(column: str, text: str) -> str | None:
    """The same, or None where the field is empty."""
    return name(column, text) if text.strip() else None


def amount(column: str, text: str) -> float | None:
    """A finite number with a decimal point, or None where the field is empty: unknown is not 0."""
    if not text or text.isspace():
        return None
    try:
        value = float(text)
    except ValueError:
        raise UnreadableFieldError(
            f"{column} must be a number with a decimal point such as 12.5, got {_shown(text)}"
        ) from None
    if not math.isfinite(value) or abs(value) > MAX_AMOUNT or "_" in text:
        raise UnreadableFieldError(f"{column} must be a number within ±{MAX_AMOUNT:.0e}, got {_shown(text)}")
    return value


def day(column: str, text: str) -> date:
    """A date such as 2026-01-31."""
    try:
        return _in_range(date.fromisoformat(text.strip()), column, text)
    except UnreadableFieldError:
        raise
    except ValueError:
        raise UnreadableFieldError(f"{column} must be a date such as 2026-01-31, got {_shown(text)}") from None


@lru_cache(maxsize=8192)
def moment(column: str, text: str, store_zone: ZoneInfo) -> tuple[datetime, str, date]:
    """When, to which granularity, and on which of the store's days.

    A date is a day's total (named by its midnight in UTC); a time without a zone is the store's own clock; a clock
    hour that comes twice in autumn is taken as the first.
    """
    stripped = text.strip()
    if len(stripped) == DATE_LENGTH:
        on = day(column, stripped)
        return datetime(on.year, on.month, on.day, tzinfo=UTC), BY_DAY, on
    try:
        at = datetime.fromisoformat(stripped)
    except ValueError:
        raise UnreadableFieldError(
            f"{column} must be a date such as 2026-01-31 or a time such as 2026-01-31T09:30:00, got {_shown(text)}"
        ) from None
    _in_range(at.date(), column, text)
    if at.tzinfo is None:
        return at.replace(tzinfo=store_zone).astimezone(UTC), BY_TIME, at.date()
    return at.astimezone(UTC), BY_TIME, at.astimezone(store_zone).date()


def known_at(text: str, store_zone: ZoneInfo) -> datetime | None:
    """When a fact was known, in UTC; a date means its end in the store's zone; None where the field is empty."""
    if not text.strip():
        return None
    at, granularity, on = moment("known_at", text, store_zone)
    return end_of_day(on, store_zone) if granularity == BY_DAY else at


def end_of_day(on: date, store_zone: ZoneInfo) -> datetime:
    """The midnight that ends the store's day, in UTC."""
    following = on + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=store_zone).astimezone(UTC)


def _in_range(on: date, column: str, text: str) -> date:
    if not EARLIEST_YEAR <= on.year < LATEST_YEAR:
        raise UnreadableFieldError(
            f"{column} must lie between {EARLIEST_YEAR} and {LATEST_YEAR}, got {_shown(text)}; check the year"
        )
    return on


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")  # noqa: PLR2004 - a line of a terminal
