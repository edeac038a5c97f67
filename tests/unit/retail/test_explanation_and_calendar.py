"""Explanations that are exact to the cent, and the advice of the calendar."""

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


def _simulate_shop(seed: int = 1, lift: float = 1.5) -> tuple[np.ndarray, ShopData]:
    sales = simulate_sales(seed, DAYS, noise=0.05)
    sales[list(GAMES)] *= lift
    known_at = datetime(2022, 1, 1, tzinfo=UTC)
    games = tuple(build_calendar_event("derby", day, "home_game", known_at=known_at) for day in GAMES)
    return sales, ShopData({"north": Store("north")}, games)


@pytest.mark.parametrize("day", [60, 200, 400, GAMES[-1]])
def test_contributions_add_up_to_the_last_cent(day: int) -> None:
    """All contributions sum to the actual sales, all but the unexplained to the expected ones."""
    sales, shop_data = _simulate_shop()
    explanation = explain_day([build_series(sales)], shop_data, "north", get_date(day), CONFIG)
    amounts = {contribution.cause: contribution.cents for contribution in explanation.contributions}
    assert sum(amounts.values()) == explanation.actual_cents == round_to_cents(sales[day])
    assert explanation.expected_cents == explanation.actual_cents - amounts["unexplained"]


def test_a_planted_game_is_a_contribution_of_its_size() -> None:
    """With +50 % on game days, a third of the day's sales is due to the game."""
    sales, shop_data = _simulate_shop()
    explanation = explain_day([build_series(sales)], shop_data, "north", get_date(GAMES[-1]), CONFIG)
    game = next(contribution for contribution in explanation.contributions if contribution.cause == "derby")
    assert game.group == "signal"
    assert game.cents == pytest.approx(explanation.expected_cents / 3, rel=0.35)
    assert not explanation.unusual


def test_a_day_beyond_its_bounds_is_unusual() -> None:
    """Five times the usual sales remain unexplained."""
    sales, shop_data = _simulate_shop()
    sales[399] *= 5
    explanation = explain_day([build_series(sales)], shop_data, "north", get_date(399), CONFIG)
    assert explanation.unusual
    assert explanation.contributions[-1].cause == "unexplained"
    assert explanation.contributions[-1].cents > explanation.expected_cents


def test_a_slow_product_and_a_day_of_returns_add_up_too() -> None:
    """On the linear scale, and below zero."""
    sales = np.random.default_rng(3).poisson(0.6, DAYS) * 4.99
    sales[399] = -12.34
    explanation = explain_day([build_series(sales)], ShopData(), "north", get_date(399), CONFIG)
    assert sum(contribution.cents for contribution in explanation.contributions) == explanation.actual_cents == -1234


def test_a_day_that_cannot_be_explained_is_an_error() -> None:
    """An unknown store, a closed day, a day outside the series, the first day."""
    sales, shop_data = _simulate_shop()
    sales[100] = np.nan
    history = [build_series(sales)]
    for store, day, message in (
        ("south", 50, "store must be one of"),
        ("north", 100, "closed"),
        ("north", 9999, "not imported"),
    ):
        with pytest.raises(NotFoundError, match=message):
            explain_day(history, shop_data, store, get_date(day), CONFIG)
    other = build_series(simulate_sales(5, DAYS), "other", get_date(-30))
    with pytest.raises(InvalidInputError, match="later day"):
        explain_day([*history, other], shop_data, "north", get_date(0), CONFIG)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9), st.integers(-3, 3))
def test_cents_sum_to_the_total_and_stay_close_to_the_amounts(amounts: list[float], off: int) -> None:
    """Whatever the amounts, the cents sum to the total, each within a few of its amount."""
    by_cause = {str(index): amount for index, amount in enumerate(amounts)}
    total = round_to_cents(sum(amounts)) + off
    allocated = allocate_cents(by_cause, total)
    assert sum(allocated.values()) == total
    assert all(abs(allocated[cause] - by_cause[cause] * 100) <= len(amounts) + 5 for cause in by_cause)


def test_the_calendar_advises_more_staff_and_names_the_signal() -> None:
    """A game of +50 % needs more staff than the usual weekday."""
    sales, shop_data = _simulate_shop()
    days = build_calendar([build_series(sales)], shop_data, get_date(GAMES[-1] - 3), 7, CONFIG)
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
def test_advice_for_each_kind_of_day(change: dict[str, object], usual: float | None, start: str) -> None:
    """Closed, rush, more, fewer or usual sales, and too short a history."""
    day = replace(DAY, **change)  # type: ignore[arg-type]
    rush = classify_rush(day.rush_probability, day.open_probability, CONFIG.forecast)
    assert write_advice(day, usual, rush).startswith(start)


def test_a_store_without_history_has_no_usual_sales() -> None:
    """It is forecast from the other stores."""
    young = build_series(np.full(3, 500.0), "young", get_date(DAYS))
    days = build_calendar([build_series(simulate_sales(1, DAYS)), young], ShopData(), get_date(DAYS - 1), 2, CONFIG)
    assert [day.usual is None for day in days] == [False, False, True, True]
