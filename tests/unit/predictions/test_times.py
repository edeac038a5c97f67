"""Times of exports: one form a column, clocks as they were shown."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from brain.domain.predictions.times import parse_times, to_timestamp


def _at(*parts, zone=None):
    return datetime(*parts, tzinfo=zone)


@pytest.mark.parametrize(
    ("column", "read"),
    [
        (["2026-11-22 09:30", "2026-11-23"], [_at(2026, 11, 22, 9, 30), _at(2026, 11, 23)]),
        (["2026-11-22T09:30:00Z"], [_at(2026, 11, 22, 9, 30, zone=UTC)]),
        (["2026-11-22T09:30:00+02:00"], [_at(2026, 11, 22, 9, 30, zone=timezone(timedelta(hours=2)))]),
        (["4/22/2018 6:00", "12/1/2018 18:05"], [_at(2018, 4, 22, 6), _at(2018, 12, 1, 18, 5)]),
        (["22/4/2018 6:00", "1/12/2018 18:05"], [_at(2018, 4, 22, 6), _at(2018, 12, 1, 18, 5)]),
        (["4/3/2018 6:00 PM"], [_at(2018, 4, 3, 18)]),
        (["22.04.2018", "01.12.2018"], [_at(2018, 4, 22), _at(2018, 12, 1)]),
        (["2018/04/22 06:00"], [_at(2018, 4, 22, 6)]),
        (["1524376800"], [_at(2018, 4, 22, 6, zone=UTC)]),
        (["1524376800000"], [_at(2018, 4, 22, 6, zone=UTC)]),
        (["", None, "2026-11-22"], [None, None, _at(2026, 11, 22)]),
        (["yesterday", "9" * 40], [None, None]),
        (["4/22/2018 6:00", "soon"], [_at(2018, 4, 22, 6), None]),
    ],
)
def test_columns_of_times_are_read_in_their_own_form(column, read):
    """Month or day first is decided by the whole column; what no form reads is unknown, never now."""
    assert parse_times(column) == read


def test_a_clock_without_a_zone_counts_as_utc():
    """Order needs one line of time; two zones meet on it."""
    assert to_timestamp(_at(1970, 1, 1, 1)) == 3600
    assert to_timestamp(_at(1970, 1, 1, 1, zone=timezone(timedelta(hours=1)))) == 0
