"""Probes of the curiosity engine, through its nights on a simulated shop."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
from unit.settings.retail_probes import build_weather
from unit.settings.settings_file import SettingsFile

from brain.domain.retail.curiosity.config import CuriosityConfig
from brain.domain.retail.series import CalendarEvent, DailySeries, Store
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherDays
from brain.domain.types import Floats
from brain.ports.sales_warehouse import LedgerQuery, ResultTable
from brain.services.retail.curiosity import run_curiosity_from_history
from brain.services.retail.shop_history import ShopHistory
from brain.settings.files import load_config

CLASSES = (
    "home_game", "festival", "promotion", "concert", "market", "competitor", "road_works", "school_holidays",
    "academic_finals",
)  # fmt: skip
FIRST_DAY = date(2024, 1, 1)
WEEKDAYS = np.array([1.0, 0.95, 0.95, 1.0, 1.2, 1.4, 0.8])


def probe_question() -> object:
    """Ask the questions of a store with a year and a half of sales, weather, holidays and every class of events."""
    return _run_nights(load_config("hypotheses", CuriosityConfig), [540], products=1)


def probe_screening() -> object:
    """Ask a few questions of two stores and of several products on one night."""
    return _run_nights(_select_templates("heavy_rain", "temperature", "home_game"), [600], products=8)


def probe_follow_up() -> object:
    """Ask a few questions night after night: leads, confirmations, and findings that end."""
    nights = [200, 262, 300, 340, 365, 395, 425, 460, 520, 610, 700]
    return _run_nights(_select_templates("rain", "home_game", "market"), nights, products=1)


def _select_templates(*names: str) -> CuriosityConfig:
    """Return the file with some of its templates, since only its limits are changed."""
    config = load_config("hypotheses", CuriosityConfig)
    templates = tuple(template for template in config.templates if template.id in names)
    return config.model_copy(update={"templates": templates})


def _run_nights(config: CuriosityConfig, nights: list[int], products: int) -> object:
    ledger = MemoryLedger()
    for days in nights:
        run_curiosity_from_history(ledger, _build_history(days, products), config)
    return ledger.rows


class MemoryLedger:
    """The part of a shop's database that keeps hypotheses."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def put_results(self, _table: ResultTable, rows: Sequence[dict[str, Any]]) -> None:
        """Add the rows of one more night."""
        self.rows += rows

    def ledger(self, query: LedgerQuery) -> list[dict[str, Any]]:
        """Return the latest rows of all hypotheses, or those of tested leads."""
        if query.latest:
            return list({row["hypothesis_id"]: row for row in self.rows}.values())
        return [row for row in self.rows if row["alpha"] is not None]


@cache
def _build_history(days: int, products: int) -> ShopHistory:
    """Return what is known after so many days."""
    series, data = _simulate(products)
    last_day = FIRST_DAY + timedelta(days=days - 1)
    return ShopHistory(tuple(known for one in series if len(known := one.until(last_day))), data)


@cache
def _simulate(products: int) -> tuple[list[DailySeries], ShopData]:
    """Return a store and one that opened later; rain moves sales for two years, home games and markets do later."""
    count = 1050
    rng = np.random.default_rng(2)
    days = np.arange(count)
    rain, weather = _simulate_weather(rng, count)
    wet = rain > 1
    effect = np.where(days < 300, 0.3 * wet, 0.08 * wet)
    events = []
    for number, event_class in enumerate(CLASSES):
        for start in range(20 + 3 * number, count - 5, 31 + number):
            length = 3 if event_class in ("festival", "school_holidays", "road_works") else 1
            first = FIRST_DAY + timedelta(days=start)
            events.append(CalendarEvent(event_class, event_class, first, first + timedelta(days=length - 1)))
            strength = {"home_game": 0.6, "market": 0.05}.get(event_class, 0.0)
            effect[start : start + length] += strength
    noise = np.convolve(rng.normal(0, 0.12, count + 10), 0.5 ** np.arange(10))[10 : count + 10]
    sales = 1000 * WEEKDAYS[days % 7] * np.exp(0.1 * np.sin(2 * np.pi * days / 365.25) + noise + effect)
    sales[::97] *= 8.0
    shares = [1.0] if products == 1 else [0.3 / (1 + number) for number in range(products)]
    series = [
        _build_series("kiel", f"product_{number}", FIRST_DAY, sales * share * np.exp(rng.normal(0, 0.05, count)))
        for number, share in enumerate(shares)
    ]
    opened = 440  # so that a hundred days are known on the night of day 540
    young = _build_series("ulm", "bread", FIRST_DAY + timedelta(days=opened), sales[opened:])
    stores = {"kiel": Store("kiel", "Europe/Berlin", "DE"), "ulm": Store("ulm", "Europe/Berlin", "DE")}
    return [*series, young], ShopData(stores, tuple(events), {"kiel": weather})


def _simulate_weather(rng: np.random.Generator, count: int) -> tuple[Floats, WeatherDays]:
    """Return the rain of each day, which comes in spells, and the whole weather."""
    wet = np.convolve(rng.random(count + 3) < 0.06, np.ones(3))[3 : count + 3] > 0
    rain = np.where(wet, 1 + rng.gamma(0.8, 6, count), 0.0)
    season = -np.cos(2 * np.pi * (np.arange(count) - 20) / 365.25)
    temperature = 10 + 11 * season + np.convolve(rng.normal(0, 3, count + 8), 0.75 ** np.arange(8))[8 : count + 8]
    wind, cloud = np.exp(2.7 + 0.5 * rng.normal(0, 1, count)), rng.integers(0, 9, count).astype(float)
    return rain, build_weather("kiel", FIRST_DAY, temperature, rain, wind, cloud)


def _build_series(store_id: str, product: str, first: date, sales: Floats) -> DailySeries:
    return DailySeries(store_id, product, first, sales, np.zeros(len(sales)), np.ones(len(sales), dtype=bool))


FILES = (
    SettingsFile(
        "hypotheses",
        CuriosityConfig,
        {"templates.*": [probe_question], "*": [probe_screening, probe_follow_up]},
        independent="templates",
    ),
)
