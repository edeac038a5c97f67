"""The last seven days taken apart, in the domain, in the nightly job and on the command line."""

import numpy as np
import pytest

from brain.domain.retail.day_explanation import explain_day
from brain.domain.retail.series import Store
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.week_explanation import explain_week
from brain.services.retail.explain import build_week_step
from brain.services.retail.shop_history import ShopHistory
from brain.testing.simulations.shop import (
    build_calendar_event,
    build_series,
    get_date,
    load_retail_config,
    simulate_sales,
)

DAYS = 200


def shop() -> ShopHistory:
    """Two stores; south was closed on two of the last days and a new one opens on the very last."""
    north, south = simulate_sales(1, DAYS), simulate_sales(2, DAYS)
    south[-3:-1] = np.nan
    new = np.full(DAYS, np.nan)
    new[-1] = 500.0
    series = (
        build_series(north, "north"),
        build_series(south, "south"),
        build_series(new[-1:], "new", get_date(DAYS - 1)),
    )
    fairs = tuple(build_calendar_event("fair", offset) for offset in (40, 90, 140, 196))
    return ShopHistory(series, ShopData({store.store_id: Store(store.store_id) for store in series}, fairs))


def test_a_week_is_the_sum_of_its_days_to_the_cent() -> None:
    """Each day as `explain` takes it apart; a store without days before has none to compare."""
    history = shop()
    weeks = explain_week(history.series, history.shop_data, history.last_day, load_retail_config())
    assert [(week.store_id, week.open_days) for week in weeks] == [("north", 7), ("south", 5)]
    for week in weeks:
        assert sum(part.cents for part in week.contributions) == week.actual_cents
        assert sum(part.cents for part in week.contributions if part.group != "unexplained") == week.expected_cents
    assert "fair" in {part.cause for part in weeks[0].contributions}
    series = [daily_series.until(get_date(DAYS - 1)) for daily_series in history.series]
    days = [
        explain_day(series, history.shop_data, "north", get_date(DAYS - back), load_retail_config())
        for back in range(1, 8)
    ]
    assert weeks[0].expected_cents == pytest.approx(sum(day.expected_cents for day in days), abs=70_000)
    assert weeks[0].actual_cents == sum(day.actual_cents for day in days)


def test_no_week_before_the_first_day() -> None:
    """Nothing is explained by nothing."""
    history = shop()
    assert explain_week(history.series, history.shop_data, get_date(0), load_retail_config()) == []


def test_the_nightly_step_publishes_it() -> None:
    """As JSON has it."""
    step = build_week_step(load_retail_config())
    analysis = step.analyse(None, shop())  # type: ignore[arg-type]  # it reads what is known, not the shop
    assert (step.page, analysis.figures) == ("shop-week", {"stores_explained": 2})
    assert analysis.page["rows"][0]["start"] == get_date(DAYS - 7).isoformat()
