"""Worlds of series with seeds: quiet ones of several shapes of noise, for tests that plant things in them."""

import math
import random
from datetime import datetime, timedelta

from brain.domain import anomaly
from brain.domain.anomaly import AlarmBudget, AnomalyConfig, Detector
from brain.settings.files import load_config

CONFIG = load_config("brain_anomaly", AnomalyConfig)
MONTHLY = AlarmBudget.parse("1/30d")
MONDAY = datetime(2026, 1, 5)  # noqa: DTZ001 - a series may come in local time without a zone
WEEK = (1.1, 1.2, 1.15, 1.1, 1.0, 0.6, 0.5)


def poisson(rng, mean):
    """A Poisson number: the normal approximation above 50, counted arrivals below."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    arrivals, waited = -1, 0.0
    while waited < mean:
        waited += rng.expovariate(1)
        arrivals += 1
    return arrivals


NOISES = {
    "log-normal": lambda rng, mean: mean * math.exp(rng.gauss(0, 0.15)),
    "wide log-normal": lambda rng, mean: mean * math.exp(rng.gauss(0, 0.5)),
    "Poisson": lambda rng, mean: poisson(rng, mean / 20),
    "negative binomial": lambda rng, mean: poisson(rng, mean / 10 * rng.gammavariate(16, 1 / 16)),
}


def daily(seed, days, noise="log-normal", level=400.0):
    """Daily totals with a weekly season."""
    rng = random.Random(seed)  # noqa: S311 - a seeded world, not a secret
    draw = NOISES[noise]
    return [(MONDAY + timedelta(days=day), float(round(draw(rng, level * WEEK[day % 7])))) for day in range(days)]


def hourly(seed, days, noise="log-normal", minutes=60):
    """Sums of an hour (or so) with a daily and a weekly season."""
    rng = random.Random(seed)  # noqa: S311 - a seeded world, not a secret
    draw = NOISES[noise]
    series = []
    for number in range(days * 1440 // minutes):
        timestamp = MONDAY + timedelta(minutes=number * minutes)
        busy = 1 + 0.7 * math.sin((timestamp.hour - 9) / 24 * 2 * math.pi)
        series.append((timestamp, float(draw(rng, 400 * busy * WEEK[timestamp.weekday()]))))
    return series


def changed(series, first, last, change):
    """The series with ``change`` done to the values from row ``first`` up to, not including, ``last``."""
    return [
        (timestamp, change(value) if first <= row < last else value) for row, (timestamp, value) in enumerate(series)
    ]


def new_detector(budget=MONTHLY, config=CONFIG, **options):
    """A detector with the configured constants."""
    return Detector(budget, config, **options)


def detect(series, budget=MONTHLY, config=CONFIG, **options):
    """The readings of a series with the configured constants."""
    return anomaly.detect(series, budget, config, **options)


def alarm_rows(readings):
    """The rows that are alarms."""
    return [row for row, reading in enumerate(readings) if reading.alarm]
