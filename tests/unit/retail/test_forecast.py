"""The forecast: better than naive where it can be, never from tomorrow, and with an answer for odd shops."""

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


def _facts(*events: object, temperature: np.ndarray | None = None) -> ShopData:
    weather = {}
    if temperature is not None:
        weather = {"north": build_weather("north", temperature, np.zeros(len(temperature)))}
    return ShopData({"north": Store("north", "Europe/Berlin", "DE")}, tuple(events), weather)  # type: ignore[arg-type]


def _ahead(sales: np.ndarray, facts: ShopData | None = None, cutoff: date = CUTOFF) -> list[DayForecast]:
    return forecast_days([build_series(sales)], facts or ShopData(), cutoff, 7, CONFIG)


def test_the_same_facts_give_the_same_forecast() -> None:
    """Nothing in it is left to chance or the clock."""
    sales = simulate_sales(1, DAYS)
    assert _ahead(sales, _facts()) == _ahead(sales, _facts())


def test_tomorrows_sales_do_not_change_todays_forecast() -> None:
    """What was sold after the cutoff is not read."""
    sales = simulate_sales(1, DAYS)
    changed = sales.copy()
    changed[-7:] *= 10
    assert _ahead(sales) == _ahead(changed)


def test_tomorrows_observed_weather_does_not_change_todays_forecast() -> None:
    """A reading without ``known_at`` is known only when its day is over."""
    rng = np.random.default_rng(4)
    temperature = 12 + 8 * np.sin(np.arange(DAYS) / 58) + rng.normal(0, 3, DAYS)
    sales = simulate_sales(1, DAYS) * np.exp(0.02 * (temperature - 12))
    changed = temperature.copy()
    changed[-7:] += 15
    assert _ahead(sales, _facts(temperature=temperature)) == _ahead(sales, _facts(temperature=changed))


@pytest.mark.slow
def test_an_event_announced_tomorrow_does_not_change_todays_forecast() -> None:
    """The same event announced in time does."""
    past = [
        build_calendar_event("fair", day, known_at=datetime(2022, 1, 1, tzinfo=UTC)) for day in range(30, DAYS - 20, 40)
    ]
    sales = simulate_sales(1, DAYS)
    for one in past:
        sales[(one.start - FIRST_DATE).days] *= 1.6
    late = datetime(CUTOFF.year, CUTOFF.month, CUTOFF.day, tzinfo=UTC) + timedelta(days=1, hours=12)
    coming = build_calendar_event("fair", DAYS - 5)
    quiet = _ahead(sales, _facts(*past))
    assert _ahead(sales, _facts(*past, replace(coming, known_at=late))) == quiet
    told = _ahead(sales, _facts(*past, replace(coming, known_at=late - timedelta(days=9))))
    assert told[2].predicted > 1.3 * quiet[2].predicted
    assert told[2].signals[0][0] == "fair"
    assert told[1].predicted == pytest.approx(quiet[1].predicted)


def test_a_published_weather_forecast_is_read_and_an_observation_replaces_it_in_training() -> None:
    """Sales follow the temperature; a heat wave published before the cutoff moves the days it speaks of."""
    rng = np.random.default_rng(5)
    temperature = 12 + rng.normal(0, 6, DAYS)
    sales = simulate_sales(2, DAYS, noise=0.05) * np.exp(0.03 * (temperature - 12))
    rows = [WeatherRow("north", get_date(at), float(warm), 0.0) for at, warm in enumerate(temperature[:-7])]
    published = datetime(CUTOFF.year, CUTOFF.month, CUTOFF.day, 12, tzinfo=UTC)
    hot = [*rows, WeatherRow("north", get_date(DAYS - 5), 24.0, 0.0, known_at=published)]
    without, told = (
        _ahead(sales, ShopData({}, (), {"north": build_weather_days("north", some, load_zone("UTC"))}))
        for some in (rows, hot)
    )
    assert told[2].predicted > 1.15 * without[2].predicted
    assert told[3].predicted == pytest.approx(without[3].predicted)


def test_weather_that_came_late_counts_from_when_it_was_known() -> None:
    """The last reading is a week old: its departure has faded, and nothing breaks."""
    temperature = np.random.default_rng(6).normal(12, 6, DAYS)
    rows = [
        WeatherRow("north", get_date(at), float(warm), known_at=datetime(2022, 1, 12, tzinfo=UTC) + timedelta(days=at))
        for at, warm in enumerate(temperature)
    ]
    facts = ShopData({}, (), {"north": build_weather_days("north", rows, load_zone("UTC"))})
    assert all(np.isfinite(day.predicted) for day in _ahead(simulate_sales(3, DAYS), facts))


def test_intervals_are_nested_and_hold_the_forecast() -> None:
    """95 % holds 80 % holds the forecast, and nothing is below zero."""
    for day in _ahead(simulate_sales(7, DAYS)):
        assert 0 <= day.lower_95 <= day.lower_80 < day.predicted < day.upper_80 <= day.upper_95
        assert 0 <= day.rush_probability <= 1


def test_saturdays_are_the_likely_rush_days() -> None:
    """The busiest weekday has the highest chance."""
    days = _ahead(simulate_sales(8, DAYS, noise=0.05))
    assert max(days, key=lambda day: day.rush_probability).day.weekday() == 5


def test_a_closed_sunday_is_expected_closed_and_pulls_nothing_down() -> None:
    """Closed days are not zeros: Saturday and Monday are forecast as ever."""
    sales = simulate_sales(9, DAYS)
    shut = sales.copy()
    shut[6::7] = np.nan
    days, usual = _ahead(shut), _ahead(sales)
    sunday = next(at for at, day in enumerate(days) if day.day.weekday() == 6)
    assert days[sunday].open_probability == 0.0
    assert all(day.open_probability == 1.0 for at, day in enumerate(days) if at != sunday)
    others = [at for at in range(7) if at != sunday]
    assert [days[at].predicted for at in others] == pytest.approx([usual[at].predicted for at in others], rel=0.05)


def test_a_shop_that_kept_a_holiday_before_is_expected_to_keep_it_again() -> None:
    """Closed on Labour Day and Easter before, so closed on them now; other holidays by all holidays seen."""
    sales = simulate_sales(10, 860)
    for day in ("2022-05-01", "2023-05-01", "2022-04-15", "2023-04-07", "2022-04-17", "2022-04-18"):
        sales[(date.fromisoformat(day) - FIRST_DATE).days] = np.nan
    days = {day.day: day for day in forecast_days([build_series(sales)], _facts(), date(2024, 4, 25), 10, CONFIG)}
    assert days[date(2024, 5, 1)].open_probability == 0.0
    assert days[date(2024, 5, 2)].open_probability == 1.0


def test_a_new_store_starts_from_the_others() -> None:
    """After five days it has the weekdays of the chain, at its own level, and says from when on it can be relied on."""
    chain = [build_series(simulate_sales(seed, DAYS, level=1000.0 + 50 * seed), f"s{seed}") for seed in range(6)]
    first = DAYS - 8 - 4
    young = build_series(simulate_sales(50, DAYS, level=3000.0)[first:], "young", get_date(first))
    days = [day for day in forecast_days([*chain, young], ShopData(), CUTOFF, 7, CONFIG) if day.store_id == "young"]
    truth = simulate_sales(50, DAYS, noise=0.0, level=3000.0)[-7:]
    assert [day.predicted for day in days] == pytest.approx(truth.tolist(), rel=0.2)
    assert not days[0].reliable
    assert days[0].reliable_from == CUTOFF + timedelta(days=51)


def test_a_store_not_yet_open_is_expected_to_be_like_the_chain() -> None:
    """Without a day of its own it gets what the stores have in common."""
    chain = [build_series(simulate_sales(seed, DAYS), f"s{seed}") for seed in range(4)]
    future = build_series(np.full(3, 500.0), "future", get_date(DAYS + 5))
    days = [day for day in forecast_days([*chain, future], ShopData(), CUTOFF, 7, CONFIG) if day.store_id == "future"]
    assert all(400 < day.predicted < 2500 for day in days)
    assert all(day.rush_probability == 0.0 for day in days)


def test_a_single_store_with_five_days_gets_a_wide_answer() -> None:
    """The level of its days, an interval that owns how little is known, and no trace of an error."""
    days = _ahead(simulate_sales(11, 5), cutoff=get_date(4))
    assert all(0 < day.lower_80 < day.predicted < day.upper_80 for day in days)
    assert (days[0].upper_80 - days[0].lower_80) / days[0].predicted > 0.4


def test_a_year_long_gap_is_closed_days() -> None:
    """The shop is back at its old size, and the gap is no year of zeros."""
    sales = simulate_sales(12, 1000)
    sales[400:765] = np.nan
    days = forecast_days([build_series(sales)], ShopData(), get_date(992), 7, CONFIG)
    truth = simulate_sales(12, 1000, noise=0.0)[-7:]
    assert [day.predicted for day in days] == pytest.approx(truth.tolist(), rel=0.25)


def test_a_day_of_returns_is_no_new_level() -> None:
    """Negative sales are days like others, held back as odd ones."""
    sales = simulate_sales(13, DAYS)
    back = sales.copy()
    back[[300, 350, 405]] = -500.0
    assert [day.predicted for day in _ahead(back)] == pytest.approx([day.predicted for day in _ahead(sales)], rel=0.1)


def test_a_slow_product_is_forecast_by_its_mean() -> None:
    """Where most days sell nothing, sums are modelled: no day is below zero, and the mean is met."""
    rng = np.random.default_rng(14)
    sales = rng.poisson(0.4, DAYS) * 10.0
    days = _ahead(sales)
    assert all(day.predicted >= 0 for day in days)
    assert np.mean([day.predicted for day in days]) == pytest.approx(4.0, abs=2.0)


def test_a_series_of_zeros_is_forecast_as_zero() -> None:
    """Open, and nothing sold."""
    assert [day.predicted for day in _ahead(np.zeros(60), cutoff=get_date(59))] == [0.0] * 7


def test_weekly_figures_are_known_by_their_rhythm() -> None:
    """One figure every seventh day: that weekday is expected, the others are closed."""
    weekly = np.full(800, np.nan)
    weekly[4::7] = 7000 * (1 + 0.1 * np.sin(np.arange(800)[4::7] / 58))
    days = forecast_days([build_series(weekly)], ShopData(), get_date(790), 14, CONFIG)
    assert sorted({day.day.weekday() for day in days if day.open_probability > 0.5}) == [4]
    assert [day.predicted for day in days if day.day.weekday() == 4] == pytest.approx([6500, 6500], rel=0.2)


@pytest.mark.parametrize("clock", ["Europe/Berlin", "America/New_York"])
def test_the_change_of_clocks_is_a_day_like_others(clock: str) -> None:
    """Days are local dates: 23 or 25 hours make no difference, in either zone."""
    sales = simulate_sales(15, DAYS)
    facts = ShopData({"north": Store("north", clock)})
    assert [day.predicted for day in _ahead(sales, facts, date(2022, 10, 28))] == [
        day.predicted for day in _ahead(sales, None, date(2022, 10, 28))
    ]


@pytest.mark.parametrize(
    ("history", "horizon", "message"),
    [
        ([], 7, "at least one series"),
        ([build_series(np.full(20, np.nan))], 7, "on some day"),
        ([build_series(np.ones(20))], 0, "at least 1 day"),
        ([build_series(np.ones(20), first=date(2099, 1, 1))], 7, "no sales before"),
    ],
)
def test_what_cannot_be_forecast_is_said(history: list[DailySeries], horizon: int, message: str) -> None:
    """No store, a shop that never opened, no day ahead, no history."""
    with pytest.raises(InvalidInputError, match=message):
        forecast_days(history, ShopData(), CUTOFF, horizon, CONFIG)


def test_stores_live_by_their_own_events_weather_and_terms() -> None:
    """One store has a fair and a station, its neighbours have neither; each answer is its own."""
    term = SchoolTerm(kind="school_holidays", country="DE", start=get_date(200), end=get_date(240))
    config = CONFIG.model_copy(update={"terms": (term,)})
    known = datetime(2022, 1, 1, tzinfo=UTC)
    fairs = [
        build_calendar_event("fair", at, "festival", store_id="north", known_at=known)
        for at in (*range(40, 400, 40), DAYS - 5)
    ]
    sales = {name: simulate_sales(seed, DAYS, noise=0.05) for seed, name in enumerate(("north", "south", "east"))}
    for at in range(40, 400, 40):
        sales["north"][at] *= 1.5
    facts = ShopData(
        {name: Store(name, country="DE") for name in sales},
        tuple(fairs),
        {"north": build_weather("north", np.full(DAYS, 10.0), np.zeros(DAYS))},
    )
    days = forecast_days([build_series(values, name) for name, values in sales.items()], facts, CUTOFF, 7, config)
    signals = {day.store_id: dict(day.signals) for day in days if day.day == get_date(DAYS - 5)}
    assert signals["north"]["fair"] > 0.2
    assert "fair" not in signals["south"]
    assert "fair" not in signals["east"]
