"""Accuracy of the shop's forecast on real shops, against naive rules and other forecasters, and its speed.

``python -m benchmarks retail_forecast``. Every contender forecasts the same days at cutoffs one week apart, from what
was known then.
"""

import time
from datetime import date, timedelta

import numpy as np

from benchmarks.retail_data import Shop, shops
from benchmarks.retail_rivals import available, said_by
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.backtest import BacktestReport, backtest_series
from brain.domain.retail.forecast.metrics import Metrics
from brain.domain.retail.series import CalendarEvent, DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.settings.files import load_config

HORIZON = 7
STORES_FOR_RIVALS = 6
CHAIN_STORES, CHAIN_DAYS, CHAIN_TESTED, CHAIN_SIGNALS = 1000, 545, 180, 20


def run() -> None:
    """Print accuracy and seconds per shop and contender, and the seconds for a thousand stores."""
    config = load_config("brain_retail", RetailConfig)
    for shop in shops():
        _print_figures(shop, config)
        _print_rivals(shop, config)
    _print_speed(config)


def _report(shop: Shop, config: RetailConfig) -> tuple[BacktestReport, float]:
    begin = time.perf_counter()
    report = backtest_series(shop.series, shop.facts, shop.start, shop.end, HORIZON, config)
    return report, time.perf_counter() - begin


def _print_figures(shop: Shop, config: RetailConfig) -> None:
    report, _ = _report(shop, config)
    score = report.overall
    print(f"\n{shop.name}: {shop.start} to {shop.end}, {len(shop.series)} series, {score.forecast.days} days")
    print(f"{'rule':<20}" + "".join(f"{name:>22}" for name in list(score.forecast.to_document())[1:]))
    for name, metrics in (
        ("forecast", score.forecast),
        ("seasonal naive", score.seasonal_naive),
        ("same day last year", score.same_day_last_year),
    ):
        print(f"{name:<20}" + "".join(f"{_text(value):>22}" for value in list(metrics.to_document().values())[1:]))


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _print_rivals(shop: Shop, config: RetailConfig) -> None:
    few = Shop(shop.name, shop.series[:STORES_FOR_RIVALS], shop.facts, shop.start, shop.end, shop.weekly)
    report, seconds = _report(few, config)
    print(f"\n{'contender':<20}{'mape':>8}{'wape':>8}{'seconds':>9}   ({len(few.series)} series, {shop.name})")
    _print_line("brain", report.overall.forecast, seconds)
    _print_line("seasonal naive", report.overall.seasonal_naive, 0.0)
    _print_line("same day last year", report.overall.same_day_last_year, 0.0)
    for name, forecaster in available().items():
        begin = time.perf_counter()
        said, came = (
            np.concatenate(parts) for parts in zip(*(said_by(forecaster, few, one) for one in few.series), strict=True)
        )
        error = np.abs(said - came)
        mape, wape = float(np.mean(error / came)), float(error.sum() / came.sum())
        print(f"{name:<20}{mape:>8.4f}{wape:>8.4f}{time.perf_counter() - begin:>9.2f}", flush=True)


def _print_line(name: str, metrics: Metrics, seconds: float) -> None:
    print(f"{name:<20}{_text(metrics.mape):>8}{_text(metrics.wape):>8}{seconds:>9.2f}")


def _print_speed(config: RetailConfig) -> None:
    series, facts, last = _chain()
    start = last - timedelta(days=CHAIN_TESTED - 1)
    backtest_series(series[:3], facts, start, last, HORIZON, config)
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        report = backtest_series(series, facts, start, last, HORIZON, config)
        seconds.append(time.perf_counter() - begin)
    print(f"\n{CHAIN_TESTED} days x {CHAIN_STORES} stores x {CHAIN_SIGNALS} signals, {CHAIN_DAYS} days of history")
    print(f"best of three {min(seconds):.2f} s, all {', '.join(f'{one:.2f}' for one in seconds)}", end="; ")
    overall = report.overall
    print(f"wape {_text(overall.forecast.wape)}, seasonal naive {_text(overall.seasonal_naive.wape)}")


def _chain() -> tuple[list[DailySeries], ShopData, date]:
    """Return a thousand simulated stores that share a calendar and twenty signals of six days each."""
    rng, first, at = np.random.default_rng(0), date(2023, 1, 1), np.arange(CHAIN_DAYS)
    weekday = rng.normal(0, 0.2, (CHAIN_STORES, 7))[:, at % 7]
    modelled = rng.normal(7, 0.5, CHAIN_STORES)[:, None] + weekday + 0.15 * np.sin(2 * np.pi * at / 365.25)
    modelled += rng.normal(0, 0.15, (CHAIN_STORES, CHAIN_DAYS))
    events = []
    for signal in range(CHAIN_SIGNALS):
        for index in rng.choice(CHAIN_DAYS, 6, replace=False):
            day = first + timedelta(days=int(index))
            events.append(CalendarEvent(f"signal_{signal:02d}", "concert", day, day))
            modelled[:, index] += 0.05 * signal / CHAIN_SIGNALS
    none, opened = np.zeros(CHAIN_DAYS), np.ones(CHAIN_DAYS, dtype=bool)
    series = [
        DailySeries(f"s{row:04d}", None, first, np.exp(modelled[row]), none, opened) for row in range(CHAIN_STORES)
    ]
    return series, ShopData(events=tuple(events)), first + timedelta(days=CHAIN_DAYS - 1)


if __name__ == "__main__":
    run()
