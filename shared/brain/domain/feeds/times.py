"""Times as providers write them, parsed without guessing: an ambiguous time is refused and never becomes "now"."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from brain.errors import InvalidInputError

EXPECTED_TIME: Final = "a time in ISO 8601 with its offset (2026-01-31T13:45:00Z) or in epoch seconds or milliseconds"
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[Tt ]\s?(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_BASIC: Final = re.compile(
    r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?(?:[.,](\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)?", re.ASCII)
_EPOCH_DIGITS: Final = re.compile(r"-?\d{1,19}(?:\.\d{1,9})?", re.ASCII)
_RFC_2822: Final = re.compile(
    r"(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} \d\d?:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UT|UTC|Z)(?: \([A-Z]+\))?"
)
_CTIME: Final = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d) ([+-]\d{4}) (\d{4})")
# What a time consists of besides digits. Any other text may name a person and is not repeated in an error.
_TIME_WORDS: Final = re.compile(
    r"(?i:\b(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|am|pm|utc|gmt|est|edt|cst"
    r"|cdt|mst|mdt|pst|pdt|cet|cest|other|not set|null|none|nan|today|yesterday|now|date_range_\d)\b"
    r"|(?<=\d)[tzwhq](?=\d|$))"
)
_TIME_SIGNS: Final = re.compile(r"(?!00)[\d\-/:.,+() ]{1,40}", re.ASCII)
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+|::|:\d+:\d+:", re.ASCII)  # of a network
_MAX_NAMED_DIGITS: Final = 8  # more could be a telephone number, unless they start with a year
_EPOCH_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Smallest number of each unit, and the units per second. Between 1973 and 5138 the size of an epoch tells its unit;
# smaller numbers are not times of events.
_EPOCH_UNITS: Final = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3), (10**8, 1))


def parse_time(value: Any, *, naive_is_utc: bool = False) -> datetime | None:
    """Return a provider's time as an aware time in UTC, None when it is absent (None or an empty text).

    Accepted are ISO 8601 with up to nine digits of fraction (truncated to microseconds) and any offset, RFC 2822,
    epochs in seconds to nanoseconds (told apart by their size), and plain dates, which are the start of the UTC day.

    Args:
        value: The time as it is in the payload.
        naive_is_utc: Read a time without an offset as UTC; only where the provider documents that.

    Raises:
        InvalidInputError: It is anything else, such as a date with the day first.

    >>> parse_time("2026-01-31T13:45:00+01:00").isoformat()
    '2026-01-31T12:45:00+00:00'
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidInputError(f"expected {EXPECTED_TIME}, got another kind of value")
    try:
        if isinstance(value, str):
            return _parse_text(value.strip(), naive_is_utc)
        return _from_epoch(value)
    except (OverflowError, ValueError) as error:
        raise InvalidInputError(f"expected {EXPECTED_TIME}, got a day or hour that does not exist") from error


def is_unambiguous_time(value: Any) -> bool:
    """Return whether a value is a time with its offset or an epoch, so that nothing has to be known to read it.

    >>> is_unambiguous_time(1795168800), is_unambiguous_time("2026-01-31 13:45:00"), is_unambiguous_time("2026-01-31")
    (True, False, False)
    """
    is_day = isinstance(value, str) and ":" not in value and _EPOCH_DIGITS.fullmatch(value.strip()) is None
    try:
        return not is_day and parse_time(value) is not None
    except InvalidInputError:
        return False


def parse_day_and_hour(day: Any, hour: Any = None) -> datetime | None:
    """Return the start of an hour of a day (``2026-01-31`` or ``20260131``), for reports with a column for each.

    None when there is no day, or the hour is not 0 to 23.
    """
    day_start = parse_time(day)
    hours = 0 if hour in (None, "") else int(hour)
    if day_start is None or not 0 <= hours < 24:  # noqa: PLR2004 - hours of a day
        return None
    return day_start + timedelta(hours=hours)


def describe_time(value: Any) -> str:
    """Return the value of an unreadable time for an error, an empty text if it might name a person.

    >>> describe_time("29/11/2026"), describe_time("(other)"), describe_time("Ann Example")
    (" ('29/11/2026')", " ('(other)')", '')
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    text = str(value).strip()
    rest = _TIME_WORDS.sub("", text)
    is_long = sum(map(str.isdigit, text)) > _MAX_NAMED_DIGITS and text[:2] not in ("19", "20")
    is_contact = text[:1] == "+" or _ADDRESS.search(text) is not None
    is_time = not (is_long or is_contact) and (not rest or _TIME_SIGNS.fullmatch(rest))
    return f" ({text!r})" if is_time and text else ""


def _parse_text(text: str, naive_is_utc: bool) -> datetime:
    if iso := _ISO.fullmatch(text) or _BASIC.fullmatch(text):
        return _from_iso(iso, naive_is_utc)
    compact = _COMPACT.fullmatch(text)
    if compact and text[:2] in ("19", "20"):
        year, month, day, hour = compact.groups(default="0")
        return datetime(int(year), int(month), int(day), int(hour), tzinfo=UTC)
    if _EPOCH_DIGITS.fullmatch(text):
        return _from_epoch(float(text) if "." in text else int(text))
    if _RFC_2822.fullmatch(text):
        return _from_rfc_2822(text)
    if ctime := _CTIME.fullmatch(text):
        return datetime.strptime(f"{ctime[3]} {ctime[1]} {ctime[2]}", "%Y %b %d %H:%M:%S %z").astimezone(UTC)
    raise InvalidInputError(f"expected {EXPECTED_TIME}, got another or an ambiguous format")


def _from_rfc_2822(text: str) -> datetime:
    """Return the time in UTC; RFC 2822 writes ``-0000`` for UTC at an unknown place."""
    parsed = parsedate_to_datetime(text)
    return parsed.replace(tzinfo=UTC) if "-0000" in text else parsed.astimezone(UTC)


def _from_iso(match: re.Match[str], naive_is_utc: bool) -> datetime:
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    if offset is None and hour is not None and not naive_is_utc:
        raise InvalidInputError(f"expected {EXPECTED_TIME}, got a time without an offset")
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    local = datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), microsecond, UTC
    )
    return local - _parse_offset(offset) if offset and offset[0] in "+-" else local


def _parse_offset(text: str) -> timedelta:
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:  # noqa: PLR2004 - offsets end at UTC+14
        raise InvalidInputError(f"expected {EXPECTED_TIME}, got an offset that does not exist")
    offset = timedelta(hours=hours, minutes=minutes)
    return offset if text[0] == "+" else -offset


def _from_epoch(number: float) -> datetime:
    for smallest, units_per_second in _EPOCH_UNITS:
        if number >= smallest:
            if isinstance(number, int):
                return _EPOCH_START + timedelta(microseconds=number * 10**6 // units_per_second)
            return _EPOCH_START + timedelta(seconds=number / units_per_second)
    raise InvalidInputError(f"expected {EXPECTED_TIME}, got {number}, which is too small for an epoch")
