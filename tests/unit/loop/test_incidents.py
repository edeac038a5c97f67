"""Incidents in daily series: one alarm an incident, within a budget, and never on what is not complete yet."""

import math
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from brain.domain.anomaly import incidents
from brain.domain.anomaly.incidents import Incident
from brain.domain.days.config import AnalysisConfig
from brain.settings.files import load_config

CONFIG = load_config("brain_analysis", AnalysisConfig).alarms
FIRST = date(2026, 8, 3)
ZONE = ZoneInfo("UTC")


def world(seed, days, change=lambda _day, _metric: 1.0, platforms=("linkedin", "twitter")):
    """Days of counts and engagements with a weekly season and noise."""
    rng = random.Random(seed)  # noqa: S311 - a test's world
    kept = {}
    for number in range(days):
        day = (FIRST + timedelta(days=number)).isoformat()
        for platform in platforms:
            season = 0.7 if number % 7 > 4 else 1.1
            events = round(20 * season * change(number, "events") + rng.gauss(0, 2))
            if events > 0:
                engaged = events * 50 * change(number, "engagements") * math.exp(rng.gauss(0, 0.15))
                kept.setdefault(day, {})[f"{platform}|photo"] = {
                    "events": events,
                    "late_seconds": 0,
                    "engagements": round(engaged),
                }
    return kept


def watched(days, after_days, hour=6):
    """The incidents as of the morning after so many days."""
    as_of = datetime.combine(FIRST + timedelta(days=after_days), datetime.min.time(), UTC) + timedelta(hours=hour)
    return incidents.watch(days, as_of, ZONE, CONFIG)


def test_nothing_is_alarmed_in_worlds_without_incidents_beyond_the_budget():
    """Twenty clients for twelve weeks: the budget allows one false alarm a month each, on average."""
    found = sum(len(watched(world(seed, 84), 84).incidents) for seed in range(20))
    assert found <= CONFIG.budget * 20 * 84 / CONFIG.per_days


def test_a_silent_day_is_one_incident_of_that_day():
    """Whatever number of metrics shows it."""
    silent = world(1, 60, lambda day, metric: 0.0 if (day, metric) == (50, "events") else 1.0, platforms=("linkedin",))
    (incident,) = [i for i in watched(silent, 51).incidents if i.since == (FIRST + timedelta(days=50)).isoformat()]
    assert incident.platform == "linkedin"
    assert {sign.metric for sign in incident.signs} >= {"events"}
    assert all(sign.kind for sign in incident.signs)


def test_a_level_that_stays_is_alarmed_once():
    """Then it is the new normal."""
    dropped = world(
        2, 84, lambda day, metric: 0.3 if day >= 60 and metric == "engagements" else 1.0, platforms=("linkedin",)
    )
    dropped_at = (FIRST + timedelta(days=60)).isoformat()
    signs = [sign for i in watched(dropped, 84).incidents if i.since >= dropped_at for sign in i.signs]
    assert len([sign for sign in signs if sign.metric == "engagements"]) == 1


def test_a_series_is_warming_before_two_weeks():
    """And raises no alarm."""
    young = watched(world(3, 10, lambda day, _metric: 0.0 if day == 9 else 1.0), 10)
    assert (young.incidents, young.ready) == ((), 0)
    assert young.warming > 0


def test_a_day_is_not_judged_before_its_events_usually_come():
    """A feed that reports the next noon is no outage in the morning."""
    days = world(4, 40, platforms=("linkedin",))
    for groups in days.values():
        for sums in groups.values():
            sums["late_seconds"] = sums["events"] * 12 * 3600
    missing = {day: groups for day, groups in days.items() if day < (FIRST + timedelta(days=39)).isoformat()}
    assert not watched(missing, 40, hour=6).incidents
    assert watched(missing, 40, hour=13).incidents


def test_incidents_are_remembered_when_later_data_would_hide_them():
    """Late events never unmake what was told."""
    old, new = (Incident(f"ano_{n}", "linkedin", f"2026-10-0{n}", f"2026-10-0{n}", ()) for n in (1, 2))
    assert incidents.remembered([old], [new], "2026-09-01") == [old, new]
    assert incidents.remembered([old], [new], "2026-10-02") == [new]


def test_an_incident_survives_its_document():
    """What is stored is what is read."""
    found = watched(
        world(5, 60, lambda day, metric: 6.0 if (day, metric) == (55, "engagements") else 1.0), 56
    ).incidents
    assert found
    assert [incidents.incident_from(i.document()) for i in found] == list(found)
