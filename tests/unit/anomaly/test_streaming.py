"""What a stream may look like: prefixes, missing, planned, odd and broken points."""

import pickle
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.domain.anomaly import AlarmBudget
from brain.errors import InvalidInputError
from brain.testing.simulations.series import (
    MONDAY,
    build_detector,
    change_rows,
    detect_anomalies,
    find_alarms,
    simulate_daily,
    simulate_hourly,
)

HOURS = change_rows(simulate_hourly(1, 20), 300, 340, lambda value: value / 5)
DAYS = change_rows(simulate_daily(1, 80), 60, 66, lambda _value: 0.0)


def series_of(values, step):
    """The values one ``step`` apart."""
    return [(MONDAY + row * step, value) for row, value in enumerate(values)]


SERIES = st.builds(
    series_of,
    st.lists(st.none() | st.floats(-1e6, 1e6), min_size=30, max_size=90),
    st.sampled_from([timedelta(minutes=5), timedelta(hours=3), timedelta(days=1)]),
)


@settings(max_examples=60, deadline=None)
@given(series=SERIES, cut=st.integers(0, 90))
def test_row_k_depends_on_rows_up_to_k_only(series, cut):
    """A prefix of a series gets the prefix of its readings."""
    assert list(detect_anomalies(series[:cut])) == list(detect_anomalies(series))[:cut]


def test_memory_is_bounded():
    """A year of hours leaves no larger detector than a month."""
    sizes = []
    for days in (40, 400):
        detector = build_detector()
        for timestamp, value in simulate_hourly(2, days):
            detector.score_point(timestamp, value)
        sizes.append(len(pickle.dumps(detector)))
    assert max(sizes) < 60_000
    assert sizes[1] < 1.3 * sizes[0]


def test_limits_follow_the_budget():
    """They are narrower when more alarms are allowed."""
    bands = []
    for text in ("0.1/30d", "1/30d", "10/30d"):
        reading = list(detect_anomalies([*HOURS[:300], (HOURS[300][0], None)], AlarmBudget.parse(text)))[-1]
        bands.append(reading.upper - reading.lower)
    assert bands[0] > bands[1] > bands[2]


def test_missing_rows_are_not_zeros():
    """Days without a value change nothing for the days after; a zero does."""
    series = simulate_daily(3, 60)
    missing = [(timestamp, None if 40 <= row < 43 else value) for row, (timestamp, value) in enumerate(series)]
    readings = list(detect_anomalies(missing))
    assert all(r.value is None and not r.alarm and r.expected is not None for r in readings[40:43])
    left_out = list(detect_anomalies([point for point in missing if point[1] is not None]))
    assert [r for r in readings if r.value is not None] == left_out


def test_planned_days_never_alarm_and_teach_nothing():
    """A campaign in the calendar may do what it wants; the day after is judged as if it had not been."""
    series = change_rows(simulate_daily(5, 60), 50, 53, lambda value: value * 8)
    span = (series[50][0], series[53][0])
    readings = list(detect_anomalies(series, planned=[span]))
    assert 50 in find_alarms(detect_anomalies(series))
    assert not [row for row in find_alarms(readings) if 50 <= row <= 53]
    without = list(detect_anomalies([point for row, point in enumerate(series) if not 50 <= row < 53]))
    assert readings[53:] == without[50:]


def test_a_constant_series_is_quiet_until_it_changes():
    """Nothing is unusual while nothing changes; any change beyond a thousandth of the value then is."""
    series = series_of([45.0] * 400, timedelta(minutes=15))
    assert not find_alarms(detect_anomalies(series))
    assert find_alarms(detect_anomalies(change_rows(series, 350, 351, lambda value: value * 1.0005))) == []
    assert find_alarms(detect_anomalies(change_rows(series, 350, 351, lambda value: value * 1.1))) == [350]


def test_duplicate_stamps_are_readings_of_the_same_time():
    """A series whose every row comes twice has the same warm-up and no false alarms from it."""
    series = [point for point in simulate_hourly(6, 20) for _ in range(2)]
    readings = list(detect_anomalies(series))
    assert readings[-1].state == "ready"
    assert len(find_alarms(readings)) <= 2


def test_only_duplicates_are_taken_for_daily_values():
    """Nine points of one time have no spacing; the detector goes on without failing."""
    readings = list(detect_anomalies([(MONDAY, float(row)) for row in range(30)]))
    assert {reading.state for reading in readings} == {"warming"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1e101])
def test_what_is_no_number_is_refused(value):
    """With a sentence that says what a missing value is."""
    with pytest.raises(InvalidInputError, match="from -1e100 to 1e100, or None if missing, got"):
        build_detector().score_point(MONDAY, value)


def test_a_stamp_that_goes_back_is_refused_and_changes_nothing():
    """The detector goes on with the next point in order."""
    series = simulate_daily(7, 40)
    detector = build_detector()
    for timestamp, value in series[:30]:
        detector.score_point(timestamp, value)
    with pytest.raises(InvalidInputError, match="must be in ascending order"):
        detector.score_point(series[10][0], 1.0)
    assert [detector.score_point(*point) for point in series[30:]] == list(detect_anomalies(series))[30:]


def test_stamps_with_and_without_a_zone_do_not_mix():
    """Neither among themselves nor with the calendar's."""
    with pytest.raises(InvalidInputError, match="time zone"):
        list(detect_anomalies([(MONDAY, 1.0), (datetime(2026, 1, 6, tzinfo=UTC), 1.0)]))
    span = (datetime(2026, 1, 6, tzinfo=UTC), datetime(2026, 1, 7, tzinfo=UTC))
    with pytest.raises(InvalidInputError, match="time zone"):
        list(detect_anomalies([(MONDAY, 1.0)], planned=[span]))


def test_a_zone_changes_no_judgement():
    """Stamps with a zone are judged by their own wall clock, like those without."""
    zoned = [(timestamp.replace(tzinfo=UTC), value) for timestamp, value in HOURS]
    assert find_alarms(detect_anomalies(zoned)) == find_alarms(detect_anomalies(HOURS))


def test_when_enough_is_known_is_told():
    """Two days of hours or two weeks of days from the first point on, once the spacing is known."""
    for series, wanted in ((HOURS, timedelta(days=2)), (DAYS, timedelta(days=13.5))):
        detector = build_detector()
        assert detector.ready_by is None
        for timestamp, value in series[:10]:
            detector.score_point(timestamp, value)
        assert detector.ready_by == MONDAY + wanted
    zoned = build_detector()
    for timestamp, value in HOURS[:10]:
        zoned.score_point(timestamp.replace(tzinfo=UTC), value)
    assert zoned.ready_by == (MONDAY + timedelta(days=2)).replace(tzinfo=UTC)


@settings(max_examples=40, deadline=None)
@given(series=SERIES)
def test_a_reading_keeps_its_promises(series):
    """Scores lie in [0, 1], bands are in order, alarms are ready and explained, and an incident has a start."""
    for reading in detect_anomalies(series):
        assert 0 <= reading.anomaly_score <= 1
        assert (reading.expected is None) == (reading.state == "warming")
        if reading.expected is not None:
            assert reading.lower <= reading.expected <= reading.upper
        if reading.alarm:
            assert reading.state == "ready"
            assert reading.incident_since <= reading.timestamp
            assert reading.anomaly_score >= 0.5
            assert reading.explanation.startswith("expected ")


WILD = st.builds(
    series_of,
    st.lists(st.floats(-1e100, 1e100) | st.sampled_from([0.0, 1.0, 1e-300, -1e-300, 1e100]), min_size=30, max_size=60),
    st.sampled_from([timedelta(hours=2), timedelta(days=1)]),
)


@settings(max_examples=60, deadline=None)
@given(series=WILD)
def test_numbers_of_any_size_are_judged(series):
    """From the smallest to the largest allowed, in any order, without failing and with finite bands."""
    for reading in detect_anomalies(series):
        assert 0 <= reading.anomaly_score <= 1
        assert reading.state == "warming" or reading.lower <= reading.upper


def test_a_tiny_scale_and_a_huge_one_are_judged_alike():
    """Only the shape of a series matters, not its unit."""
    rng = random.Random(9)  # noqa: S311 - a seeded world, not a secret
    values = [rng.gauss(100, 5) + (60 if row == 350 else 0) for row in range(400)]
    for scale in (2.0**-60, 1.0, 2.0**60):
        series = series_of([value * scale for value in values], timedelta(hours=1))
        assert find_alarms(detect_anomalies(series)) == [350]
