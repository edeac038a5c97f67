"""What was planted beside what the Brain learned, read from its stored reports like any reader would."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from brain.cli.demo import agency
from brain.cli.demo.agency import CLIENTS
from brain.ports.document_store import DocumentStore, Snapshot
from brain.repositories import paths

# False alarms that config/brain_analysis.yaml allows a client in twelve weeks.
ALARM_BUDGET = 2
CLAIMING = ("formats", "timing", "campaigns", "fatigue")


@dataclass(frozen=True, slots=True)
class Finding:
    """One planted truth, what was learned of it, and whether they agree."""

    client: str
    planted: str
    learned: str
    recovered: bool


def findings(store: DocumentStore) -> list[Finding]:
    """Return every planted truth beside what the final reports say."""
    effects = (_carousel, _hour, _giveaway, _tired_ad)
    incidents = (_outage, _viral, _drop, _nothing)
    return [find(store) for find in effects + incidents]


def headlines(store: DocumentStore) -> list[tuple[str, str, str]]:
    """Return (client, period, headline) of each client's last weekly report."""
    views = [store.get(paths.view(client.client_id, "week")) for client in CLIENTS]
    return [(v.data["client_name"], v.data["period"], v.data["headline"]) for v in views if v]


def fingerprints(store: DocumentStore) -> dict[str, str]:
    """Return a hash over all scores and one over all weekly reports, equal wherever the same world was played."""
    scores, reports = hashlib.sha256(), hashlib.sha256()
    for client in CLIENTS:
        for found in store.query(paths.scores(client.client_id)):
            scores.update(_canonical(found.id, found.data))
        for found in store.query(f"{paths.client(client.client_id)}/reports"):
            if found.id.startswith("weekly-"):
                reports.update(_canonical(found.id, found.data))
    return {"scores": scores.hexdigest()[:16], "weekly_reports": reports.hexdigest()[:16]}


def _canonical(name: str, data: Mapping[str, Any]) -> bytes:
    return json.dumps([name, data], sort_keys=True, default=str).encode()


def _day(number: int) -> str:
    return (agency.START + timedelta(days=number)).date().isoformat()


def _carousel(store: DocumentStore) -> Finding:
    planted = f"carousels on LinkedIn get {agency.CAROUSEL_RATIO} times the engagement"
    named = {"platform": "linkedin", "content_type": "carousel"}
    return _effect(store, "northwind", planted, "formats", named, agency.CAROUSEL_RATIO)


def _hour(store: DocumentStore) -> Finding:
    planted = f"LinkedIn posts at {agency.GOOD_HOUR}:00 get {agency.GOOD_HOUR_RATIO} times the engagement"
    named = {"platform": "linkedin", "from_hour": agency.GOOD_HOUR}
    return _effect(store, "northwind", planted, "timing", named, agency.GOOD_HOUR_RATIO)


def _giveaway(store: DocumentStore) -> Finding:
    planted = f"{agency.GIVEAWAY.name} lifts Instagram {agency.GIVEAWAY_RATIO} times, and is no incident"
    named = {"platform": "instagram", "campaign": agency.GIVEAWAY.name}
    found = _effect(store, "bluebird", planted, "campaigns", named, agency.GIVEAWAY_RATIO)
    first, last = (_day(day) for day in agency.GIVEAWAY_DAYS)
    alarmed = any(
        incident["platform"] == "instagram" and first <= incident["since"] <= last
        for incident in _incidents(store, "bluebird")
    )
    return replace(found, recovered=found.recovered and not alarmed)


def _tired_ad(store: DocumentStore) -> Finding:
    fall = 1 - agency.TIRED_RATIO_A_DAY
    planted = f"ad number {agency.TIRED_AD + 1} wears out, {fall:.0%} fewer clicks a view each day"
    named = {"ad": agency.ad_id(agency.TIRED_AD)}
    return _effect(store, "bluebird", planted, "fatigue", named, agency.TIRED_RATIO_A_DAY)


def _effect(
    store: DocumentStore, client: str, planted: str, section: str, named: Mapping[str, object], truth: float
) -> Finding:
    """Return the claimed effect with these names; found when its interval covers the truth."""
    for effect in _effects(store.get(paths.view(client, "week")), section):
        if named.items() <= effect.items() and effect["claimed"]:
            ratio = effect["ratio"] if "ratio" in effect else effect["ratio_a_day"]
            learned = f"{ratio:.2f} times ({effect['lower']:.2f} to {effect['upper']:.2f})"
            return Finding(client, planted, learned, recovered=bool(effect["lower"] <= truth <= effect["upper"]))
    return Finding(client, planted, "nothing", recovered=False)


def _outage(store: DocumentStore) -> Finding:
    day = _day(agency.EMAIL_OUTAGE_DAYS[0])
    return _incident(store, "northwind", "email", day, f"no e-mail events on {day} and the day after")


def _viral(store: DocumentStore) -> Finding:
    day = _day(agency.VIRAL_DAY)
    return _incident(store, "northwind", "twitter", day, f"posts of {day} go viral, {agency.VIRAL_RATIO:.0f} times")


def _drop(store: DocumentStore) -> Finding:
    day = _day(agency.ADS_DROP_DAY)
    planted = f"ads shown {1 - agency.ADS_DROP_RATIO:.0%} less from {day} on"
    return _incident(store, "bluebird", "facebook", day, planted)


def _incident(store: DocumentStore, client: str, platform: str, day: str, planted: str) -> Finding:
    for incident in _incidents(store, client):
        if incident["platform"] == platform and incident["since"] <= _later(day) and incident["until"] >= day:
            signs = "; ".join(f"{s['metric']} {s['explanation']}" for s in incident["signs"][:1])
            return Finding(client, planted, f"incident since {incident['since']}: {signs}", recovered=True)
    return Finding(client, planted, "no incident", recovered=False)


def _later(day: str) -> str:
    from datetime import date

    return (date.fromisoformat(day) + timedelta(days=2)).isoformat()


def _nothing(store: DocumentStore) -> Finding:
    """Return what was claimed of the client without any truth, in any of its reports."""
    reports = [r for r in store.query(f"{paths.client('quietwater')}/reports") if r.id.startswith("weekly-")]
    claims = [e for report in reports for name in CLAIMING for e in _effects(report, name) if e["claimed"]]
    incidents = _incidents(store, "quietwater")
    learned = f"{len(claims)} claims in {len(reports)} weekly reports, {len(incidents)} incidents"
    return Finding("quietwater", "nothing at all", learned, recovered=not claims and len(incidents) <= ALARM_BUDGET)


def _effects(report: Snapshot | None, section: str) -> list[dict[str, Any]]:
    sections = report.data["sections"] if report else []
    return next((list(s["figures"].get("effects", [])) for s in sections if s["name"] == section), [])


def _incidents(store: DocumentStore, client: str) -> list[dict[str, Any]]:
    return [found.data for found in store.query(f"{paths.client(client)}/anomalies")]
