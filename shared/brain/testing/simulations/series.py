"""Simulated series without any change, with several shapes of noise, for tests that plant changes in them."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from brain.domain import anomaly
from brain.domain.anomaly import AlarmBudget, AnomalyConfig, Detector
from brain.domain.anomaly.reading import DetectorReading
from brain.settings.files import load_config

Series = list[tuple[datetime, float]]

CONFIG = load_config("brain_anomaly", AnomalyConfig)
MONTHLY = AlarmBudget.parse("1/30d")
MONDAY = datetime(2026, 1, 5)  # noqa: DTZ001 - a series may be in local time without a zone
WEEK = (1.1, 1.2, 1.15, 1.1, 1.0, 0.6, 0.5)


def draw_poisson(rng: random.Random, mean: float) -> int:
    """Draw a Poisson number: by the normal approximation above 50, else by counting arrivals."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    arrivals, elapsed = -1, 0.0
    while elapsed < mean:
        elapsed += rng.expovariate(1)
        arrivals += 1
    return arrivals


NOISES: dict[str, Callable[[random.Random, float], float]] = {
    "log-normal": lambda rng, mean: mean * math.exp(rng.gauss(0, 0.15)),
    "wide log-normal": lambda rng, mean: mean * math.exp(rng.gauss(0, 0.5)),
    "Poisson": lambda rng, mean: draw_poisson(rng, mean / 20),
    "negative binomial": lambda rng, mean: draw_poisson(rng, mean / 10 * rng.gammavariate(16, 1 / 16)),
}


def simulate_daily(seed: int, days: int, noise: str = "log-normal", level: float = 400.0) -> Series:
    """Simulate daily totals with a weekly season."""
    rng = random.Random(seed)
    draw = NOISES[noise]
    return [(MONDAY + timedelta(days=day), float(round(draw(rng, level * WEEK[day % 7])))) for day in range(days)]


def simulate_hourly(seed: int, days: int, noise: str = "log-normal", minutes: int = 60) -> Series:
    """Simulate sums over ``minutes`` with a daily and a weekly season."""
    rng = random.Random(seed)
    draw = NOISES[noise]
    series = []
    for number in range(days * 1440 // minutes):
        timestamp = MONDAY + timedelta(minutes=number * minutes)
        busy = 1 + 0.7 * math.sin((timestamp.hour - 9) / 24 * 2 * math.pi)
        series.append((timestamp, float(draw(rng, 400 * busy * WEEK[timestamp.weekday()]))))
    return series


def change_rows(series: Series, first: int, last: int, change: Callable[[float], float]) -> Series:
    """Apply ``change`` to the values from row ``first`` up to, not including, ``last``."""
    return [
        (timestamp, change(value) if first <= row < last else value) for row, (timestamp, value) in enumerate(series)
    ]


def build_detector(budget: AlarmBudget = MONTHLY, config: AnomalyConfig = CONFIG, **options: Any) -> Detector:
    """Build a detector with the configured constants."""
    return Detector(budget, config, **options)


def detect_anomalies(
    series: Series, budget: AlarmBudget = MONTHLY, config: AnomalyConfig = CONFIG, **options: Any
) -> Iterator[DetectorReading]:
    """Detect the anomalies of a series with the configured constants."""
    return anomaly.detect(series, budget, config, **options)


def find_alarms(readings: Sequence[DetectorReading] | Iterator[DetectorReading]) -> list[int]:
    """Return the rows that raised an alarm."""
    return [row for row, reading in enumerate(readings) if reading.alarm]
