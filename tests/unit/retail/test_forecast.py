"""The forecast: no leak from the future, and a valid result for unusual shops."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from brain.domain.retail.config import SchoolTerm
from brain.domain.retail.forecast.day_forecasts import DayForecast, forecast_days
from brain.domain.retail.series import DailySeries, Store, load_zone
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherRow, build_weather_days
from brain.errors import InvalidInputError
from brain.testing.simulations.shop import (
    FIRST_DATE,
    build_calendar_event,
    build_series,
    build_weather,
    get_date,
    load_retail_config,
    simulate_sales,
)

CONFIG = load_retail_config()
DAYS = 420
CUTOFF = get_date(DAYS - 8)


def _build_shop_data(*events: object, temperature: np.ndarray | None = None) -> ShopData:
    weather = {}
    if temperature is not None:
        weather = {"north": build_weather("north", temperature, np.zeros(len(temperature)))}
    return ShopData({"north": Store("north", "Europe/Berlin", "DE")}, tuple(events), weather)  # type: ignore[arg-type]


def _forecast_week(sales: np.ndarray, shop_data: ShopData | None = None, cutoff: date = CUTOFF) -> list[DayForecast]:
    return forecast_days([build_series(sales)], shop_data or ShopData(), cutoff, 7, CONFIG)


def test_the_forecast_is_deterministic() -> None:
    """The same input gives the same result."""
    sales = simulate_sales(1, DAYS)
    assert _forecast_week(sales, _build_shop_data()) == _forecast_week(sales, _build_shop_data())


def test_tomorrows_sales_do_not_change_todays_forecast() -> None:
    """Sales after the cutoff are not used."""
    sales = simulate_sales(1, DAYS)
    changed = sales.copy()
    changed[-7:] *= 10
    assert _forecast_week(sales) == _forecast_week(changed)


def test_tomorrows_observed_weather_does_not_change_todays_forecast() -> None:
    """A reading without ``known_at`` is known only when its day is over."""
    rng = np.random.default_rng(4)
    temperature = 12 + 8 * np.sin(np.arange(DAYS) / 58) + rng.normal(0, 3, DAYS)
    sales = simulate_sales(1, DAYS) * np.exp(0.02 * (temperature - 12))
    changed = temperature.copy()
    changed[-7:] += 15
    assert _forecast_week(sales, _build_shop_data(temperature=temperature)) == _forecast_week(
        sales, _build_shop_data(temperature=changed)
    )


@pytest.mark.slow
def test_an_event_announced_tomorrow_does_not_change_todays_forecast() -> None:
    """The same event does when it is announced in time."""
    past = [
        build_calendar_event("fair", day, known_at=datetime(2022, 1, 1, tzinfo=UTC)) for day in range(30, DAYS - 20, 40)
    ]
    sales = simulate_sales(1, DAYS)
    for fair in past:
        sales[(fair.start - FIRST_DATE).days] *= 1.6
    late = datetime(CUTOFF.year, CUTOFF.month, CUTOFF.day, tzinfo=UTC) + timedelta(days=1, hours=12)
    coming = build_calendar_event("fair", DAYS - 5)
    quiet = _forecast_week(sales, _build_shop_data(*past))
    assert _forecast_week(sales, _build_shop_data(*past, replace(coming, known_at=late))) == quiet
    announced = _forecast_week(sales, _build_shop_data(*past, replace(coming, known_at=late - timedelta(days=9))))
    assert announced[2].predicted > 1.3 * quiet[2].predicted
    assert announced[2].signals[0][0] == "fair"
    assert announced[1].predicted == pytest.approx(quiet[1].predicted)


def test_a_published_weather_forecast_changes_the_days_it_covers() -> None:
    """Sales follow the temperature, so a hot day published before the cutoff raises its forecast only."""
    rng = np.random.default_rng(5)
    temperature = 12 + rng.normal(0, 6, DAYS)
    sales = simulate_sales(2, DAYS, noise=0.05) * np.exp(0.03 * (temperature - 12))
    rows = [WeatherRow("north", get_date(index), float(warm), 0.0) for index, warm in enumerate(temperature[:-7])]
    published = datetime(CUTOFF.year, CUTOFF.month, CUTOFF.day, 12, tzinfo=UTC)
    hot = [*rows, WeatherRow("north", get_date(DAYS - 5), 24.0, 0.0, known_at=published)]
    without, with_forecast = (
        _forecast_week(sales, ShopData({}, (), {"north": build_weather_days("north", weather_rows, load_zone("UTC"))}))
        for weather_rows in (rows, hot)
    )
    assert with_forecast[2].predicted > 1.15 * without[2].predicted
    assert with_forecast[3].predicted == pytest.approx(without[3].predicted)


def test_late_weather_is_used_from_when_it_was_known() -> None:
    """With a last reading a week old every forecast is finite."""
    temperature = np.random.default_rng(6).normal(12, 6, DAYS)
    rows = [
        WeatherRow(
            "north", get_date(index), float(warm), known_at=datetime(2022, 1, 12, tzinfo=UTC) + timedelta(days=index)
        )
        for index, warm in enumerate(temperature)
    ]
    shop_data = ShopData({}, (), {"north": build_weather_days("north", rows, load_zone("UTC"))})
    assert all(np.isfinite(day.predicted) for day in _forecast_week(simulate_sales(3, DAYS), shop_data))


def test_intervals_are_nested_and_contain_the_forecast() -> None:
    """The 95 % interval contains the 80 % interval, and nothing is below zero."""
    for day in _forecast_week(simulate_sales(7, DAYS)):
        assert 0 <= day.lower_95 <= day.lower_80 < day.predicted < day.upper_80 <= day.upper_95
        assert 0 <= day.rush_probability <= 1


def test_saturdays_are_the_likely_rush_days() -> None:
    """The busiest weekday has the highest rush probability."""
    days = _forecast_week(simulate_sales(8, DAYS, noise=0.05))
    assert max(days, key=lambda day: day.rush_probability).day.weekday() == 5


def test_closed_sundays_are_forecast_closed_and_change_no_other_day() -> None:
    """Closed days are not zeros: Saturday and Monday are forecast as before."""
    sales = simulate_sales(9, DAYS)
    closed = sales.copy()
    closed[6::7] = np.nan
    days, usual = _forecast_week(closed), _forecast_week(sales)
    sunday = next(index for index, day in enumerate(days) if day.day.weekday() == 6)
    assert days[sunday].open_probability == 0.0
    assert all(day.open_probability == 1.0 for index, day in enumerate(days) if index != sunday)
    others = [index for index in range(7) if index != sunday]
    assert [days[index].predicted for index in others] == pytest.approx(
        [usual[index].predicted for index in others], rel=0.05
    )


def test_a_shop_closed_on_a_holiday_is_expected_to_close_on_it_again() -> None:
    """The opening probability of a holiday is that of the same holiday in former years."""
    sales = simulate_sales(10, 860)
    for day in ("2022-05-01", "2023-05-01", "2022-04-15", "2023-04-07", "2022-04-17", "2022-04-18"):
        sales[(date.fromisoformat(day) - FIRST_DATE).days] = np.nan
    days = {
        day.day: day for day in forecast_days([build_series(sales)], _build_shop_data(), date(2024, 4, 25), 10, CONFIG)
    }
    assert days[date(2024, 5, 1)].open_probability == 0.0
    assert days[date(2024, 5, 2)].open_probability == 1.0


def test_a_new_store_starts_from_the_others() -> None:
    """After five days it has the chain's weekdays at its own level, and a date from which it is reliable."""
    chain = [build_series(simulate_sales(seed, DAYS, level=1000.0 + 50 * seed), f"s{seed}") for seed in range(6)]
    first = DAYS - 8 - 4
    young = build_series(simulate_sales(50, DAYS, level=3000.0)[first:], "young", get_date(first))
    days = [day for day in forecast_days([*chain, young], ShopData(), CUTOFF, 7, CONFIG) if day.store_id == "young"]
    truth = simulate_sales(50, DAYS, noise=0.0, level=3000.0)[-7:]
    assert [day.predicted for day in days] == pytest.approx(truth.tolist(), rel=0.2)
    assert not days[0].reliable
    assert days[0].reliable_from == CUTOFF + timedelta(days=51)


def test_a_store_without_history_is_forecast_like_the_chain() -> None:
    """It gets the pooled mean of the other stores."""
    chain = [build_series(simulate_sales(seed, DAYS), f"s{seed}") for seed in range(4)]
    future = build_series(np.full(3, 500.0), "future", get_date(DAYS + 5))
    days = [day for day in forecast_days([*chain, future], ShopData(), CUTOFF, 7, CONFIG) if day.store_id == "future"]
    assert all(400 < day.predicted < 2500 for day in days)
    assert all(day.rush_probability == 0.0 for day in days)


def test_a_single_store_with_five_days_gets_wide_intervals() -> None:
    """The intervals reflect how little is known."""
    days = _forecast_week(simulate_sales(11, 5), cutoff=get_date(4))
    assert all(0 < day.lower_80 < day.predicted < day.upper_80 for day in days)
    assert (days[0].upper_80 - days[0].lower_80) / days[0].predicted > 0.4


def test_a_gap_of_a_year_is_not_a_year_of_zeros() -> None:
    """After the gap the shop is forecast at its former level."""
    sales = simulate_sales(12, 1000)
    sales[400:765] = np.nan
    days = forecast_days([build_series(sales)], ShopData(), get_date(992), 7, CONFIG)
    truth = simulate_sales(12, 1000, noise=0.0)[-7:]
    assert [day.predicted for day in days] == pytest.approx(truth.tolist(), rel=0.25)


def test_a_day_of_returns_does_not_become_the_level() -> None:
    """Days with negative sales are limited as outliers."""
    sales = simulate_sales(13, DAYS)
    returned = sales.copy()
    returned[[300, 350, 405]] = -500.0
    assert [day.predicted for day in _forecast_week(returned)] == pytest.approx(
        [day.predicted for day in _forecast_week(sales)], rel=0.1
    )


def test_a_slow_product_is_forecast_by_its_mean() -> None:
    """On the linear scale no day is below zero, and the mean is right."""
    rng = np.random.default_rng(14)
    sales = rng.poisson(0.4, DAYS) * 10.0
    days = _forecast_week(sales)
    assert all(day.predicted >= 0 for day in days)
    assert np.mean([day.predicted for day in days]) == pytest.approx(4.0, abs=2.0)


def test_a_series_of_zeros_is_forecast_as_zero() -> None:
    """The shop is open and sells nothing."""
    assert [day.predicted for day in _forecast_week(np.zeros(60), cutoff=get_date(59))] == [0.0] * 7


def test_weekly_figures_are_recognised() -> None:
    """With one figure every seventh day, that weekday is forecast and the others are closed."""
    weekly = np.full(800, np.nan)
    weekly[4::7] = 7000 * (1 + 0.1 * np.sin(np.arange(800)[4::7] / 58))
    days = forecast_days([build_series(weekly)], ShopData(), get_date(790), 14, CONFIG)
    assert sorted({day.day.weekday() for day in days if day.open_probability > 0.5}) == [4]
    assert [day.predicted for day in days if day.day.weekday() == 4] == pytest.approx([6500, 6500], rel=0.2)


@pytest.mark.parametrize("timezone", ["Europe/Berlin", "America/New_York"])
def test_daylight_saving_does_not_change_a_day(timezone: str) -> None:
    """Days are local dates, whether they have 23 or 25 hours."""
    sales = simulate_sales(15, DAYS)
    shop_data = ShopData({"north": Store("north", timezone)})
    assert [day.predicted for day in _forecast_week(sales, shop_data, date(2022, 10, 28))] == [
        day.predicted for day in _forecast_week(sales, None, date(2022, 10, 28))
    ]


@pytest.mark.parametrize(
    ("history", "horizon", "message"),
    [
        ([], 7, "at least one series"),
        ([build_series(np.full(20, np.nan))], 7, "on some day"),
        ([build_series(np.ones(20))], 0, "at least 1 day"),
        ([build_series(np.ones(20), first=date(2099, 1, 1))], 7, "sales begin on"),
    ],
)
def test_a_forecast_that_is_impossible_is_an_error(history: list[DailySeries], horizon: int, message: str) -> None:
    """No store, a shop that never opened, no horizon, no history."""
    with pytest.raises(InvalidInputError, match=message):
        forecast_days(history, ShopData(), CUTOFF, horizon, CONFIG)


def test_each_store_has_its_own_events_weather_and_terms() -> None:
    """One store has a fair and a weather station, its neighbours have neither."""
    term = SchoolTerm(kind="school_holidays", country="DE", start=get_date(200), end=get_date(240))
    config = CONFIG.model_copy(update={"terms": (term,)})
    known_at = datetime(2022, 1, 1, tzinfo=UTC)
    fair_days = (*range(40, 400, 40), DAYS - 5)
    fairs = [build_calendar_event("fair", day, "festival", store_id="north", known_at=known_at) for day in fair_days]
    sales = {name: simulate_sales(seed, DAYS, noise=0.05) for seed, name in enumerate(("north", "south", "east"))}
    for day in range(40, 400, 40):
        sales["north"][day] *= 1.5
    shop_data = ShopData(
        {name: Store(name, country="DE") for name in sales},
        tuple(fairs),
        {"north": build_weather("north", np.full(DAYS, 10.0), np.zeros(DAYS))},
    )
    days = forecast_days([build_series(values, name) for name, values in sales.items()], shop_data, CUTOFF, 7, config)
    signals = {day.store_id: dict(day.signals) for day in days if day.day == get_date(DAYS - 5)}
    assert signals["north"]["fair"] > 0.2
    assert "fair" not in signals["south"]
    assert "fair" not in signals["east"]
