"""Daily series of a client: quiet within the budget on null worlds, loud once on planted ones."""

import json
import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from brain.domain.anomaly import AlarmBudget, Detector, detect

START = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = (1.1, 1.2, 1.15, 1.1, 1.0, 0.6, 0.5)
BUDGET = AlarmBudget()


def world(seed: int, days: int, level: float = 400.0) -> list[tuple[datetime, float]]:
    """Daily counts with a weekly season and log-normal noise."""
    rng = random.Random(seed)  # noqa: S311 - a seeded world, not a secret
    return [(START + timedelta(days=d), round(level * WEEK[d % 7] * math.exp(rng.gauss(0, 0.15)))) for d in range(days)]


def test_a_null_world_stays_near_its_budget() -> None:
    """Over many quiet series the false alarms a month stay at or below the budget of one."""
    days, seeds = 180, range(30)
    alarms = sum(r.alarm for s in seeds for r in detect(world(s, days), BUDGET))
    months = len(seeds) * days / 30
    assert alarms / months <= 1.0


@pytest.mark.parametrize("factor", [0.0, 6.0])
def test_an_outage_or_a_spike_is_alarmed_the_day_it_happens(factor: float) -> None:
    """A day without sales, or with six times the sales, is alarmed on that day in nearly every world."""
    found = 0
    for seed in range(30):
        series = world(seed, 60)
        series[45] = (series[45][0], series[45][1] * factor)
        found += list(detect(series, BUDGET))[45].alarm
    assert found >= 28


def test_state_survives_a_json_round_trip() -> None:
    """A detector that was stored and loaded goes on exactly as the one that was not."""
    series = world(1, 60)
    whole = list(detect(series, BUDGET))
    first = Detector(BUDGET)
    for at, value in series[:30]:
        first.score_one(at, value)
    second = Detector.from_state(json.loads(json.dumps(first.to_state())), BUDGET)
    assert [second.score_one(at, value) for at, value in series[30:]] == whole[30:]
