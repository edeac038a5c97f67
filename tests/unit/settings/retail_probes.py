"""Probes of the shop's lifts and forecasts, on a simulated chain whose sales are known to follow events and weather."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
from unit.settings.settings_file import SettingsFile

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.day_explanation import explain_stores
from brain.domain.retail.forecast.backtest import backtest_series
from brain.domain.retail.forecast.predictive_calendar import build_calendar
from brain.domain.retail.series import CalendarEvent, DailySeries, Store, load_zone
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherDays, WeatherRow, build_weather_days
from brain.domain.types import Floats
from brain.ports.sales_warehouse import ResultTable
from brain.services.retail.shop_history import ShopHistory
from brain.services.retail.signal_lifts import update_signal_lifts_from_history
from brain.settings.files import load_config

FIRST_DAY = date(2023, 1, 2)
DAYS = 480
CLASSES = (
    "home_game", "festival", "promotion", "competitor", "concert", "market", "road_works", "academic_finals",
    "school_holidays", "a_class_without_settings",
)  # fmt: skip
HOLIDAYS = {
    "kind": "school_holidays", "country": "DE", "subdivision": "SH",
    "start": date(2023, 7, 22), "end": date(2023, 8, 20),
}  # fmt: skip


QUICK = {"forecast.replay_weeks": 6, "forecast.refit_days": 21, "forecast.fine_season_min_history_days": 300}


def _load() -> RetailConfig:
    return load_config("brain_retail", RetailConfig)


def probe_lifts() -> object:
    """Measure the lifts of all signals."""
    return update_signal_lifts_from_history(MemoryResults(), _build_history(DAYS), _load()).lifts


def probe_ledger() -> object:
    """Measure the lifts of all signals on three days, and keep the ledger of claimed effects."""
    results = MemoryResults()
    ledgers = [update_signal_lifts_from_history(results, _build_history(days), _load()) for days in (220, 300, DAYS)]
    return [measured.ledger for measured in ledgers]


class MemoryResults:
    """The part of a shop's database that keeps results."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def results(self, _table: ResultTable, *_: Any, **__: Any) -> list[dict[str, Any]]:
        """Return the rows of the latest day."""
        return self._rows

    def put_results(self, _table: ResultTable, rows: Sequence[dict[str, Any]]) -> None:
        """Replace the rows by those of a later day."""
        self._rows = list(rows)


def probe_calendar() -> object:
    """Forecast the coming weeks, in which there is an event of each class on several days, with advice."""
    history = _build_history(DAYS)
    return build_calendar(history.series, history.shop_data, history.last_day, 22, _load())


def probe_backtest() -> object:
    """Forecast four weeks as they would have been forecast, week by week."""
    history = _build_history(DAYS)
    end = history.last_day
    report = backtest_series(history.series, history.shop_data, end - timedelta(days=27), end, 7, _load())
    return report.scores, report.overall, list(report.rows())


def probe_explanation() -> object:
    """Explain the last day of every store."""
    history = _build_history(DAYS)
    return explain_stores(history.series, history.shop_data, history.last_day, _load())


@cache
def _build_history(days: int) -> ShopHistory:
    """Return what is known after so many days."""
    series, data = _simulate()
    last_day = FIRST_DAY + timedelta(days=days - 1)
    return ShopHistory(tuple(known for one in series if len(known := one.until(last_day))), data)


@cache
def _simulate() -> tuple[list[DailySeries], ShopData]:
    """Return two stores and one that opened lately and sells something on few days only."""
    rng = np.random.default_rng(5)
    temperature = 11 - 12 * np.cos(2 * np.pi * np.arange(DAYS) / 365.25) + rng.normal(0, 4, DAYS)
    rain = np.where(rng.random(DAYS) < 0.25, rng.gamma(1.0, 7.0, DAYS), 0.0)
    wind, cloud = rng.gamma(4, 6, DAYS), rng.integers(0, 9, DAYS).astype(float)
    events = list(_build_events())
    stores = {
        "north": Store("north", "Europe/Berlin", "DE", "SH"),
        "south": Store("south", "Europe/Berlin", "DE", "BY"),
        "young": Store("young", "Europe/Berlin", "DE", "SH"),
    }
    weather = {name: build_weather(name, FIRST_DAY, temperature, rain, wind, cloud) for name in ("north", "south")}
    north = _simulate_sales(rng, 1000.0, rain, temperature, events)
    south = _simulate_sales(rng, 400.0, rain, temperature, events)
    young = np.where(rng.random(DAYS) < 0.4, 0.0, rng.gamma(2, 30, DAYS))[360:]
    north[100:104] = np.nan
    series = [_build_series("north", north, 0), _build_series("south", south, 0), _build_series("young", young, 360)]
    return series, ShopData(stores, tuple(events), weather)


def _build_events() -> list[CalendarEvent]:
    events = []
    for number, event_class in enumerate(CLASSES):
        starts = [*range(15 + 5 * number, DAYS - 20, 59 + 3 * number), *(DAYS + ahead for ahead in (0, 4, 11, 20))]
        for start in starts:
            first = FIRST_DAY + timedelta(days=start)
            events.append(CalendarEvent(f"{event_class}", event_class, first, first + timedelta(days=start % 2)))
    for start in range(20, 210, 16):  # something that works, and is not seen again for long
        first = FIRST_DAY + timedelta(days=start)
        events.append(CalendarEvent("street_party", "festival", first, first))
    return events


def _simulate_sales(rng: np.random.Generator, level: float, rain: Floats, temperature: Floats, events: Any) -> Floats:
    days = np.arange(DAYS)
    logs = np.array([0.0, -0.05, -0.05, 0.0, 0.15, 0.35, 0.2])[days % 7]
    logs = logs + 0.12 * np.sin(2 * np.pi * days / 365.25) + 0.06 * np.sin(14 * np.pi * days / 365.25)
    logs += np.where(days < 220, -0.12, 0.02) * (rain >= 1) + 0.004 * temperature
    for event in events:
        first, last = ((day - FIRST_DAY).days for day in (event.start, event.end))
        if first < DAYS:
            strength = {"street_party": 0.5, "home_game": 0.12, "promotion": 0.2}.get(event.event, 0.05)
            logs[first : last + 1] += strength
    memory = np.convolve(rng.normal(0, 0.08, DAYS + 20), 0.7 ** np.arange(20))[20 : DAYS + 20]
    sales: Floats = level * np.exp(logs + memory)
    sales[::83] *= 2.5
    return sales


def _build_series(store_id: str, sales: Floats, first: int) -> DailySeries:
    returns = np.where(np.isnan(sales), np.nan, 0.0)
    return DailySeries(store_id, None, FIRST_DAY + timedelta(days=first), sales, returns, np.isfinite(sales))


def build_weather(store_id: str, first_day: date, *readings: Floats) -> WeatherDays:
    """Return daily observations of temperature, rain, wind and clouds, each known at the end of its day."""
    rows = []
    for number, (temperature, rain, wind, cloud) in enumerate(zip(*readings, strict=True)):
        condition = "snow" if rain > 0 and temperature < 2 else "rain" if rain > 0 else "dry"
        figures = float(temperature), float(rain), float(wind), float(cloud)
        rows.append(WeatherRow(store_id, first_day + timedelta(days=number), *figures, condition))
    return build_weather_days(store_id, rows, load_zone("Europe/Berlin"))


FILES = (
    SettingsFile(
        "brain_retail",
        RetailConfig,
        {
            "weather.*": [probe_lifts],
            "magnitudes.retire*": [probe_ledger],
            "magnitudes.*": [probe_lifts],
            "events.*.lead_days": [probe_calendar],
            "events.*": [probe_calendar, probe_lifts],
            "forecast.refit_days_of_many": [probe_explanation],
            "forecast.sure_rush_at": [probe_calendar],
            "forecast.*": [probe_backtest, probe_calendar],
            "*": [probe_lifts],
        },
        values={"terms": [[HOLIDAYS]], "retire_below": [0.95, 0.9]},
        optional=QUICK,
    ),
    SettingsFile(
        "brain_retail",
        RetailConfig,
        {"*": [probe_lifts]},
        values={"kind": ["academic_finals"], "country": ["US"], "subdivision": ["BY"]},
        optional={"terms": [HOLIDAYS]},
        only="terms.*",
    ),
)
