"""Incidents in daily series: one alarm per incident, within a client's budget, and never on an incomplete day."""

import math
import random
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.sqlite.store import SqliteStore
from brain.domain.anomaly import AlarmBudget, AnomalyConfig
from brain.domain.anomaly.incident_scan import scan_for_incidents
from brain.domain.anomaly.incidents import Incident, merge_incidents
from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.errors import MisconfiguredError
from brain.repositories import paths
from brain.repositories.analysis.state import RECENT
from brain.repositories.clients import Clients
from brain.settings.environment import read_settings
from brain.settings.files import load_config
from brain.testing.manual_clock import ManualClock

ALARMS = load_config("brain_analysis", AnalysisConfig).alarms
DETECTOR = load_config("brain_anomaly", AnomalyConfig)
FIRST = date(2026, 8, 3)
ACME = Client("acme", "Acme")
SECRETS = EnvironmentSecrets({"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key of a test"})


def simulate_days(seed, days, change=lambda _day, _metric: 1.0, platforms=("linkedin", "twitter")):
    """Days of counts and engagements with a weekly season and noise."""
    rng = random.Random(seed)  # noqa: S311 - a test's world
    simulated = {}
    for number in range(days):
        day = (FIRST + timedelta(days=number)).isoformat()
        for platform in platforms:
            season = 0.7 if number % 7 > 4 else 1.1
            events = round(20 * season * change(number, "events") + rng.gauss(0, 2))
            if events > 0:
                engaged = events * 50 * change(number, "engagements") * math.exp(rng.gauss(0, 0.15))
                simulated.setdefault(day, {})[f"{platform}|photo"] = {
                    "events": events,
                    "late_seconds": 0,
                    "engagements": round(engaged),
                }
    return simulated


def morning_after(days, hour=6):
    """A morning after so many days."""
    return datetime.combine(FIRST + timedelta(days=days), datetime.min.time(), UTC) + timedelta(hours=hour)


def scan(days, after_days, hour=6, client=ACME):
    """The incidents as of the morning after so many days."""
    return scan_for_incidents(days, morning_after(after_days, hour), client, ALARMS, DETECTOR)


def test_nothing_is_alarmed_in_worlds_without_incidents_beyond_the_budget():
    """Twenty clients for twelve weeks: the budget allows one false alarm a month each, on average."""
    false_alarms = sum(len(scan(simulate_days(seed, 84), 84).incidents) for seed in range(20))
    assert false_alarms <= ALARMS.budget * 20 * 84 / ALARMS.per_days


def test_a_silent_day_is_one_incident_of_that_day():
    """Whatever number of metrics shows it."""
    silent = simulate_days(
        1, 60, lambda day, metric: 0.0 if (day, metric) == (50, "events") else 1.0, platforms=("linkedin",)
    )
    (incident,) = [i for i in scan(silent, 51).incidents if i.since == (FIRST + timedelta(days=50)).isoformat()]
    assert incident.platform == "linkedin"
    assert {alarm.metric for alarm in incident.alarms} >= {"events"}
    assert all(alarm.kind for alarm in incident.alarms)


def test_a_level_that_stays_is_alarmed_once():
    """Then it is the new normal."""
    dropped = simulate_days(
        2, 84, lambda day, metric: 0.3 if day >= 60 and metric == "engagements" else 1.0, platforms=("linkedin",)
    )
    dropped_on = (FIRST + timedelta(days=60)).isoformat()
    alarms = [alarm for i in scan(dropped, 84).incidents if i.since >= dropped_on for alarm in i.alarms]
    assert len([alarm for alarm in alarms if alarm.metric == "engagements"]) == 1


def test_a_series_is_warming_before_two_weeks():
    """And raises no alarm."""
    young = scan(simulate_days(3, 10, lambda day, _metric: 0.0 if day == 9 else 1.0), 10)
    assert (young.incidents, young.ready) == ((), 0)
    assert young.warming > 0


def test_a_day_is_not_judged_before_its_events_usually_come():
    """A feed that reports the next noon is no outage in the morning."""
    days = simulate_days(4, 40, platforms=("linkedin",))
    for groups in days.values():
        for sums in groups.values():
            sums["late_seconds"] = sums["events"] * 12 * 3600
    missing = {day: groups for day, groups in days.items() if day < (FIRST + timedelta(days=39)).isoformat()}
    assert not scan(missing, 40, hour=6).incidents
    assert scan(missing, 40, hour=13).incidents


def test_incidents_remain_when_later_data_would_hide_them():
    """Late events never remove what was reported."""
    old, new = (Incident(f"ano_{n}", "linkedin", f"2026-10-0{n}", f"2026-10-0{n}", ()) for n in (1, 2))
    assert merge_incidents([old], [new], "2026-09-01") == [old, new]
    assert merge_incidents([old], [new], "2026-10-02") == [new]


def test_an_incident_survives_its_document():
    """What is stored is what is read."""
    burst = simulate_days(5, 60, lambda day, metric: 6.0 if (day, metric) == (55, "engagements") else 1.0)
    detected = scan(burst, 56).incidents
    assert detected
    assert [Incident.from_document(incident.to_document()) for incident in detected] == list(detected)


def count_alarms(client):
    """The alarms of a client in ten noisy worlds of half a year."""
    scans = [scan(simulate_days(seed, 180), 180, client=client) for seed in range(10)]
    return sum(len(incident.alarms) for scanned in scans for incident in scanned.incidents)


def test_a_client_has_the_alarm_budget_of_its_own():
    """A larger one gives more alarms and a smaller one fewer than the default, which holds for everyone else."""
    default = replace(ACME, alarm_budget=ALARMS.default_budget)
    assert count_alarms(ACME) == count_alarms(default)
    generous, strict = (replace(ACME, alarm_budget=AlarmBudget.parse(text)) for text in ("20/30d", "1/3000d"))
    assert count_alarms(strict) < count_alarms(ACME) < count_alarms(generous)


def test_an_alarm_budget_survives_the_clients_document(clock):
    """A document without one has none, and a wrong one is named."""
    store = SqliteStore(":memory:", clock)
    Clients(store).put(ACME)
    assert "alarm_budget" not in store.get(paths.client("acme")).data
    assert Clients(store).get("acme").alarm_budget is None
    budgeted = replace(ACME, alarm_budget=AlarmBudget.parse("2/30d"))
    Clients(store).put(budgeted)
    assert store.get(paths.client("acme")).data["alarm_budget"] == "2/30d"
    assert Clients(store).get("acme") == budgeted
    store.set(paths.client("acme"), {"alarm_budget": "many"}, merge=True)
    with pytest.raises(MisconfiguredError, match=r"the client's alarm_budget: .* got 'many'"):
        Clients(store).get("acme")


OUTAGE = simulate_days(1, 60, lambda day, metric: 0.05 if (day, metric) == (59, "engagements") else 1.0)


def run_daily_analysis(client=ACME):
    """The figures of a deployed daily analysis on the morning after the outage."""
    clock = ManualClock(morning_after(60))
    brain = bootstrap.build_brain(read_settings({"BRAIN_STORE": "sqlite:///:memory:"}), clock=clock, secrets=SECRETS)
    Clients(brain.store).put(client)
    brain.store.set(paths.state("acme", RECENT), {"days": OUTAGE})
    return brain.run_job("brainDailyAnalysis", clock.now(), client_id="acme")["totals"]


@pytest.fixture
def config_folder(tmp_path, monkeypatch) -> Path:
    """A copy of the configuration that the Brain reads."""
    folder = tmp_path / "config"
    shutil.copytree(Path(__file__).parents[3] / "config", folder)
    monkeypatch.setenv("BRAIN_CONFIG", str(folder))
    return folder


def test_the_daily_analysis_finds_the_outage():
    """With the configuration as it is."""
    assert run_daily_analysis()["new_incidents"] > 0


def test_the_daily_analysis_uses_the_constants_of_the_file(config_folder):
    """A detector to which no deviation is unusual finds nothing."""
    file = config_folder / "brain_anomaly.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "smallest_scale": 100.0}))
    assert run_daily_analysis()["new_incidents"] == 0


def test_the_daily_analysis_uses_the_clients_alarm_budget():
    """One alarm in ten thousand years leaves the outage below the limit."""
    strict = replace(ACME, alarm_budget=AlarmBudget.parse("0.00001/100w"))
    assert run_daily_analysis(strict)["new_incidents"] == 0
