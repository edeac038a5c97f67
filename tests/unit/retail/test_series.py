"""Daily series: closed days, returns, products, time zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brain.domain.retail.series import (
    DailySale,
    DailySeries,
    build_daily_series,
    compute_quantile,
    find_known_day,
    load_zone,
    sum_by_store,
    sum_chain,
    to_local_day,
)
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import InvalidInputError
from brain.testing.simulations.shop import build_series

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
MONDAY = date(2024, 1, 1)


def _sell(product: str, offset: int, revenue: float, store: str = "a", returns: float = 0.0) -> DailySale:
    return DailySale(store, product, MONDAY + timedelta(days=offset), revenue, returns)


def test_a_day_without_any_sale_is_closed_and_a_product_without_a_sale_is_zero() -> None:
    """A day without any sale is closed; a day on which the store traded without one product is a zero for it."""
    bread, milk = build_daily_series([_sell("bread", 0, 5.0), _sell("milk", 0, 2.0), _sell("bread", 2, 6.0)])
    assert bread.open.tolist() == [True, False, True]
    assert np.isnan(bread.sales[1])
    assert milk.sales[2] == 0.0


def test_sales_of_a_day_add_up_and_may_be_negative_by_returns() -> None:
    """Two sales of a day are summed, net of returns."""
    (bread,) = build_daily_series([_sell("bread", 0, 5.0), _sell("bread", 0, -8.0, returns=8.0)])
    assert bread.sales.tolist() == [-3.0]
    assert bread.returns.tolist() == [8.0]


def test_a_product_gone_for_longer_than_four_weeks_is_no_longer_on_offer() -> None:
    """Four weeks of zeros, then closed days until it is sold again: each day is judged by its past alone."""
    sales = [_sell("bread", day, 5.0) for day in range(60)] + [
        _sell("stollen", 3, 3.0),
        _sell("stollen", 50, 3.0),
    ]
    stollen = build_daily_series(sales)[1]
    assert stollen.open.nonzero()[0].tolist() == [*range(3, 32), *range(50, 60)]
    early = build_daily_series([sale for sale in sales if sale.day < MONDAY + timedelta(days=20)])[1]
    assert early.open.tolist() == stollen.open[:20].tolist()


def test_totals_sum_products_and_stores() -> None:
    """A store's total is open when any product was on offer; the chain's when any store was."""
    series = build_daily_series([_sell("bread", 0, 5.0), _sell("milk", 0, 2.0), _sell("bread", 2, 6.0, store="b")])
    first, second = sum_by_store(series)
    chain = sum_chain([first, second])
    assert (first.store_id, first.sales.tolist()) == ("a", [7.0])
    assert second.last_day == MONDAY + timedelta(days=2)
    assert chain.store_id == ALL_STORES
    assert chain.open.tolist() == [True, False, True]
    assert chain.days[0] == np.datetime64(MONDAY)


def test_a_chain_without_stores_is_an_error() -> None:
    """The message says what to do."""
    with pytest.raises(InvalidInputError, match="import sales first"):
        sum_chain([])


def test_until_returns_the_series_as_known_on_a_day() -> None:
    """Later days are cut off; before the first day the series is empty."""
    series = build_series(np.arange(5.0))
    assert series.until(series.first_day + timedelta(days=1)).sales.tolist() == [0.0, 1.0]
    assert len(series.until(series.first_day - timedelta(days=3))) == 0
    assert len(series.until(series.last_day + timedelta(days=9))) == 5


@pytest.mark.parametrize(
    ("sales", "opened"), [([1.0, 2.0], [True]), ([[1.0]], [[True]]), ([np.nan], [True]), ([np.inf], [True])]
)
def test_an_inconsistent_series_is_an_error(sales: list[float], opened: list[bool]) -> None:
    """Arrays must have one length, and each open day finite sales."""
    with pytest.raises(InvalidInputError, match="store x"):
        DailySeries("x", None, MONDAY, np.array(sales), np.zeros_like(sales), np.array(opened))


def test_the_local_day_follows_the_time_zone_and_daylight_saving() -> None:
    """03:00 UTC is the evening before in New York; the hour that repeats in Berlin is the same day both times."""
    published_at = datetime(2024, 3, 10, 3, tzinfo=UTC)
    assert to_local_day(published_at, NEW_YORK) == date(2024, 3, 9)
    assert to_local_day(published_at, BERLIN) == date(2024, 3, 10)
    repeated_hour = [datetime(2024, 10, 27, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    assert {to_local_day(instant, BERLIN) for instant in repeated_hour} == {date(2024, 10, 27)}
    assert to_local_day(date(2024, 3, 10), NEW_YORK) == date(2024, 3, 10)
    assert to_local_day(datetime(2024, 3, 10, 23), NEW_YORK) == date(2024, 3, 10)  # noqa: DTZ001 - a till's local time


def test_a_fact_published_at_midnight_is_known_at_the_end_of_the_day_before() -> None:
    """Midnight belongs to the day that ends."""
    assert find_known_day(datetime(2024, 5, 2, tzinfo=BERLIN), BERLIN) == date(2024, 5, 1)
    assert find_known_day(datetime(2024, 5, 2, 0, 0, 1, tzinfo=BERLIN), BERLIN) == date(2024, 5, 2)
    assert find_known_day(datetime(2024, 5, 2), BERLIN) == date(2024, 5, 1)  # noqa: DTZ001 - local by contract


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc"])
def test_an_unknown_time_zone_is_an_error(name: str) -> None:
    """The message shows an example of an IANA zone."""
    with pytest.raises(InvalidInputError, match="Europe/Berlin"):
        load_zone(name)


@given(
    arrays(float, (3, 7), elements=st.floats(-1e6, 1e6) | st.just(np.nan)),
    st.floats(0, 1),
)
def test_quantiles_ignore_missing_values(values: np.ndarray, share: float) -> None:
    """The quantile of the finite values is numpy's; NaN without any."""
    quantiles = compute_quantile(values, share)
    for row, quantile in zip(values, quantiles, strict=True):
        finite = row[np.isfinite(row)]
        if len(finite):
            assert quantile == pytest.approx(np.quantile(finite, share), rel=1e-9, abs=1e-9)
        else:
            assert np.isnan(quantile)


def test_the_quantile_of_no_column_is_missing() -> None:
    """An empty last axis has no quantile."""
    assert np.isnan(compute_quantile(np.zeros((2, 0)), 0.5)).all()
