"""Hours of a day: shares that add up, intervals that hold, and rain that moves sales only where it was planted."""

from datetime import date, timedelta

import numpy as np
import pytest

from brain.domain.retail.time_of_day import StoreHours, build_store_hours, measure_rain_shifts, profile_hours
from brain.testing.simulations.curiosity import FIRST_DAY

PROFILE = np.array([0.1, 0.3, 0.2, 0.4])
OPENS = 8


def seen(
    seed: int, days: int, wet_moves: float = 0.0, weekend_moves: float = 0.0
) -> tuple[StoreHours, dict[date, bool]]:
    """A store open from 8 to 11 whose hours scatter from day to day; rain moves a share from 9 to 11 o'clock."""
    rng = np.random.default_rng(seed)
    rows, wet = [], {}
    for day in (FIRST_DAY + timedelta(days=at) for at in range(days)):
        wet[day] = bool(rng.random() < 0.3)
        moved = wet_moves * wet[day] + weekend_moves * (day.weekday() >= 5)
        share = rng.dirichlet(200 * (PROFILE + moved * np.array([0, -1, 0, 1])))
        rows += [(day, OPENS + at, 1000 * share[at], int(100 * share[at])) for at in range(4)]
    return build_store_hours("kiel", rows), wet


def test_a_profile_has_each_weekday_s_hours_and_where_staff_is_needed() -> None:
    """Shares of a weekday add up to one; eleven o'clock is the busiest."""
    rows = profile_hours(seen(1, 140)[0])
    assert len(rows) == 7 * 4
    for weekday in range(7):
        mine = [row for row in rows if row.weekday == weekday]
        assert sum(row.share for row in mine) == pytest.approx(1, abs=0.01)
        assert [row.hour for row in mine if row.busy] in ([11], [9, 11])
        assert {row.days for row in mine} == {20}


@pytest.mark.parametrize("weekend_moves", [0.0, 0.1])
def test_intervals_hold_each_weekday_s_true_share(weekend_moves: float) -> None:
    """90 % intervals for weekdays alike and for weekends of their own, over 20 stores."""
    held = []
    for seed in range(20):
        for row in profile_hours(seen(seed, 84, weekend_moves=weekend_moves)[0]):
            moved = weekend_moves * (row.weekday >= 5) * np.array([0, -1, 0, 1])
            held.append(row.lower <= (PROFILE + moved)[row.hour - OPENS] <= row.upper)
    assert 0.85 <= np.mean(held) <= 0.99


def test_rain_that_moves_nothing_is_rarely_claimed() -> None:
    """40 null stores: a claim in few of them."""
    wrong = [any(row.claimed for row in measure_rain_shifts(*seen(seed, 120))) for seed in range(40)]
    assert np.mean(wrong) <= 0.15


def test_rain_that_moves_sales_to_later_is_found_in_its_hours() -> None:
    """Five points of the day's sales from nine to eleven o'clock."""
    rows = {row.hour: row for row in measure_rain_shifts(*seen(3, 200, wet_moves=0.05))}
    assert {hour for hour, row in rows.items() if row.claimed} == {9, 11}
    assert rows[9].lower < -0.05 < rows[9].upper
    assert rows[11].lower < 0.05 < rows[11].upper
    assert rows[11].wet_days + rows[11].dry_days == 200


def test_too_little_says_nothing() -> None:
    """Fewer than 28 days, fewer than eight wet days, no days at all, and days of returns only."""
    few, wet = seen(1, 27)
    assert profile_hours(few) == []
    assert measure_rain_shifts(few, dict.fromkeys(wet, False)) == []
    assert measure_rain_shifts(few, {}) == []
    assert profile_hours(build_store_hours("kiel", [])) == []
    assert build_store_hours("kiel", [(FIRST_DAY, 9, -5.0, 1)]).days == ()


def test_a_store_that_sells_in_one_hour_only_is_sure_of_it() -> None:
    """Nothing scatters, so nothing is uncertain, and rain has nothing to move."""
    rows = [(FIRST_DAY + timedelta(days=at), 9, 10.0, 1) for at in range(60)]
    hours = build_store_hours("kiel", rows)
    assert {(row.share, row.lower, row.upper) for row in profile_hours(hours)} == {(1.0, 1.0, 1.0)}
    wet = {day: at % 3 == 0 for at, day in enumerate(hours.days)}
    assert [row.claimed for row in measure_rain_shifts(hours, wet)] == [False]
