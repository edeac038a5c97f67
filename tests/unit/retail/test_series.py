"""The plain types: closed days, returns, products, time zones."""

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


def _sale(product: str, offset: int, revenue: float, store: str = "a", returns: float = 0.0) -> DailySale:
    return DailySale(store, product, MONDAY + timedelta(days=offset), revenue, returns)


def test_a_day_without_any_sale_is_closed_and_a_product_without_a_sale_is_zero() -> None:
    """A day on which the store sold nothing at all is closed; where it traded without a product, that is a zero."""
    bread, milk = build_daily_series([_sale("bread", 0, 5.0), _sale("milk", 0, 2.0), _sale("bread", 2, 6.0)])
    assert bread.open.tolist() == [True, False, True]
    assert np.isnan(bread.sales[1])
    assert milk.sales[2] == 0.0


def test_sales_of_a_day_add_up_and_may_be_negative_by_returns() -> None:
    """Two lines of a day are one figure, net of returns."""
    (one,) = build_daily_series([_sale("bread", 0, 5.0), _sale("bread", 0, -8.0, returns=8.0)])
    assert one.sales.tolist() == [-3.0]
    assert one.returns.tolist() == [8.0]


def test_a_product_gone_for_longer_than_four_weeks_is_no_longer_on_offer() -> None:
    """Four weeks of zeros, then closed days, until it is sold again: each day as it looked on that day."""
    sales = [_sale("bread", day, 5.0) for day in range(60)] + [_sale("stollen", 3, 3.0), _sale("stollen", 50, 3.0)]
    stollen = build_daily_series(sales)[1]
    assert stollen.open.nonzero()[0].tolist() == [*range(3, 32), *range(50, 60)]
    early = build_daily_series([one for one in sales if one.day < MONDAY + timedelta(days=20)])[1]
    assert early.open.tolist() == stollen.open[:20].tolist()


def test_totals_sum_products_and_stores() -> None:
    """A store's total is open when any product was on offer; the chain's when any store was."""
    series = build_daily_series([_sale("bread", 0, 5.0), _sale("milk", 0, 2.0), _sale("bread", 2, 6.0, store="b")])
    first, second = sum_by_store(series)
    chain = sum_chain([first, second])
    assert (first.store_id, first.sales.tolist()) == ("a", [7.0])
    assert second.last_day == MONDAY + timedelta(days=2)
    assert chain.store_id == ALL_STORES
    assert chain.open.tolist() == [True, False, True]
    assert chain.days[0] == np.datetime64(MONDAY)


def test_a_chain_of_no_store_is_refused() -> None:
    """There is nothing to sum."""
    with pytest.raises(InvalidInputError, match="import sales first"):
        sum_chain([])


def test_until_shows_the_series_as_it_stood() -> None:
    """Days after the one asked for are gone; before the first day nothing is left."""
    series = build_series(np.arange(5.0))
    assert series.until(series.first_day + timedelta(days=1)).sales.tolist() == [0.0, 1.0]
    assert len(series.until(series.first_day - timedelta(days=3))) == 0
    assert len(series.until(series.last_day + timedelta(days=9))) == 5


@pytest.mark.parametrize(
    ("sales", "opened"), [([1.0, 2.0], [True]), ([[1.0]], [[True]]), ([np.nan], [True]), ([np.inf], [True])]
)
def test_a_series_that_contradicts_itself_is_refused(sales: list[float], opened: list[bool]) -> None:
    """Arrays of one length, and a figure for each open day."""
    with pytest.raises(InvalidInputError, match="store x"):
        DailySeries("x", None, MONDAY, np.array(sales), np.zeros_like(sales), np.array(opened))


def test_evening_at_the_shop_is_its_own_day_in_each_time_zone_and_over_the_change_of_clocks() -> None:
    """03:00 UTC is yesterday evening in New York; the hour that comes twice in Berlin is the same day both times."""
    moment = datetime(2024, 3, 10, 3, tzinfo=UTC)
    assert to_local_day(moment, NEW_YORK) == date(2024, 3, 9)
    assert to_local_day(moment, BERLIN) == date(2024, 3, 10)
    twice = [datetime(2024, 10, 27, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    assert {to_local_day(one, BERLIN) for one in twice} == {date(2024, 10, 27)}
    assert to_local_day(date(2024, 3, 10), NEW_YORK) == date(2024, 3, 10)
    assert to_local_day(datetime(2024, 3, 10, 23), NEW_YORK) == date(2024, 3, 10)  # noqa: DTZ001 - a till's local time


def test_what_is_known_at_midnight_is_known_at_the_end_of_the_day_before() -> None:
    """Midnight belongs to the day that ends."""
    assert find_known_day(datetime(2024, 5, 2, tzinfo=BERLIN), BERLIN) == date(2024, 5, 1)
    assert find_known_day(datetime(2024, 5, 2, 0, 0, 1, tzinfo=BERLIN), BERLIN) == date(2024, 5, 2)
    assert find_known_day(datetime(2024, 5, 2), BERLIN) == date(2024, 5, 1)  # noqa: DTZ001 - local by contract


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc"])
def test_an_unknown_time_zone_is_named(name: str) -> None:
    """The message says what an IANA zone looks like."""
    with pytest.raises(InvalidInputError, match="Europe/Berlin"):
        load_zone(name)


@given(
    arrays(float, (3, 7), elements=st.floats(-1e6, 1e6) | st.just(np.nan)),
    st.floats(0, 1),
)
def test_quantiles_leave_out_what_is_missing(values: np.ndarray, share: float) -> None:
    """The quantile of what is there is numpy's; NaN where nothing is."""
    found = compute_quantile(values, share)
    for row, one in zip(values, found, strict=True):
        known = row[np.isfinite(row)]
        if len(known):
            assert one == pytest.approx(np.quantile(known, share), rel=1e-9, abs=1e-9)
        else:
            assert np.isnan(one)


def test_the_quantile_of_no_column_is_missing() -> None:
    """An empty last axis has no quantile."""
    assert np.isnan(compute_quantile(np.zeros((2, 0)), 0.5)).all()
