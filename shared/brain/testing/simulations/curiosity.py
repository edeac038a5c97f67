"""Shops made by chance, where it is known what moves sales and what does not: null worlds and planted ones.

Sales have a weekday, a season and noise with a memory of 0.5 a day; wet days come in spells. ``effect`` adds so many
standard deviations of the noise to wet days and is 0 in a null world.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from brain.domain.retail.series import DailySeries, Store
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherDays

Floats = NDArray[np.float64]

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
    """A shop's series and its facts; ``until`` shows the same shop as it was known at the end of an earlier day."""

    series: tuple[DailySeries, ...]
    facts: ShopData

    def until(self, day: date) -> "ShopSimulation":
        """The world as known at the end of ``day``."""
        weather = {store: _weather_until(days, day) for store, days in self.facts.weather.items()}
        return ShopSimulation(
            tuple(one.until(day) for one in self.series), ShopData(self.facts.stores, self.facts.events, weather)
        )


def simulate_noise(rng: np.random.Generator, days: int, memory: float = AUTOCORRELATION) -> Floats:
    """Noise of standard deviation 1 that keeps ``memory`` of each day's value to the next."""
    innovations = rng.standard_normal(days + BURN_IN_DAYS) * np.sqrt(1 - memory**2)
    values = np.zeros(len(innovations))
    for at in range(1, len(innovations)):
        values[at] = memory * values[at - 1] + innovations[at]
    return values[BURN_IN_DAYS:]


def simulate_wet_spells(rng: np.random.Generator, days: int, share: float = WET_SHARE) -> Floats:
    """1 on wet days and 0 on dry ones: ``share`` of days are wet, in spells of 2.5 days on average."""
    ends = 1 / SPELL_DAYS
    begins = share * ends / (1 - share)
    wet = np.zeros(days)
    now = rng.random() < share
    for at in range(days):
        wet[at] = now
        now = rng.random() >= ends if now else rng.random() < begins
    return wet


def simulate_shop(seed: int, days: int = 540, effect: float = 0.0, store_id: str = "kiel") -> ShopSimulation:
    """One store with one product and its weather."""
    rng = np.random.default_rng(seed)
    dates = np.arange(days) + np.datetime64(FIRST_DAY, "D")
    wet = simulate_wet_spells(rng, days)
    weather = _weather(rng, dates, wet, store_id)
    noise = simulate_noise(rng, days) + effect * wet
    season = 1 + 0.1 * np.sin(2 * np.pi * dates.astype(np.int64) / YEAR_DAYS)
    sales = 1000 * WEEKDAYS[(dates.astype(np.int64) + 3) % 7] * season * (1 + NOISE_SHARE * noise)
    series = DailySeries(store_id, "bread", FIRST_DAY, sales, np.zeros(days), np.ones(days, dtype=bool))
    return ShopSimulation((series,), ShopData({store_id: Store(store_id)}, (), {store_id: weather}))


def simulate_chain(seed: int, stores: int, days: int = 540, effect: float = 0.0) -> ShopSimulation:
    """Several such stores that share nothing but the calendar."""
    worlds = [simulate_shop(seed + number, days, effect, f"store_{number}") for number in range(stores)]
    known = {name: store for world in worlds for name, store in world.facts.stores.items()}
    weather = {name: rows for world in worlds for name, rows in world.facts.weather.items()}
    return ShopSimulation(tuple(one for world in worlds for one in world.series), ShopData(known, (), weather))


def _weather(rng: np.random.Generator, dates: NDArray[np.datetime64], wet: Floats, store_id: str) -> WeatherDays:
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
    known = weather.day <= np.datetime64(day, "D")
    return WeatherDays(weather.store_id, weather.day[known], weather.known_on[known], weather.values[known])
