"""A shop without sales on its first days is forecast from the days on which it sold."""

import numpy as np
import pytest

from brain.domain.retail.day_explanation import explain_day
from brain.domain.retail.forecast.day_forecasts import forecast_days
from brain.domain.retail.lifts.signal_lifts import measure_signal_lifts
from brain.domain.retail.shop_data import ShopData
from brain.testing.simulations.shop import build_series, get_date, load_retail_config, simulate_sales

CONFIG = load_retail_config()
DAYS = 150

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("empty_days", [1, 3, 10])
def test_days_before_the_first_sale_do_not_distort_the_forecast(empty_days: int) -> None:
    """The forecast is close to that of a shop that was closed on these days."""
    late, closed = simulate_sales(5, DAYS), simulate_sales(5, DAYS)
    late[:empty_days] = 0.0
    closed[:empty_days] = np.nan
    last = get_date(DAYS - 1)
    predicted = [day.predicted for day in forecast_days([build_series(late)], ShopData(), last, 14, CONFIG)]
    expected = [day.predicted for day in forecast_days([build_series(closed)], ShopData(), last, 14, CONFIG)]
    assert predicted == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_returns_and_empty_days_keep_every_figure_finite(seed: int) -> None:
    """Net returns, and zeros at the start, in the middle and at the end."""
    rng = np.random.default_rng(seed)
    sales = simulate_sales(seed, DAYS)
    sales[[0, 1, 70, DAYS - 1]] = 0.0
    sales[rng.choice(DAYS, 9, replace=False)] *= -1
    last = get_date(DAYS - 1)
    days = forecast_days([build_series(sales)], ShopData(), last, 28, CONFIG)
    assert all(np.isfinite([day.predicted, day.lower_95, day.upper_95]).all() for day in days)
    assert measure_signal_lifts([build_series(sales)], ShopData(), last, CONFIG) is not None
    explanation = explain_day([build_series(sales)], ShopData(), "north", last, CONFIG)
    assert sum(contribution.cents for contribution in explanation.contributions) == explanation.actual_cents
