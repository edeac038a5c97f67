"""Times are parsed as providers write them, and never guessed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.feeds.times import parse_day_and_hour, parse_time
from brain.errors import InvalidInputError

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PARSED = {
    "2026-11-21T12:00:00Z": NOON,
    "2026-11-21t12:00:00z": NOON,
    "2026-11-21 12:00:00 UTC": NOON,
    "2026-11-21T12:00Z": NOON,
    "2026-11-21T14:00:00+02:00": NOON,
    "2026-11-21T14:00:00+0200": NOON,
    "2026-11-21T07:00:00-05": NOON,
    "2026-11-21T17:45:00+05:45": NOON,
    "2026-11-21T12:00:00.9070259Z": NOON + timedelta(microseconds=907025),
    "2026-11-21T12:00:00,5Z": NOON + timedelta(microseconds=500000),
    "2026-11-21T12:00:00.123456789Z": NOON + timedelta(microseconds=123456),
    "2026-11-21": NOON.replace(hour=0),
    "20261121": NOON.replace(hour=0),
    "2026112112": NOON,
    "Sat, 21 Nov 2026 12:00:00 +0000": NOON,
    "21 Nov 2026 14:00:00 +0200 (CEST)": NOON,
    "Sat, 21 Nov 2026 12:00:00 GMT": NOON,
    "Sat, 21 Nov 2026 12:00:00 -0000": NOON,
    "Sat Nov 21 12:00:00 +0000 2026": NOON,
    "1795262400": NOON,
    "1795262400000": NOON,
    "1795262400123456": NOON + timedelta(microseconds=123456),
    "1795262400.5": NOON + timedelta(microseconds=500000),
    1795262400: NOON,
    1795262400.916253: NOON + timedelta(microseconds=916253),
    1795262400123: NOON + timedelta(milliseconds=123),
    1795262400123456: NOON + timedelta(microseconds=123456),
    1795262400123456789: NOON + timedelta(microseconds=123456),
}
INVALID = [
    "18/11/2026",
    "21.11.2026",
    "11-21-2026",
    "2026-11-21T12:00:00",
    "2026-13-01",
    "2026-02-30T00:00:00Z",
    "2026-11-21T25:00:00Z",
    "2026-11-21T12:00:00+15:00",
    "2026-11-21T12:00:00+02:75",
    "yesterday",
    "12:00",
    "1795",
    0,
    -5,
    12345,
    10**30,
    float(10**30),
    True,
    [],
    {},
    "\u0662\u0660\u0662\u0666-11-21",
    "20269999",
    "Sat, 99 Nov 2026 12:00:00 +0000",
    "Sat Nov 41 12:00:00 +0000 2026",
    float("nan"),
    "2026-11-21T12:00:00 CET",
    "0001-01-01T00:00:00+14:00",
]


@pytest.mark.parametrize("written", PARSED, ids=str)
def test_a_time_is_parsed_as_its_provider_writes_it(written: str | float) -> None:
    """ISO 8601 with all its fractions and offsets, RFC 2822, and epochs of every unit are the same time."""
    assert parse_time(written) == PARSED[written]


@pytest.mark.parametrize("written", INVALID, ids=str)
def test_an_ambiguous_or_invalid_time_is_refused(written: object) -> None:
    """Day-first dates, times without an offset and numbers that are no time are never guessed."""
    with pytest.raises(InvalidInputError, match="expected a time"):
        parse_time(written)


def test_a_time_without_offset_is_utc_only_where_that_is_documented() -> None:
    """A feed whose provider documents UTC passes ``naive_is_utc``."""
    assert parse_time("2026-11-21 12:00:00", naive_is_utc=True) == NOON
    assert parse_time("2026-11-21 5:00:00", naive_is_utc=True) == NOON.replace(hour=5)


@pytest.mark.parametrize("absent", [None, ""])
def test_an_absent_time_is_none(absent: str | None) -> None:
    """An absent time is neither an error nor the current time."""
    assert parse_time(absent) is None


@given(st.integers(158 * 10**12, 4102 * 10**12), st.integers(-12 * 60, 14 * 60))
def test_every_offset_is_converted_to_utc(microseconds: int, minutes: int) -> None:
    """The result equals that of Python's own parser."""
    expected = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).astimezone(
        timezone(timedelta(minutes=minutes))
    )
    assert parse_time(expected.isoformat()) == expected
    assert parse_time(int(expected.timestamp())) == expected.replace(microsecond=0)


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        ("20261121", "12", NOON),
        ("2026-11-21", 12, NOON),
        ("20261121", None, NOON.replace(hour=0)),
        ("20261121", "24", None),
        ("", "1", None),
    ],
)
def test_a_day_and_an_hour_make_a_time(day: str, hour: str | int | None, expected: datetime | None) -> None:
    """For reports with a column for each."""
    assert parse_day_and_hour(day, hour) == expected
