"""Simulated breakdowns of a client's days, for what reports claim: without any difference, and with planted ones."""

import math
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from brain.domain.clients.campaigns import Campaign
from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.domain.days.sums import Days
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section
from brain.settings.files import load_config

CONFIG = load_config("brain_analysis", AnalysisConfig)
MONDAY = date(2026, 11, 16)
SPRING = Campaign("spring sale", MONDAY - timedelta(days=10), MONDAY - timedelta(days=4))


def build_facts(breakdowns: Days, campaigns: Sequence[Campaign] = ()) -> ReportFacts:
    """Build the facts of a week of a client with nothing but breakdowns."""
    return ReportFacts(
        client=Client("acme", "Acme", campaigns=tuple(campaigns)),
        start=MONDAY - timedelta(days=7),
        end=MONDAY,
        as_of=datetime(2026, 11, 16, 9, tzinfo=UTC),
        days={day: _sum_hours(groups) for day, groups in breakdowns.items()},
        incidents=(),
        series_ready=5,
        series_warming=0,
        config=CONFIG,
        breakdowns=breakdowns,
    )


def _sum_hours(groups: Mapping[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return the sums of the hours' groups by platform and content type; the last hour of each stands for the day."""
    hours = {tuple(key.split("|")): sums for key, sums in groups.items() if key.startswith("hour")}
    return {f"{platform}|{content_type}": sums for (_, platform, content_type, _), sums in hours.items()}


def simulate_hours(seed: int, evening: float = 1.0, sale: float = 1.0, spread: float = 0.5, days: int = 28) -> Days:
    """Simulate posts of two types at four hours; videos are published in the evening and do well by themselves."""
    rng = random.Random(seed)
    breakdowns: Days = {}
    for days_ago in range(days, 0, -1):
        day = MONDAY - timedelta(days=days_ago)
        groups = breakdowns.setdefault(day.isoformat(), {})
        for hour in (8, 11, 14, 18):
            content_type = "video" if rng.random() < (0.7 if hour == 18 else 0.3) else "photo"
            level = math.log(0.02) + (0.6 if content_type == "video" else 0.0)
            level += math.log(evening) if hour == 18 else 0.0
            level += math.log(sale) if SPRING.covers("linkedin", day) else 0.0
            log_rate = round(1000 * (level + rng.gauss(0, spread)))
            sums = {"rated": 1, "log_rate_milli": log_rate, "log_rate_milli_squared": log_rate * log_rate}
            groups[f"hour|linkedin|{content_type}|{hour:02d}"] = sums
    return breakdowns


def simulate_ads(seed: int, fatigue: float = 1.0, days: int = 28, impressions: int = 4000) -> Days:
    """Simulate five ads; the first one's click rate changes by the factor ``fatigue`` from day to day."""
    rng = random.Random(seed)
    breakdowns: Days = {}
    for days_ago in range(days, 0, -1):
        mood = math.exp(rng.gauss(0, 0.3))
        for number in range(5):
            expected = impressions * 0.012 * mood * (fatigue ** (days - days_ago) if number == 0 else 1.0)
            clicks = max(round(rng.gauss(expected, math.sqrt(expected))), 0)
            day = (MONDAY - timedelta(days=days_ago)).isoformat()
            sums = {"impressions": impressions, "clicks": clicks}
            breakdowns.setdefault(day, {})[f"ad|facebook|{number}"] = sums
    return breakdowns


def read_claims(section: Section) -> list[dict[str, Any]]:
    """Return the effects that a section claims."""
    return [effect for effect in section.figures.get("effects", []) if effect["claimed"]]
