"""The backtest: figures by their definitions, from what was known, next to the naive rules."""

from datetime import date, timedelta

import numpy as np
import pytest

from brain.domain.retail.forecast.backtest import BacktestRow, backtest_series
from brain.domain.retail.forecast.metrics import ScoredDays, score_by_series, score_overall
from brain.domain.retail.series import DailySeries, Store
from brain.domain.retail.shop_data import ShopData
from brain.errors import InvalidInputError
from brain.testing.simulations.shop import (
    build_calendar_event,
    build_series,
    build_weather,
    get_date,
    load_retail_config,
    simulate_sales,
)

CONFIG = load_retail_config()
DAYS = 600


def _simulate_shop(seed: int = 1, days: int = DAYS) -> tuple[np.ndarray, np.ndarray]:
    temperature = np.random.default_rng(seed + 100).normal(12, 6, days)
    return simulate_sales(seed, days) * np.exp(0.01 * (temperature - 12)), temperature


def _run_backtest(
    sales: np.ndarray, temperature: np.ndarray, last: int, events: tuple[object, ...] = ()
) -> list[BacktestRow]:
    weather = {"north": build_weather("north", temperature, np.zeros(len(temperature)))}
    shop_data = ShopData({"north": Store("north", country="DE")}, events, weather)  # type: ignore[arg-type]
    return list(backtest_series([build_series(sales)], shop_data, get_date(500), get_date(last), 7, CONFIG).rows())


@pytest.mark.slow
def test_no_forecast_reads_what_came_after_its_cutoff() -> None:
    """Changing every sale and reading after a cutoff leaves forecasts up to it identical to the last bit.

    An event announced later adds a column of zeros, which may change the last bit.
    """
    sales, temperature = _simulate_shop()
    cutoff = 541
    rng = np.random.default_rng(9)
    changed, warmer = sales.copy(), temperature.copy()
    changed[cutoff + 1 :] *= rng.uniform(0.2, 5, DAYS - cutoff - 1)
    warmer[cutoff + 1 :] += 20
    late_event = build_calendar_event("rival", cutoff + 1, "competitor", days=30)
    before, after = _run_backtest(sales, temperature, 590), _run_backtest(changed, warmer, 590)
    with_event = _run_backtest(changed, warmer, 590, (late_event,))
    early = [row for row in before if row.cutoff <= get_date(cutoff)]
    assert len(early) >= 42
    for row, changed_row, event_row in zip(early, after, with_event, strict=False):
        assert _figures(row) == _figures(changed_row)
        assert _figures(row) == pytest.approx(_figures(event_row), rel=1e-9)


@pytest.mark.slow
def test_the_leak_test_can_fail() -> None:
    """Sales known at a cutoff do change its forecast."""
    sales, temperature = _simulate_shop()
    changed_sales = sales.copy()
    changed_sales[535:] *= 2
    before, after = _run_backtest(sales, temperature, 590), _run_backtest(changed_sales, temperature, 590)
    pairs = zip(before, after, strict=True)
    changed = [row.cutoff for row, other in pairs if _figures(row) != _figures(other)]
    assert min(changed) >= get_date(535)
    assert min(changed) <= get_date(541)


def _figures(row: BacktestRow) -> tuple[float, ...]:
    return (row.predicted, row.lower_80, row.upper_80, row.lower_95, row.upper_95)


@pytest.mark.slow
def test_each_open_day_is_forecast_once_from_one_to_seven_days_ahead() -> None:
    """By default cutoffs are a horizon apart; closed days have no row."""
    sales, temperature = _simulate_shop()
    sales[[510, 520]] = np.nan
    rows = _run_backtest(sales, temperature, 540)
    days = [row.date for row in rows]
    assert days == [get_date(index) for index in range(500, 541) if index not in (510, 520)]
    assert {(row.date - row.cutoff).days for row in rows} == set(range(1, 8))
    assert rows[0].actual == sales[500]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("horizon", "step", "rows"), [(7, 1, 14 * 7 - 21), (1, 1, 14), (14, 14, 14), (3, 7, 6), (11, 11, 14)]
)
def test_cutoffs_are_a_step_apart(horizon: int, step: int, rows: int) -> None:
    """Any step and horizon; days after the end are not scored."""
    series = [build_series(simulate_sales(2, DAYS))]
    report = backtest_series(series, ShopData(), get_date(500), get_date(513), horizon, CONFIG, step)
    assert len(list(report.rows())) == rows
    assert (report.horizon, report.step_days) == (horizon, step)


@pytest.mark.slow
def test_the_forecast_beats_both_naive_rules_where_there_is_something_to_learn() -> None:
    """Two years of weekdays, season and noise: at least a fifth better than either, with valid intervals."""
    chain = [build_series(simulate_sales(seed, 760), f"s{seed}") for seed in range(8)]
    report = backtest_series(chain, ShopData(), get_date(580), get_date(759), 7, CONFIG)
    ours, naive, year = report.overall.forecast, report.overall.seasonal_naive, report.overall.same_day_last_year
    assert ours.wape is not None
    assert naive.wape is not None
    assert year.wape is not None
    assert ours.wape < 0.8 * min(naive.wape, year.wape)
    assert 0.77 <= (ours.coverage_80 or 0) <= 0.83
    assert 0.93 <= (ours.coverage_95 or 0) <= 0.97
    assert (ours.rush_recall or 0) > (year.rush_recall or 0)
    assert [score.store_id for score in report.scores] == [f"s{seed}" for seed in range(8)]


@pytest.mark.slow
def test_where_nothing_can_be_learned_the_forecast_is_not_worse_than_naive() -> None:
    """On a random walk the forecast falls back to the naive rule."""
    walk = 1000 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.05, DAYS)))
    scores = backtest_series([build_series(walk)], ShopData(), get_date(450), get_date(599), 7, CONFIG).overall
    assert (scores.forecast.wape or 1) <= 1.05 * (scores.seasonal_naive.wape or 0)


@pytest.mark.slow
def test_weekly_figures_are_compared_with_the_same_week_last_year() -> None:
    """With one figure per week, both naive rules look back a year."""
    weekly = np.full(900, np.nan)
    weekly[4::7] = simulate_sales(5, 900)[4::7]
    scores = backtest_series([build_series(weekly)], ShopData(), get_date(700), get_date(899), 7, CONFIG).overall
    assert scores.seasonal_naive.wape == scores.same_day_last_year.wape
    assert scores.forecast.days == 28


@pytest.mark.slow
def test_a_naive_rule_whose_day_was_closed_looks_a_week_further_back() -> None:
    """A closed Tuesday does not leave the next Tuesday without a naive forecast."""
    sales = simulate_sales(6, DAYS)
    sales[501] = np.nan
    report = backtest_series([build_series(sales)], ShopData(), get_date(507), get_date(513), 7, CONFIG)
    assert report.overall.seasonal_naive.days == 7


def test_a_series_that_begins_inside_the_period_is_scored_from_its_first_days() -> None:
    """Its first days are forecast from the other stores."""
    old = [build_series(simulate_sales(seed, DAYS), f"s{seed}") for seed in range(3)]
    young = build_series(simulate_sales(9, DAYS)[520:], "young", get_date(520))
    report = backtest_series([*old, young], ShopData(), get_date(500), get_date(560), 7, CONFIG)
    assert report.scores[3].forecast.days == 41
    assert (report.scores[3].forecast.wape or 1) < 0.5


@pytest.mark.parametrize(
    ("start", "end", "horizon", "message"),
    [
        (get_date(500), get_date(499), 7, "must not be before the start"),
        (get_date(500), get_date(510), 0, "at least 1 day"),
        (get_date(0), get_date(9), 7, "start later"),
        (get_date(3), get_date(9), 7, "start later"),
        (get_date(595), get_date(599), 7, "choose another period"),
    ],
)
def test_a_period_that_cannot_be_tested_is_an_error(start: date, end: date, horizon: int, message: str) -> None:
    """No period, no horizon, no history, no open day."""
    sales = simulate_sales(7, DAYS)
    sales[:5] = np.nan
    sales[590:] = np.nan
    with pytest.raises(InvalidInputError, match=message):
        backtest_series([build_series(sales)], ShopData(), start, end, horizon, CONFIG)


def test_a_week_of_history_has_no_seasonal_scale() -> None:
    """MASE needs two weeks of history; without them it is None, the other figures are not."""
    report = backtest_series([build_series(simulate_sales(8, 40))], ShopData(), get_date(3), get_date(20), 7, CONFIG)
    assert report.overall.forecast.mase is None
    assert report.overall.forecast.wape is not None


def _build_days(**columns: list[float] | list[int] | list[bool]) -> ScoredDays:
    size = len(columns["actual"])
    arrays = {
        name: np.full(size, np.nan) for name in ("actual_day_before", "predicted_day_before", "scale", "rush_line")
    }
    arrays |= {"series": np.zeros(size, dtype=int), "rush_called": np.zeros(size, dtype=bool)}
    arrays |= {name: np.array(values) for name, values in columns.items()}
    return ScoredDays(**arrays)  # type: ignore[arg-type]


def test_each_figure_is_its_definition() -> None:
    """Four days computed by hand, one of them without sales."""
    metrics = score_overall(
        _build_days(
            actual=[100.0, 200.0, 0.0, 50.0],
            predicted=[110.0, 180.0, 10.0, 50.0],
            actual_day_before=[90.0, 100.0, 200.0, 50.0],
            predicted_day_before=[90.0, 110.0, 180.0, 10.0],
            scale=[20.0, 20.0, 20.0, np.nan],
            rush_line=[150.0] * 4,
            rush_called=[False, True, True, False],
            bounds=[[90.0, 190.0, 0.0, 50.0], [120.0, 210.0, 20.0, 50.0], [0.0] * 4, [90.0] * 4],
        )
    )
    assert metrics.days == 4
    assert metrics.mape == pytest.approx((0.1 + 0.1 + 0.0) / 3)
    assert metrics.wape == pytest.approx(40 / 350)
    assert metrics.mase == pytest.approx((10 + 20 + 10) / 20 / 3)
    assert metrics.bias == pytest.approx(0.0)
    assert metrics.directional_accuracy == pytest.approx(1.0)
    assert (metrics.rush_recall, metrics.rush_precision) == (1.0, 0.5)
    assert (metrics.coverage_80, metrics.coverage_95) == (1.0, 0.5)
    assert metrics.correlation == pytest.approx(np.corrcoef([100, 200, 0, 50], [110, 180, 10, 50])[0, 1])
    assert list(metrics.to_document())[:3] == ["days", "mape", "wape"]


def test_a_figure_without_days_is_none() -> None:
    """Without sales, changes, rush days or intervals a figure is None, not zero."""
    metrics = score_overall(_build_days(actual=[0.0], predicted=[1.0]))
    assert {name for name, value in metrics.to_document().items() if value is None} == set(metrics.to_document()) - {
        "days"
    }


def test_series_are_scored_separately_and_missing_forecasts_left_out() -> None:
    """A series without forecasts has no days."""
    first, second = score_by_series(
        _build_days(series=[0, 0, 1], actual=[10.0, 20.0, 5.0], predicted=[10.0, 10.0, np.nan]), 2
    )
    assert (first.days, first.wape) == (2, pytest.approx(1 / 3))
    assert (second.days, second.wape) == (0, None)


def test_returns_time_zones_and_a_closed_shop_in_one_chain() -> None:
    """Every series is scored on its open days."""
    closed = DailySeries(
        "closed", None, get_date(0), np.full(DAYS, np.nan), np.full(DAYS, np.nan), np.zeros(DAYS, dtype=bool)
    )
    sales = simulate_sales(11, DAYS)
    sales[505] = -40.0
    shop_data = ShopData({"a": Store("a", "Asia/Tokyo", "JP"), "b": Store("b", "America/New_York", "US")})
    report = backtest_series(
        [build_series(sales, "a"), build_series(simulate_sales(12, DAYS), "b"), closed],
        shop_data,
        get_date(500),
        get_date(520),
        7,
        CONFIG,
    )
    assert [score.forecast.days for score in report.scores] == [21, 21, 0]
    assert report.end - report.start == timedelta(days=20)
