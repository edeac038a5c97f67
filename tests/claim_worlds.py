"""Clients of which only breakdowns are known, for what reports claim: null worlds, and planted ones."""

import math
import random
from datetime import UTC, date, datetime, timedelta

from brain.domain.clients.campaigns import Campaign
from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.domain.reports.facts import ReportFacts
from brain.settings.files import load_config

CONFIG = load_config("brain_analysis", AnalysisConfig)
MONDAY = date(2026, 11, 16)
SPRING = Campaign("spring sale", MONDAY - timedelta(days=10), MONDAY - timedelta(days=4))


def facts(breakdowns, planned=()):
    """The facts of a week of a client with nothing but breakdowns."""
    days = {
        day: {f"{p}|{c}": s for key, s in keys.items() if key.startswith("hour") for _, p, c, _ in [key.split("|")]}
        for day, keys in breakdowns.items()
    }
    client = Client("acme", "Acme", campaigns=tuple(planned))
    start, at = MONDAY - timedelta(days=7), datetime(2026, 11, 16, 9, tzinfo=UTC)
    return ReportFacts(
        client=client,
        start=start,
        end=MONDAY,
        as_of=at,
        days=days,
        incidents=(),
        series_ready=5,
        series_warming=0,
        config=CONFIG,
        breakdowns=breakdowns,
    )


def posts(seed, evening=1.0, sale=1.0, spread=0.5, days=28):
    """Four weeks of posts of two kinds at four hours; videos are made for the evening and do well by themselves."""
    rng = random.Random(seed)  # noqa: S311 - a test's world
    kept = {}
    for back in range(days, 0, -1):
        day = MONDAY - timedelta(days=back)
        keys = kept.setdefault(day.isoformat(), {})
        for hour in (8, 11, 14, 18):
            kind = "video" if rng.random() < (0.7 if hour == 18 else 0.3) else "photo"
            level = math.log(0.02) + (0.6 if kind == "video" else 0.0) + (math.log(evening) if hour == 18 else 0.0)
            level += math.log(sale) if SPRING.covers("linkedin", day) else 0.0
            value = round(1000 * (level + rng.gauss(0, spread)))
            sums = {"rated": 1, "log_rate_milli": value, "log_rate_milli_squared": value * value}
            keys[f"hour|linkedin|{kind}|{hour:02d}"] = sums
    return kept


def ads(seed, tired=1.0, days=28, shown=4000):
    """Four weeks of five ads; the first one's click rate falls from day to day."""
    rng = random.Random(seed)  # noqa: S311 - a test's world
    kept = {}
    for back in range(days, 0, -1):
        mood = math.exp(rng.gauss(0, 0.3))
        for number in range(5):
            expected = shown * 0.012 * mood * (tired ** (days - back) if number == 0 else 1.0)
            clicks = max(round(rng.gauss(expected, math.sqrt(expected))), 0)
            day = (MONDAY - timedelta(days=back)).isoformat()
            kept.setdefault(day, {})[f"ad|facebook|{number}"] = {"impressions": shown, "clicks": clicks}
    return kept


def claims(section):
    """The effects that a section claims."""
    return [effect for effect in section.figures.get("effects", []) if effect["claimed"]]
