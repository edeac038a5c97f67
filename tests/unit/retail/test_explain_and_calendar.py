"""A day explained to the last cent, and a calendar that says what to do."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.retail.day_explanation import allocate_cents, explain_day, round_to_cents
from brain.domain.retail.forecast.day_forecasts import DayForecast
from brain.domain.retail.forecast.predictive_calendar import build_calendar, write_advice
from brain.domain.retail.rush import classify_rush
from brain.domain.retail.series import Store
from brain.domain.retail.shop_data import ShopData
from brain.errors import InvalidInputError, NotFoundError
from brain.testing.simulations.shop import (
    build_calendar_event,
    build_series,
    get_date,
    load_retail_config,
    simulate_sales,
)

CONFIG = load_retail_config()
DAYS = 420
GAMES = range(40, DAYS, 30)


def _shop(seed: int = 1, lift: float = 1.5) -> tuple[np.ndarray, ShopData]:
    sales = simulate_sales(seed, DAYS, noise=0.05)
    sales[list(GAMES)] *= lift
    known = datetime(2022, 1, 1, tzinfo=UTC)
    games = tuple(build_calendar_event("derby", at, "home_game", known_at=known) for at in GAMES)
    return sales, ShopData({"north": Store("north")}, games)


@pytest.mark.parametrize("day", [60, 200, 400, GAMES[-1]])
def test_contributions_add_up_to_the_last_cent(day: int) -> None:
    """All but the unexplained make what was expected, all of them what came."""
    sales, facts = _shop()
    told = explain_day([build_series(sales)], facts, "north", get_date(day), CONFIG)
    amounts = {one.cause: one.cents for one in told.contributions}
    assert sum(amounts.values()) == told.actual_cents == round_to_cents(sales[day])
    assert told.expected_cents == told.actual_cents - amounts["unexplained"]


def test_a_planted_game_is_named_with_what_it_brought() -> None:
    """Half as much again on game days: a third of the day's money is the game's."""
    sales, facts = _shop()
    told = explain_day([build_series(sales)], facts, "north", get_date(GAMES[-1]), CONFIG)
    game = next(one for one in told.contributions if one.cause == "derby")
    assert game.group == "signal"
    assert game.cents == pytest.approx(told.expected_cents / 3, rel=0.35)
    assert not told.unusual


def test_a_day_beyond_its_bounds_is_unusual() -> None:
    """Five times the usual sales are not explained away."""
    sales, facts = _shop()
    sales[399] *= 5
    told = explain_day([build_series(sales)], facts, "north", get_date(399), CONFIG)
    assert told.unusual
    assert told.contributions[-1].cause == "unexplained"
    assert told.contributions[-1].cents > told.expected_cents


def test_a_slow_product_and_a_day_of_returns_add_up_too() -> None:
    """On the scale of sums, and below zero."""
    sales = np.random.default_rng(3).poisson(0.6, DAYS) * 4.99
    sales[399] = -12.34
    told = explain_day([build_series(sales)], ShopData(), "north", get_date(399), CONFIG)
    assert sum(one.cents for one in told.contributions) == told.actual_cents == -1234


def test_what_cannot_be_explained_is_said() -> None:
    """An unknown store, a closed day, a day outside, the first day."""
    sales, facts = _shop()
    sales[100] = np.nan
    history = [build_series(sales)]
    for store, day, message in (
        ("south", 50, "store must be one of"),
        ("north", 100, "closed"),
        ("north", 9999, "not imported"),
    ):
        with pytest.raises(NotFoundError, match=message):
            explain_day(history, facts, store, get_date(day), CONFIG)
    other = build_series(simulate_sales(5, DAYS), "other", get_date(-30))
    with pytest.raises(InvalidInputError, match="later day"):
        explain_day([*history, other], facts, "north", get_date(0), CONFIG)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9), st.integers(-3, 3))
def test_cents_are_dealt_out_whole_and_near(amounts: list[float], off: int) -> None:
    """Whatever the amounts, the cents sum to the total, each within a few of its amount."""
    named = {str(at): amount for at, amount in enumerate(amounts)}
    total = round_to_cents(sum(amounts)) + off
    dealt = allocate_cents(named, total)
    assert sum(dealt.values()) == total
    assert all(abs(dealt[name] - named[name] * 100) <= len(amounts) + 5 for name in named)


def test_the_calendar_names_what_acts_and_what_to_do() -> None:
    """A game of +50 % asks for more staff than the usual weekday, and says why."""
    sales, facts = _shop()
    days = build_calendar([build_series(sales)], facts, get_date(GAMES[-1] - 3), 7, CONFIG)
    game = days[2]
    assert "derby (+" in game.advice
    assert game.advice.startswith("Plan about")
    assert "more staff" in game.advice
    assert game.usual == pytest.approx(sales[GAMES[-1] - 7], rel=0.3)
    assert all(day.advice for day in days)


DAY = DayForecast(
    store_id="a",
    product_id=None,
    cutoff=get_date(0),
    day=get_date(5),
    predicted=1000.0,
    lower_80=900.0,
    upper_80=1100.0,
    lower_95=800.0,
    upper_95=1200.0,
    open_probability=1.0,
    rush_line=1500.0,
    rush_probability=0.05,
    signals=(),
    reliable=True,
    reliable_from=None,
)


@pytest.mark.parametrize(
    ("change", "usual", "start"),
    [
        ({}, 1000.0, "Staff as on a usual Saturday."),
        ({}, 800.0, "Plan about 25% more staff hours than on a usual Saturday."),
        ({}, 1250.0, "Plan about 20% fewer staff hours than on a usual Saturday."),
        ({}, None, "Plan for 1,000; there is no usual Saturday to compare with yet."),
        ({}, 0.0, "Plan for 1,000"),
        ({"rush_probability": 0.7}, 1000.0, "Rush day (70% sure): plan full staff and stock for up to 1,100."),
        ({"rush_probability": 0.39}, 1000.0, "Staff as on a usual Saturday."),
        ({"rush_probability": 0.4}, 1000.0, "May become a rush day (40%): have one more person on call."),
        ({"open_probability": 0.1}, 1000.0, "Probably closed"),
        (
            {"signals": (("home_game", 0.1), ("wind", 0.004))},
            1000.0,
            "Staff as on a usual Saturday. Acting: home game (+10%).",
        ),
        (
            {"reliable": False, "reliable_from": get_date(50)},
            1000.0,
            "Staff as on a usual Saturday. Not enough days yet",
        ),
    ],
)
def test_the_advice_is_a_sentence_to_act_on(change: dict[str, object], usual: float | None, start: str) -> None:
    """Closed, rush, more, fewer, as usual, and what is not known yet."""
    day = replace(DAY, **change)  # type: ignore[arg-type]
    rush = classify_rush(day.rush_probability, day.open_probability, CONFIG.forecast)
    assert write_advice(day, usual, rush).startswith(start)


def test_a_store_without_a_day_has_no_usual() -> None:
    """It is forecast from the others, and compared with nothing."""
    young = build_series(np.full(3, 500.0), "young", get_date(DAYS))
    days = build_calendar([build_series(simulate_sales(1, DAYS)), young], ShopData(), get_date(DAYS - 1), 2, CONFIG)
    assert [day.usual is None for day in days] == [False, False, True, True]
