"""Daily series of a client: quiet within the budget on null worlds, loud once on planted ones."""

from datetime import timedelta

import pytest

from brain.domain.anomaly import AlarmBudget
from brain.testing.simulations.series import (
    CONFIG,
    MONTHLY,
    NOISES,
    build_detector,
    change_rows,
    detect_anomalies,
    find_alarms,
    simulate_daily,
)

TWENTIETH = AlarmBudget.parse("0.05/30d")


def alarms(series, budget=MONTHLY):
    """The rows of a series that are alarmed."""
    return find_alarms(detect_anomalies(series, budget))


@pytest.mark.parametrize("noise", NOISES)
def test_a_null_world_stays_within_its_budget(noise):
    """Over half a year of thirty quiet series the false alarms a month are at most the budget's one."""
    days, seeds = 180, range(30)
    alarm_count = sum(len(alarms(simulate_daily(seed, days, noise))) for seed in seeds)
    assert alarm_count / (len(seeds) * days / 30) <= 1.0


@pytest.mark.parametrize("noise", NOISES)
def test_the_first_two_months_stay_within_the_budget_too(noise):
    """Two weeks teach little, but limits are wider then; sixty series of two months keep the budget."""
    days, seeds = 60, range(60)
    alarm_count = sum(len(alarms(simulate_daily(seed, days, noise))) for seed in seeds)
    assert alarm_count / (len(seeds) * (days - 14) / 30) <= 1.0


def test_a_smaller_budget_gives_fewer_alarms():
    """A twentieth of the budget, as when twenty series share one, gives far fewer alarms on the same worlds."""
    few, many = (sum(len(alarms(simulate_daily(seed, 180), b)) for seed in range(20)) for b in (TWENTIETH, MONTHLY))
    assert few <= many / 4


@pytest.mark.parametrize("row", [14, 30, 60, 120])
@pytest.mark.parametrize(("factor", "kind"), [(0.0, "drop"), (5.0, "spike")])
def test_an_outage_or_a_spike_is_alarmed_on_its_day(row, factor, kind):
    """A day without sales, or with five times the sales, is alarmed on that day, from the fifteenth day on."""
    alarm_count = 0
    for seed in range(20):
        series = change_rows(simulate_daily(seed, row + 1), row, row + 1, lambda value: value * factor)
        last = list(detect_anomalies(series))[-1]
        alarm_count += last.alarm and last.kind == kind
    assert alarm_count >= 18


@pytest.mark.parametrize("weekday", range(7))
def test_an_outage_is_found_on_any_weekday_within_a_shared_budget(weekday):
    """Saturdays too, with a budget that twenty series share."""
    row = 63 + weekday
    series = change_rows(simulate_daily(3, row + 1), row, row + 1, lambda _value: 0.0)
    assert alarms(series, TWENTIETH)[-1:] == [row]


@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_a_level_that_stays_is_one_alarm_and_then_the_new_normal(factor):
    """A third or three times as much from one day on: one alarm within three days, then no more than the budget."""
    prompt, later = 0, 0
    for seed in range(20):
        alarmed = alarms(change_rows(simulate_daily(seed, 120), 60, 120, lambda value: value * factor))
        prompt += any(60 <= row <= 62 for row in alarmed)
        later += sum(row > 62 for row in alarmed)
    assert prompt >= 19
    assert later / (20 * 57 / 30) <= 1.0


def test_an_outage_of_days_and_its_end_are_one_alarm():
    """Ten days without sales: an alarm on the first, none when sales are back."""
    after = []
    for seed in range(20):
        alarmed = alarms(change_rows(simulate_daily(seed, 90), 60, 70, lambda _value: 0.0))
        assert 60 in alarmed
        after += [row for row in alarmed if 60 < row <= 75]
    assert len(after) <= 2


def test_an_incident_is_named_as_long_as_it_lasts():
    """Each reading of an incident says since when, and a stuck value makes it a flatline."""
    readings = list(detect_anomalies(change_rows(simulate_daily(5, 70), 60, 64, lambda _value: 0.0)))
    first, *rest = readings[60:64]
    assert (first.alarm, first.kind, first.incident_since) == (True, "drop", first.timestamp)
    assert [reading.alarm for reading in rest] == [False] * 3
    assert {reading.incident_since for reading in rest} == {first.timestamp}
    assert readings[62].kind == "flatline"


def test_weekends_are_expected_to_be_quiet():
    """After a few weeks the expectation of a Sunday is about half of a Tuesday's."""
    readings = list(detect_anomalies(simulate_daily(7, 84)))
    tuesday, sunday = readings[78], readings[83]
    assert tuesday.timestamp.weekday() == 1
    assert sunday.timestamp.weekday() == 6
    assert sunday.expected / tuesday.expected == pytest.approx(0.5 / 1.2, rel=0.25)


def test_returns_below_zero_are_judged_too():
    """Revenue with days of returns below zero has a band that reaches below zero."""
    series = [(timestamp, value - 220) for timestamp, value in simulate_daily(8, 90)]
    readings = list(detect_anomalies(series))
    assert any(value < 0 for _, value in series)
    assert min(reading.lower for reading in readings if reading.state == "ready") < 0
    assert len(find_alarms(readings)) <= 4


def test_values_every_twelve_hours_and_every_week_are_judged():
    """Spacings between the usual ones have their warm-up and their limits."""
    for step, count in ((timedelta(hours=12), 80), (timedelta(days=7), 60)):
        start = simulate_daily(9, 1)[0][0]
        series = [(start + k * step, value) for k, (_, value) in enumerate(simulate_daily(9, count))]
        readings = list(detect_anomalies(series))
        assert readings[-1].state == "ready"
        assert readings[-1].lower < readings[-1].expected < readings[-1].upper


def test_a_series_of_years_keeps_its_numbers_small():
    """Older peaks fade by a growing weight for the newer; it starts over before it grows out of hand."""
    config = CONFIG.model_copy(update={"tail": CONFIG.tail.model_copy(update={"half_life_blocks": 10})})
    detector = build_detector(config=config)
    readings = [detector.score_point(timestamp, value) for timestamp, value in simulate_daily(10, 900)]
    assert detector._model.limits._block_weight < 1e12
    assert len(find_alarms(readings)) <= 1.5 * 900 / 30


def test_a_spike_after_a_shift_is_no_recovery():
    """What lies at neither the new nor the old level is alarmed, also in the week after a shift."""
    series = change_rows(simulate_daily(11, 70), 55, 70, lambda value: value * 0.3)
    series = change_rows(series, 62, 63, lambda value: value * 30)
    assert alarms(series)[-2:] == [55, 62]
