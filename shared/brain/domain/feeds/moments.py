"""Times as providers write them, read without guessing: the ambiguous is refused, never turned into "now"."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from brain.errors import InvalidInputError

_ISO: Final = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[Tt ]\s?(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)?", re.ASCII)
_DIGITS: Final = re.compile(r"-?\d{1,19}(?:\.\d{1,9})?", re.ASCII)
_RFC_2822: Final = re.compile(
    r"(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} \d\d?:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UT|UTC|Z)(?: \([A-Z]+\))?"
)
_CTIME: Final = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d) ([+-]\d{4}) (\d{4})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Between the years 1973 and 5138 an epoch's unit can be told by its size; smaller numbers are no times of events.
_UNITS: Final = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3), (10**8, 1))
EXPECTED: Final = "a time in ISO 8601 with its offset (2026-01-31T13:45:00Z) or in epoch seconds or milliseconds"


def moment(value: Any, *, naive_is_utc: bool = False) -> datetime | None:
    """Return the aware time in UTC that ``value`` names, or None when it is absent (None or an empty text).

    Reads ISO 8601 with up to nine digits of fraction (cut to microseconds) and any offset, RFC 2822, epochs in
    seconds to nanoseconds told apart by their size, and plain dates, which are the start of the day. A time
    without an offset is read as UTC only where the provider documents that (``naive_is_utc``); plain dates always are.
    Raises ``InvalidInputError`` for anything else, day-first dates included.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidInputError(f"expected {EXPECTED}")
    try:
        if isinstance(value, str):
            return _from_text(value.strip(), naive_is_utc)
        return _from_epoch(value)
    except (OverflowError, ValueError) as error:
        raise InvalidInputError(f"expected {EXPECTED}; there is no such day or hour") from error


def day_and_hour(day: Any, hour: Any = None) -> datetime | None:
    """Return the start of an hour of a day (``2026-01-31`` or ``20260131``), for reports with a column for each."""
    start = moment(day)
    hours = 0 if hour in (None, "") else int(hour)
    if start is None or not 0 <= hours < 24:  # noqa: PLR2004 - hours of a day
        return None
    return start + timedelta(hours=hours)


def _from_text(text: str, naive_is_utc: bool) -> datetime:
    iso = _ISO.fullmatch(text)
    if iso:
        return _from_iso(iso, naive_is_utc)
    compact = _COMPACT.fullmatch(text)
    if compact and text[:2] in ("19", "20"):
        year, month, day, hour = compact.groups(default="0")
        return datetime(int(year), int(month), int(day), int(hour), tzinfo=UTC)
    if _DIGITS.fullmatch(text):
        return _from_epoch(float(text) if "." in text else int(text))
    if _RFC_2822.fullmatch(text):
        return parsedate_to_datetime(text).astimezone(UTC) if "-0000" not in text else _as_utc(text)
    ctime = _CTIME.fullmatch(text)
    if ctime:
        return datetime.strptime(f"{ctime[3]} {ctime[1]} {ctime[2]}", "%Y %b %d %H:%M:%S %z").astimezone(UTC)
    raise InvalidInputError(f"expected {EXPECTED}; this form can be read in more than one way or in none")


def _as_utc(text: str) -> datetime:
    """RFC 2822 writes -0000 for UTC of an unknown place."""
    return parsedate_to_datetime(text).replace(tzinfo=UTC)


def _from_iso(found: re.Match[str], naive_is_utc: bool) -> datetime:
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    if offset is None and hour is not None and not naive_is_utc:
        raise InvalidInputError(f"expected {EXPECTED}; the offset is missing")
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    at = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), microsecond, UTC)
    return at - _offset(offset) if offset and offset[0] in "+-" else at


def _offset(text: str) -> timedelta:
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:  # noqa: PLR2004 - offsets end at UTC+14
        raise InvalidInputError(f"expected {EXPECTED}; there is no such offset")
    away = timedelta(hours=hours, minutes=minutes)
    return away if text[0] == "+" else -away


def _from_epoch(number: float) -> datetime:
    for floor, units_a_second in _UNITS:
        if number >= floor:
            if isinstance(number, int):
                return _EPOCH + timedelta(microseconds=number * 10**6 // units_a_second)
            return _EPOCH + timedelta(seconds=number / units_a_second)
    raise InvalidInputError(f"expected {EXPECTED}; {number} is too small for an epoch")
