"""Probes of the anomaly detector, through ``brain detect`` on simulated series with planted changes."""

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

from unit.settings.gateway_probes import run_command
from unit.settings.settings_file import SettingsFile

from brain.domain.anomaly.config import AnomalyConfig

MONDAY = datetime(2026, 1, 5)  # noqa: DTZ001 - a series may be in local time without a zone
WEEK = (1.1, 1.2, 1.15, 1.1, 1.0, 0.6, 0.5)


def probe_quarter_hours() -> object:
    """Detect in a series with a reading every 15 minutes."""
    return _detect(15)


def probe_hours() -> object:
    """Detect in a series of hours."""
    return _detect(60)


def probe_days() -> object:
    """Detect in a series of days."""
    return _detect(1440)


def probe_other_spacing() -> object:
    """Detect in series whose spacing looks different after the first readings."""
    return run_command("detect", "-", "--budget", "2/30d", input=_write_uneven_series())


def probe_pairs() -> object:
    """Detect in a series in which one unusual hour soon follows another."""
    return run_command("detect", "-", "--budget", "3/30d", input=_write_pairs())


def _detect(minutes: int) -> object:
    return run_command("detect", "-", "--budget", "3/30d", input=_write_series(minutes))


@cache
def _write_series(minutes: int) -> str:
    lines = [f"{timestamp},{value:.4f}" for timestamp, value in _simulate(minutes)]
    return "\n".join(["timestamp,value", *lines])


def _simulate(minutes: int) -> Iterator[tuple[datetime, float]]:
    """Yield readings with spikes close together, gaps, a shift and back, a shift that stays, and a flatline."""
    rng = random.Random(minutes)  # noqa: S311 - a simulation
    readings = {15: 1300, 60: 900, 1440: 260}[minutes]
    level = 400.0
    for number in range(readings):
        share = number / readings
        timestamp = MONDAY + timedelta(minutes=number * minutes)
        busy = (
            1 + 0.7 * math.sin((timestamp.hour + timestamp.minute / 60 - 9) / 24 * 2 * math.pi) if minutes < 1440 else 1
        )
        value = level * busy * WEEK[timestamp.weekday()] * math.exp(rng.gauss(0, 0.12))
        if number in _spikes(readings):
            value *= _spikes(readings)[number]
        value *= 1.8 if 0.62 < share < 0.66 else 1.0
        value *= 0.45 if share > 0.85 else 1.0
        if 0.95 < share < 0.965:
            value = 123.0
        if not (0.55 < share < 0.57 or number % 97 == 96):
            yield timestamp, value


@cache
def _spikes(readings: int) -> dict[int, float]:
    """Return factors by number: single ones, some close to each other, an ever larger one after another."""
    first = round(0.45 * readings)
    spikes = {
        first: 2.5,
        first + 1: 2.4,
        first + 3: 3.0,
        first + 5: 9.0,
        first + 9: 2.6,
        first + 15: 40.0,
        first + 30: 2.7,
    }
    later = round(0.72 * readings)
    return spikes | {later: 0.2, later + 4: 0.15, later + 11: 3.5, later + 50: 2.2, round(0.3 * readings): 2.6}


@cache
def _write_pairs() -> str:
    """Return a series of hours with two spikes on each of some days, the second one ever larger."""
    rng = random.Random(6)  # noqa: S311 - a simulation
    factors: dict[int, float] = {}
    for pair, second in enumerate((1.75, 1.85, 2.0, 2.2, 2.5, 3.0, 4.0)):
        factors |= {480 + 48 * pair: 1.7, 487 + 48 * pair: second}
    rows = [
        f"{MONDAY + timedelta(hours=hour)},{100 * math.exp(rng.gauss(0, 0.1)) * factors.get(hour, 1.0):.3f}"
        for hour in range(830)
    ]
    return "\n".join(["timestamp,value", *rows])


@cache
def _write_uneven_series() -> str:
    rng = random.Random(5)  # noqa: S311 - a simulation
    gaps = [24.0] * 8 + [1.0] * 300
    hours = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    rows = [f"{MONDAY + timedelta(hours=hour)},{100 * math.exp(rng.gauss(0, 0.2)):.3f}" for hour in hours]
    constant = [f"{MONDAY + timedelta(hours=hours[-1] + hour)},{100 + (hour == 60) * 0.05}" for hour in range(1, 80)]
    return "\n".join(["timestamp,value", *rows, *constant])


FILES = (
    SettingsFile(
        "brain_anomaly",
        AnomalyConfig,
        {
            "*_of_readings": [probe_days],
            "*_days": [probe_days],
            "*mirrored_readings": [probe_days],
            "spacing_readings": [probe_other_spacing],
            "escalation_times": [probe_pairs],
            "season.slot_minutes": [probe_quarter_hours],
            "*": [probe_hours, probe_days, probe_quarter_hours, probe_other_spacing],
        },
    ),
)
