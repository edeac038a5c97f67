"""Hour profiles with valid intervals, and rain shifts only where they were simulated."""

from datetime import date, timedelta

import numpy as np
import pytest

from brain.domain.retail.time_of_day import StoreHours, build_store_hours, measure_rain_shifts, profile_hours
from brain.testing.simulations.curiosity import FIRST_DAY

PROFILE = np.array([0.1, 0.3, 0.2, 0.4])
OPENS = 8


def simulate_hours(
    seed: int, days: int, wet_moves: float = 0.0, weekend_moves: float = 0.0
) -> tuple[StoreHours, dict[date, bool]]:
    """Simulate a store open from 8 to 11 with random shares; rain moves a share from 9 to 11 o'clock."""
    rng = np.random.default_rng(seed)
    rows, wet = [], {}
    for day in (FIRST_DAY + timedelta(days=index) for index in range(days)):
        wet[day] = bool(rng.random() < 0.3)
        shift = wet_moves * wet[day] + weekend_moves * (day.weekday() >= 5)
        share = rng.dirichlet(200 * (PROFILE + shift * np.array([0, -1, 0, 1])))
        rows += [(day, OPENS + hour, 1000 * share[hour], int(100 * share[hour])) for hour in range(4)]
    return build_store_hours("kiel", rows), wet


def test_profiles_cover_each_weekday_and_mark_busy_hours() -> None:
    """The shares of a weekday sum to one; eleven o'clock is the busiest hour."""
    rows = profile_hours(simulate_hours(1, 140)[0])
    assert len(rows) == 7 * 4
    for weekday in range(7):
        profile = [row for row in rows if row.weekday == weekday]
        assert sum(row.share for row in profile) == pytest.approx(1, abs=0.01)
        assert [row.hour for row in profile if row.busy] in ([11], [9, 11])
        assert {row.days for row in profile} == {20}


@pytest.mark.parametrize("weekend_moves", [0.0, 0.1])
def test_intervals_cover_the_true_share_of_each_weekday(weekend_moves: float) -> None:
    """90 % intervals over 20 stores, with and without a different weekend."""
    covered = []
    for seed in range(20):
        for row in profile_hours(simulate_hours(seed, 84, weekend_moves=weekend_moves)[0]):
            shift = weekend_moves * (row.weekday >= 5) * np.array([0, -1, 0, 1])
            covered.append(row.lower <= (PROFILE + shift)[row.hour - OPENS] <= row.upper)
    assert 0.85 <= np.mean(covered) <= 0.99


def test_rain_without_effect_is_rarely_claimed() -> None:
    """Few of 40 stores without an effect have a claim."""
    false_claims = [any(row.claimed for row in measure_rain_shifts(*simulate_hours(seed, 120))) for seed in range(40)]
    assert np.mean(false_claims) <= 0.15


def test_rain_that_delays_sales_is_claimed_in_its_hours() -> None:
    """Five points of the day's sales from nine to eleven o'clock."""
    rows = {row.hour: row for row in measure_rain_shifts(*simulate_hours(3, 200, wet_moves=0.05))}
    assert {hour for hour, row in rows.items() if row.claimed} == {9, 11}
    assert rows[9].lower < -0.05 < rows[9].upper
    assert rows[11].lower < 0.05 < rows[11].upper
    assert rows[11].wet_days + rows[11].dry_days == 200


def test_too_few_days_give_no_rows() -> None:
    """Fewer than 28 days, fewer than eight wet days, no days at all, and days of returns only."""
    short_history, wet = simulate_hours(1, 27)
    assert profile_hours(short_history) == []
    assert measure_rain_shifts(short_history, dict.fromkeys(wet, False)) == []
    assert measure_rain_shifts(short_history, {}) == []
    assert profile_hours(build_store_hours("kiel", [])) == []
    assert build_store_hours("kiel", [(FIRST_DAY, 9, -5.0, 1)]).days == ()


def test_a_store_that_sells_in_one_hour_only_has_no_uncertainty() -> None:
    """The share is always one, and rain cannot shift it."""
    rows = [(FIRST_DAY + timedelta(days=index), 9, 10.0, 1) for index in range(60)]
    hours = build_store_hours("kiel", rows)
    assert {(row.share, row.lower, row.upper) for row in profile_hours(hours)} == {(1.0, 1.0, 1.0)}
    wet = {day: index % 3 == 0 for index, day in enumerate(hours.days)}
    assert [row.claimed for row in measure_rain_shifts(hours, wet)] == [False]
