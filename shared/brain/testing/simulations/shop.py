"""Simulated daily sales of a shop with known effects of weekdays, season, trend, weather and events."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.series import CalendarEvent, DailySeries, Store, load_zone
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherDays, WeatherRow, build_weather_days
from brain.domain.types import Floats
from brain.settings.files import load_config

FIRST_DATE = date(2022, 1, 3)
WEEKDAY_LOG = np.array([0.0, -0.05, -0.05, 0.0, 0.15, 0.35, 0.2])


def load_retail_config() -> RetailConfig:
    """Load the configuration that the product ships."""
    return load_config("brain_retail", RetailConfig)


def get_date(index: int) -> date:
    """Return the date of a day by its index; day 0 is ``FIRST_DATE``, a Monday."""
    return FIRST_DATE + timedelta(days=index)


def build_series(sales: Floats, store_id: str = "north", first: date = FIRST_DATE) -> DailySeries:
    """Build the series of a store's total sales; the store is closed on days whose sales are NaN.

    Args:
        sales: The sales of each day, shape (days,).
        store_id: The store.
        first: The date of the first day.
    """
    return DailySeries(store_id, None, first, sales, np.where(np.isnan(sales), np.nan, 0.0), np.isfinite(sales))


def simulate_sales(seed: int, days: int, noise: float = 0.1, level: float = 1000.0) -> Floats:
    """Simulate daily sales with effects of the weekday and the season and a trend of +5 % per year.

    Args:
        seed: The seed of the noise.
        days: The number of days.
        noise: The standard deviation of the noise on the log scale.
        level: The typical sales of a Monday.

    Returns:
        The sales of each day, shape (days,).
    """
    rng = np.random.default_rng(seed)
    day = np.arange(days)
    season = 0.15 * np.sin(2 * np.pi * day / 365.25)
    sales: Floats = level * np.exp(WEEKDAY_LOG[day % 7] + season + 0.05 * day / 365.25 + rng.normal(0, noise, days))
    return sales


def build_calendar_event(
    name: str, index: int, event_class: str = "concert", days: int = 1, **fields: object
) -> CalendarEvent:
    """Build an event that starts on the day ``index`` and lasts ``days`` days; ``fields`` are further fields."""
    return CalendarEvent(name, event_class, get_date(index), get_date(index + days - 1), **fields)  # type: ignore[arg-type] # their types differ


def build_weather(store_id: str, temperatures: Floats, rain: Floats, timezone: str = "UTC") -> WeatherDays:
    """Build a store's daily weather from ``FIRST_DATE`` on; each day is known at its end.

    Args:
        store_id: The store.
        temperatures: The mean temperature of each day in degrees Celsius, shape (days,).
        rain: The precipitation of each day in millimetres, shape (days,).
        timezone: The store's time zone.
    """
    rows = [
        WeatherRow(store_id, get_date(index), float(temperature), float(precipitation))
        for index, (temperature, precipitation) in enumerate(zip(temperatures, rain, strict=True))
    ]
    return build_weather_days(store_id, rows, load_zone(timezone))


@dataclass(frozen=True)
class LiftSimulation:
    """A store with events whose lifts are known.

    ``lifts`` are the true lifts on the log scale, shape (events,); ``raw_means`` are the mean deviations from normal
    sales over each event's days, which include the noise.
    """

    series: list[DailySeries]
    shop_data: ShopData
    lifts: Floats
    raw_means: Floats
    last_day: date


def simulate_lifts(
    seed: int, events: int = 20, center: float = 0.03, between: float = 0.05, days: int = 730, noise: float = 0.15
) -> LiftSimulation:
    """Simulate a store with events of one class, each on 2 to 8 days.

    Args:
        seed: The seed of the lifts, the days and the noise.
        events: The number of events.
        center: The mean of the lifts on the log scale.
        between: The standard deviation of the lifts between events.
        days: The number of days.
        noise: The standard deviation of a day's noise on the log scale.
    """
    rng = np.random.default_rng(seed)
    lifts = rng.normal(center, between, events)
    effects, residuals = np.zeros(days), rng.normal(0, noise, days)
    calendar, event_days = [], []
    for number in range(events):
        indices = rng.choice(days, rng.integers(2, 9), replace=False)
        effects[indices] += lifts[number]
        event_days.append(indices)
        calendar += [build_calendar_event(f"event_{number:02d}", int(index), "concert") for index in indices]
    sales = simulate_sales(seed, days, noise=0.0) * np.exp(effects + residuals)
    raw_means = np.array([np.mean((effects + residuals)[indices]) for indices in event_days])
    shop_data = ShopData({"north": Store("north")}, tuple(calendar))
    return LiftSimulation([build_series(sales)], shop_data, lifts, raw_means, get_date(days - 1))
