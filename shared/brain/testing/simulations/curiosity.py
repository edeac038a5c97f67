"""Simulated shops with a known effect of wet days on sales, or none, for tests of discovered hypotheses.

Sales have a weekday pattern, a season and noise with an autocorrelation of 0.5 per day; wet days come in spells.
``effect`` raises sales on wet days by that many standard deviations of the noise; with 0 nothing affects sales.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from brain.domain.retail.series import DailySeries, Store
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherDays
from brain.domain.types import Floats

FIRST_DAY = date(2024, 1, 1)
AUTOCORRELATION = 0.5
WET_SHARE = 65 / 540
SPELL_DAYS = 2.5
NOISE_SHARE = 0.15
WEEKDAYS = np.array([1.0, 0.95, 0.95, 1.0, 1.2, 1.4, 0.8])
YEAR_DAYS = 365.25
BURN_IN_DAYS = 100


@dataclass(frozen=True, slots=True, eq=False)
class ShopSimulation:
    """The series and the shop data of simulated stores."""

    series: tuple[DailySeries, ...]
    shop_data: ShopData

    def until(self, day: date) -> "ShopSimulation":
        """Return the same stores as they were known at the end of ``day``."""
        weather = {store: _weather_until(days, day) for store, days in self.shop_data.weather.items()}
        return ShopSimulation(
            tuple(series.until(day) for series in self.series),
            ShopData(self.shop_data.stores, self.shop_data.events, weather),
        )


def simulate_noise(rng: np.random.Generator, days: int, autocorrelation: float = AUTOCORRELATION) -> Floats:
    """Simulate autoregressive noise with a standard deviation of 1.

    Args:
        rng: The source of randomness.
        days: The number of days.
        autocorrelation: The correlation of each day with the next.

    Returns:
        The noise of each day, shape (days,).
    """
    innovations = rng.standard_normal(days + BURN_IN_DAYS) * np.sqrt(1 - autocorrelation**2)
    noise = np.zeros(len(innovations))
    for day in range(1, len(innovations)):
        noise[day] = autocorrelation * noise[day - 1] + innovations[day]
    return noise[BURN_IN_DAYS:]


def simulate_wet_spells(rng: np.random.Generator, days: int, share: float = WET_SHARE) -> Floats:
    """Simulate wet days in spells of 2.5 days on average.

    Args:
        rng: The source of randomness.
        days: The number of days.
        share: The expected share of wet days.

    Returns:
        1 for each wet day and 0 for each dry one, shape (days,).
    """
    end_probability = 1 / SPELL_DAYS
    start_probability = share * end_probability / (1 - share)
    wet = np.zeros(days)
    is_wet = rng.random() < share
    for day in range(days):
        wet[day] = is_wet
        is_wet = rng.random() >= end_probability if is_wet else rng.random() < start_probability
    return wet


def simulate_shop(seed: int, days: int = 540, effect: float = 0.0, store_id: str = "kiel") -> ShopSimulation:
    """Simulate a store with one product and its weather.

    Args:
        seed: The seed of the weather and the noise.
        days: The number of days from ``FIRST_DAY`` on.
        effect: The effect of a wet day in standard deviations of the noise.
        store_id: The store.
    """
    rng = np.random.default_rng(seed)
    dates = np.arange(days) + np.datetime64(FIRST_DAY, "D")
    wet = simulate_wet_spells(rng, days)
    weather = _simulate_weather(rng, dates, wet, store_id)
    noise = simulate_noise(rng, days) + effect * wet
    season = 1 + 0.1 * np.sin(2 * np.pi * dates.astype(np.int64) / YEAR_DAYS)
    sales = 1000 * WEEKDAYS[(dates.astype(np.int64) + 3) % 7] * season * (1 + NOISE_SHARE * noise)
    series = DailySeries(store_id, "bread", FIRST_DAY, sales, np.zeros(days), np.ones(days, dtype=bool))
    return ShopSimulation((series,), ShopData({store_id: Store(store_id)}, (), {store_id: weather}))


def simulate_chain(seed: int, stores: int, days: int = 540, effect: float = 0.0) -> ShopSimulation:
    """Simulate several such stores, which have nothing in common but the calendar; see ``simulate_shop``."""
    shops = [simulate_shop(seed + number, days, effect, f"store_{number}") for number in range(stores)]
    stores_by_id = {store_id: store for shop in shops for store_id, store in shop.shop_data.stores.items()}
    weather = {store_id: days for shop in shops for store_id, days in shop.shop_data.weather.items()}
    return ShopSimulation(
        tuple(series for shop in shops for series in shop.series), ShopData(stores_by_id, (), weather)
    )


def _simulate_weather(
    rng: np.random.Generator, dates: NDArray[np.datetime64], wet: Floats, store_id: str
) -> WeatherDays:
    days = len(dates)
    angle = 2 * np.pi * dates.astype(np.int64) / YEAR_DAYS
    temperature = 10 - 10 * np.cos(angle - 0.3) + 4 * simulate_noise(rng, days, 0.75)
    rain = wet * (1 + rng.gamma(0.8, 6, days))
    wind = np.exp(2.7 + 0.4 * simulate_noise(rng, days))
    cloud = np.clip(4 + 2 * wet + 2.2 * simulate_noise(rng, days), 0, 8)
    snow = ((rain > 0) & (temperature < 1)).astype(float)
    warmest = temperature + 3 + rng.random(days)
    values = np.column_stack([temperature, warmest, temperature - 4, rain, wind, cloud, snow])
    return WeatherDays(store_id, dates, dates, values)


def _weather_until(weather: WeatherDays, day: date) -> WeatherDays:
    is_past = weather.day <= np.datetime64(day, "D")
    return WeatherDays(weather.store_id, weather.day[is_past], weather.known_on[is_past], weather.values[is_past])
