"""Series with several readings a day: seasons found by themselves, one alarm an incident, quiet on null worlds."""

import math
import random
from datetime import timedelta

import pytest

from brain.testing.simulations.series import (
    MONDAY,
    MONTHLY,
    NOISES,
    change_rows,
    detect_anomalies,
    find_alarms,
    simulate_hourly,
)

DAY = 24


def alarms(series, budget=MONTHLY):
    """The rows of a series that are alarmed."""
    return find_alarms(detect_anomalies(series, budget))


@pytest.mark.parametrize("noise", NOISES)
def test_a_null_world_of_hours_stays_within_its_budget(noise):
    """Over four months of quiet hours the false alarms a month are at most the budget's one."""
    alarm_count = sum(len(alarms(simulate_hourly(seed, 120, noise))) for seed in range(5))
    assert alarm_count / (5 * 120 / 30) <= 1.0


@pytest.mark.slow
def test_a_null_world_of_five_minutes_stays_within_twice_its_budget():
    """In the first month of quiet five-minute readings the budget is kept to a factor of two."""
    alarm_count = sum(len(alarms(simulate_hourly(seed, 32, "wide log-normal", minutes=5))) for seed in range(4))
    assert alarm_count / (4 * 30 / 30) <= 2.0


def test_a_busy_hour_that_is_silent_is_alarmed_and_a_quiet_hour_is_not():
    """The same value is an outage in the afternoon and nothing at night: the daily season is known."""
    series = simulate_hourly(1, 40)
    afternoon, night = 35 * DAY + 15, 35 * DAY + 3
    quiet = series[night][1]
    assert afternoon in alarms(change_rows(series, afternoon, afternoon + 1, lambda _value: quiet))
    assert not set(alarms(series)) & set(range(night, afternoon + 1))


def test_a_weekend_like_a_working_day_is_alarmed():
    """A Sunday as busy as a Monday is unusual once the weekly season is known."""
    series = simulate_hourly(2, 60)
    sunday = 55 * DAY
    assert series[sunday][0].weekday() == 6
    alarmed = alarms(change_rows(series, sunday, sunday + DAY, lambda value: value * 2.2))
    assert [row for row in alarmed if sunday <= row < sunday + DAY]


def test_an_incident_of_hours_is_one_alarm():
    """Six silent hours are one alarm, and their end is none."""
    start = 30 * DAY + 10
    alarmed = alarms(change_rows(simulate_hourly(3, 40), start, start + 6, lambda _value: 0.0))
    assert len([row for row in alarmed if start <= row < start + DAY]) == 1


def test_a_return_to_the_level_before_is_no_alarm():
    """After an outage long enough to become the usual, the recovery is not alarmed."""
    rng = random.Random(4)  # noqa: S311 - a seeded world, not a secret
    flat = [(MONDAY + timedelta(minutes=5 * row), 100 + rng.gauss(0, 3)) for row in range(288 * 8)]
    start, end = 288 * 5, 288 * 6
    alarmed = alarms(change_rows(flat, start, end, lambda value: value - 80))
    assert [row for row in alarmed if row >= start] == [start]


def test_the_expectation_stays_at_the_usual_level_during_a_short_excursion():
    """The band leaves its points out; when the recent and the usual level disagree, the usual one is told."""
    rng = random.Random(4)  # noqa: S311 - a seeded world, not a secret
    flat = [(MONDAY + timedelta(minutes=5 * row), 100 + rng.gauss(0, 3)) for row in range(288 * 6)]
    start, end = 288 * 5, 288 * 5 + 15
    readings = list(detect_anomalies(change_rows(flat, start, end, lambda value: value + 80)))
    assert [row for row in find_alarms(readings) if row >= start] == [start]
    for reading in readings[start:end]:
        assert reading.expected == pytest.approx(100, abs=8)
        assert reading.upper < reading.value


def test_a_run_to_one_side_is_alarmed_before_any_single_value_would_be():
    """Readings that stay a little high together are a shift, though each alone lies within its band."""
    rng = random.Random(5)  # noqa: S311 - a seeded world, not a secret
    flat = [(MONDAY + timedelta(hours=row), 100 + rng.gauss(0, 3)) for row in range(DAY * 30)]
    start = DAY * 28
    readings = list(detect_anomalies(change_rows(flat, start, start + 10, lambda value: value + 7)))
    (row,) = [row for row in find_alarms(readings) if row >= start]
    assert readings[row].kind == "level_shift"
    assert readings[row].lower < readings[row].value < readings[row].upper
    assert "unusual together with the readings just before" in readings[row].explanation


def test_recurring_bursts_are_usual():
    """A job that runs every night at two is not alarmed each night, and a much larger burst is."""
    rng = random.Random(6)  # noqa: S311 - a seeded world, not a secret
    series = []
    for row in range(12 * DAY * 20):
        timestamp = MONDAY + timedelta(minutes=5 * row)
        burst = 50 * rng.uniform(0.8, 1.2) if timestamp.hour == 2 and timestamp.minute < 30 else 0.0
        series.append((timestamp, 10 + rng.gauss(0, 0.5) + burst))
    row = 12 * DAY * 18 + 12 * 14
    alarmed = alarms(change_rows(series, row, row + 1, lambda value: value + 150))
    assert row in alarmed
    assert len([early for early in alarmed if early < row]) <= 1


def test_a_gap_of_days_does_not_judge_by_what_was_before_it():
    """After a gap the recent level is unknown, so a slow change over the gap is no alarm by itself."""
    rng = random.Random(7)  # noqa: S311 - a seeded world, not a secret

    def wave(row):
        return 100 + 10 * math.sin(row / 288 * 2 * math.pi) + rng.gauss(0, 1)

    series = [(MONDAY + timedelta(minutes=5 * row), wave(row)) for row in range(288 * 10)]
    with_gap = series[: 288 * 6 + 72] + series[288 * 8 + 72 :]
    resumed = 288 * 6 + 72
    assert not [row for row in alarms(with_gap) if resumed <= row <= resumed + 288]


def test_irregular_stamps_are_judged_by_their_own_hours():
    """Readings at random minutes, a third of them missing, still have a known daily season."""
    rng = random.Random(8)  # noqa: S311 - a seeded world, not a secret
    series = [
        (timestamp + timedelta(minutes=rng.randrange(55)), v)
        for timestamp, v in simulate_hourly(8, 60)
        if rng.random() > 0.33
    ]
    readings = list(detect_anomalies(series))
    afternoon = [r.expected for r in readings[-300:] if r.timestamp.hour == 15 and r.timestamp.weekday() < 5]
    night = [r.expected for r in readings[-300:] if r.timestamp.hour == 3 and r.timestamp.weekday() < 5]
    assert min(afternoon) > 2 * max(night)
    assert len(find_alarms(readings)) <= 4
