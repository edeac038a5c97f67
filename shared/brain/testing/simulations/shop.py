"""Shops made from a seed for the forecast and the lifts: what moves their sales is known, and so is what does not."""

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
    """The product's own constants."""
    return load_config("brain_retail", RetailConfig)


def get_date(index: int) -> date:
    """The date of a day counted from the first."""
    return FIRST_DATE + timedelta(days=index)


def build_series(sales: Floats, store_id: str = "north", first: date = FIRST_DATE) -> DailySeries:
    """A series that is closed where ``sales`` is NaN."""
    return DailySeries(store_id, None, first, sales, np.where(np.isnan(sales), np.nan, 0.0), np.isfinite(sales))


def simulate_sales(seed: int, days: int, noise: float = 0.1, level: float = 1000.0) -> Floats:
    """Sales with a weekday, a year, a slow trend and noise of ``noise`` on the log scale."""
    rng = np.random.default_rng(seed)
    at = np.arange(days)
    wave = 0.15 * np.sin(2 * np.pi * at / 365.25)
    sales: Floats = level * np.exp(WEEKDAY_LOG[at % 7] + wave + 0.05 * at / 365.25 + rng.normal(0, noise, days))
    return sales


def build_calendar_event(
    name: str, index: int, event_class: str = "concert", days: int = 1, **rest: object
) -> CalendarEvent:
    """An event of ``days`` days from day ``index`` on."""
    return CalendarEvent(name, event_class, get_date(index), get_date(index + days - 1), **rest)  # type: ignore[arg-type]


def build_weather(store_id: str, temperature: Floats, rain: Floats, timezone: str = "UTC") -> WeatherDays:
    """Daily observations from the first day on, each known at its own end."""
    rows = [
        WeatherRow(store_id, get_date(at), float(warm), float(wet))
        for at, (warm, wet) in enumerate(zip(temperature, rain, strict=True))
    ]
    return build_weather_days(store_id, rows, load_zone(timezone))


@dataclass(frozen=True)
class LiftSimulation:
    """Events with known lifts on the log scale; ``raw`` is what a mean over their days would say of them."""

    series: list[DailySeries]
    facts: ShopData
    lifts: Floats
    raw: Floats
    last: date


def simulate_lifts(
    seed: int, events: int = 20, center: float = 0.03, between: float = 0.05, days: int = 730, noise: float = 0.15
) -> LiftSimulation:
    """One store with ``events`` events of one class, each on 2 to 8 days of its own, lifts normal around ``center``."""
    rng = np.random.default_rng(seed)
    lifts = rng.normal(center, between, events)
    effect, odd, calendar, on = np.zeros(days), rng.normal(0, noise, days), [], []
    for number in range(events):
        when = rng.choice(days, rng.integers(2, 9), replace=False)
        effect[when] += lifts[number]
        on.append(when)
        calendar += [build_calendar_event(f"event_{number:02d}", int(at), "concert") for at in when]
    sales = simulate_sales(seed, days, noise=0.0) * np.exp(effect + odd)
    raw = np.array([np.mean((effect + odd)[when]) for when in on])
    facts = ShopData({"north": Store("north")}, tuple(calendar))
    return LiftSimulation([build_series(sales)], facts, lifts, raw, get_date(days - 1))
