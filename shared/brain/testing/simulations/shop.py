"""Simulated shops for the forecast and the lifts, with known effects and known noise."""

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
    """Load the constants that the product ships with."""
    return load_config("brain_retail", RetailConfig)


def get_date(index: int) -> date:
    """Return the date of a day counted from ``FIRST``."""
    return FIRST_DATE + timedelta(days=index)


def build_series(sales: Floats, store_id: str = "north", first: date = FIRST_DATE) -> DailySeries:
    """Build a series that is closed where ``sales`` is NaN."""
    return DailySeries(store_id, None, first, sales, np.where(np.isnan(sales), np.nan, 0.0), np.isfinite(sales))


def simulate_sales(seed: int, days: int, noise: float = 0.1, level: float = 1000.0) -> Floats:
    """Simulate sales with weekday, season, a slow trend, and noise with sd ``noise`` on the log scale."""
    rng = np.random.default_rng(seed)
    day = np.arange(days)
    wave = 0.15 * np.sin(2 * np.pi * day / 365.25)
    sales: Floats = level * np.exp(WEEKDAY_LOG[day % 7] + wave + 0.05 * day / 365.25 + rng.normal(0, noise, days))
    return sales


def build_calendar_event(
    name: str, index: int, event_class: str = "concert", days: int = 1, **fields: object
) -> CalendarEvent:
    """Build an event of ``days`` days from day ``index`` on."""
    return CalendarEvent(name, event_class, get_date(index), get_date(index + days - 1), **fields)  # type: ignore[arg-type]


def build_weather(store_id: str, temperature: Floats, rain: Floats, timezone: str = "UTC") -> WeatherDays:
    """Build daily observations from the first day on, each known at its own end."""
    rows = [
        WeatherRow(store_id, get_date(index), float(warm), float(wet))
        for index, (warm, wet) in enumerate(zip(temperature, rain, strict=True))
    ]
    return build_weather_days(store_id, rows, load_zone(timezone))


@dataclass(frozen=True)
class LiftSimulation:
    """A shop with events of known lifts on the log scale; ``raw`` are the mean effects plus noise over their days."""

    series: list[DailySeries]
    shop_data: ShopData
    lifts: Floats
    raw: Floats
    last: date


def simulate_lifts(
    seed: int, events: int = 20, center: float = 0.03, between: float = 0.05, days: int = 730, noise: float = 0.15
) -> LiftSimulation:
    """Simulate a store with ``events`` events of one class, each on 2 to 8 days, lifts normal around ``center``."""
    rng = np.random.default_rng(seed)
    lifts = rng.normal(center, between, events)
    effect, residual = np.zeros(days), rng.normal(0, noise, days)
    calendar, event_days = [], []
    for number in range(events):
        own_days = rng.choice(days, rng.integers(2, 9), replace=False)
        effect[own_days] += lifts[number]
        event_days.append(own_days)
        calendar += [build_calendar_event(f"event_{number:02d}", int(day), "concert") for day in own_days]
    sales = simulate_sales(seed, days, noise=0.0) * np.exp(effect + residual)
    raw = np.array([np.mean((effect + residual)[own_days]) for own_days in event_days])
    shop_data = ShopData({"north": Store("north")}, tuple(calendar))
    return LiftSimulation([build_series(sales)], shop_data, lifts, raw, get_date(days - 1))
