"""Every constant of the detector comes from the file, is required there, and takes effect."""

import random
from datetime import timedelta

import pytest
from pydantic import ValidationError

from brain.domain.anomaly import AnomalyConfig
from brain.testing.simulations.series import (
    CONFIG,
    MONDAY,
    change_rows,
    detect_anomalies,
    simulate_daily,
    simulate_hourly,
)

CONSTANTS = CONFIG.model_dump()
NAMES = [
    name if not isinstance(CONSTANTS[name], dict) else f"{name}.{key}"
    for name in CONSTANTS
    for key in (CONSTANTS[name] if isinstance(CONSTANTS[name], dict) else (name,))
]


def with_constant(name, change):
    """The constants with one of them changed, or without it when ``change`` returns None."""
    section, _, key = name.rpartition(".")
    constants = {**CONSTANTS, **({section: dict(CONSTANTS[section])} if section else {})}
    holder = constants[section] if section else constants
    holder[key] = change(holder[key])
    if holder[key] is None:
        del holder[key]
    return constants


def scaled(series, *spans):
    """A series with a factor on each span (first row, last row, factor)."""
    for first, last, factor in spans:
        series = change_rows(series, first, last, lambda value, factor=factor: value * factor)
    return series


def noisy_minutes(days):
    """Five-minute readings without a season, with noise, a slow drift and a gap."""
    rng = random.Random(1)  # noqa: S311 - a seeded world, not a secret
    rows = [row for row in range(288 * days) if not 288 * 6 <= row < 288 * 6 + 40]
    return [(MONDAY + timedelta(minutes=5 * row), 100 + row / 500 + rng.gauss(0, 3)) for row in rows]


SERIES = [
    scaled(simulate_daily(1, 150), (60, 66, 0.1)),
    scaled(simulate_daily(2, 200), (100, 200, 3.0)),
    scaled(simulate_hourly(1, 40), (500, 520, 0.0)),
    simulate_hourly(3, 20, minutes=15),
    scaled(noisy_minutes(12), (2000, 2300, 0.5), (2500, 2503, 1.5), (2692, 2695, 1.5), (2788, 2791, 5.0)),
    [(MONDAY + timedelta(hours=row), 45.0 if row != 300 else 45.03) for row in range(400)],
]


def readings(config):
    """What the detector says about all series."""
    return [list(detect_anomalies(series, config=config)) for series in SERIES]


@pytest.fixture(scope="module")
def configured():
    """The readings with the constants of the file."""
    return readings(CONFIG)


OTHER_VALUES = {"escalation_times": 1e9, "recovery_days": 0.01, "tail.power_of_readings": 1}


@pytest.mark.parametrize("name", NAMES)
def test_no_constant_can_change_unnoticed(name, configured):
    """Half or twice of it, or a value that the series can show, gives other readings."""
    changed_constants = with_constant(
        name, lambda constant: OTHER_VALUES.get(name, constant * 2 if constant > 1 else constant / 2)
    )
    assert readings(AnomalyConfig.model_validate(changed_constants)) != configured


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_constant_is_named(name):
    """The model has no defaults of its own."""
    with pytest.raises(ValidationError, match=name):
        AnomalyConfig.model_validate(with_constant(name, lambda _constant: None))


@pytest.mark.parametrize(
    ("wrong", "location"),
    [({"fast_readings": 1}, "fast_readings"), ({"tail": {**CONSTANTS["tail"], "top_shares": 1}}, "tail.top_shares")],
)
def test_a_wrong_constant_is_named(wrong, location):
    """With its place in the file."""
    with pytest.raises(ValidationError, match=location):
        AnomalyConfig.model_validate({**CONSTANTS, **wrong})
