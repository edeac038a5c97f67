"""Compares the planted effects with what the Brain learned, read from its stored reports as any reader would."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from brain.cli.demo import agency
from brain.cli.demo.agency import CLIENTS
from brain.ports.document_store import DocumentStore, Snapshot
from brain.repositories import paths

# The false alarms per client that config/brain_analysis.yaml allows in twelve weeks.
ALARM_BUDGET = 2
CLAIMING_SECTIONS = ("formats", "timing", "campaigns", "fatigue")


@dataclass(frozen=True, slots=True)
class Finding:
    """A planted effect, what was learned about it, and whether they agree."""

    client: str
    planted: str
    learned: str
    recovered: bool


def list_findings(store: DocumentStore) -> list[Finding]:
    """Return every planted effect with what the final reports say about it."""
    effects = (_find_carousel, _find_hour, _find_giveaway, _find_tired_ad)
    incidents = (_find_outage, _find_viral_day, _find_ads_drop, _find_nothing)
    return [find(store) for find in effects + incidents]


def read_headlines(store: DocumentStore) -> list[tuple[str, str, str]]:
    """Return (client, period, headline) of each client's last weekly report."""
    views = [store.get(paths.view(client.client_id, "week")) for client in CLIENTS]
    return [(view.data["client_name"], view.data["period"], view.data["headline"]) for view in views if view]


def compute_fingerprints(store: DocumentStore) -> dict[str, str]:
    """Return a hash over all scores and one over all weekly reports; equal wherever the same seed was simulated."""
    scores, reports = hashlib.sha256(), hashlib.sha256()
    for client in CLIENTS:
        for snapshot in store.query(paths.scores(client.client_id)):
            scores.update(_encode(snapshot.id, snapshot.data))
        for snapshot in store.query(f"{paths.client(client.client_id)}/reports"):
            if snapshot.id.startswith("weekly-"):
                reports.update(_encode(snapshot.id, snapshot.data))
    return {"scores": scores.hexdigest()[:16], "weekly_reports": reports.hexdigest()[:16]}


def _encode(name: str, data: Mapping[str, Any]) -> bytes:
    return json.dumps([name, data], sort_keys=True, default=str).encode()


def _format_day(number: int) -> str:
    return (agency.START + timedelta(days=number)).date().isoformat()


def _find_carousel(store: DocumentStore) -> Finding:
    planted = f"carousels on LinkedIn get {agency.CAROUSEL_RATIO} times the engagement"
    labels = {"platform": "linkedin", "content_type": "carousel"}
    return _find_effect(store, "northwind", planted, "formats", labels, agency.CAROUSEL_RATIO)


def _find_hour(store: DocumentStore) -> Finding:
    planted = f"LinkedIn posts at {agency.GOOD_HOUR}:00 get {agency.GOOD_HOUR_RATIO} times the engagement"
    labels = {"platform": "linkedin", "from_hour": agency.GOOD_HOUR}
    return _find_effect(store, "northwind", planted, "timing", labels, agency.GOOD_HOUR_RATIO)


def _find_giveaway(store: DocumentStore) -> Finding:
    planted = f"{agency.GIVEAWAY.name} lifts Instagram {agency.GIVEAWAY_RATIO} times, and is no incident"
    labels = {"platform": "instagram", "campaign": agency.GIVEAWAY.name}
    finding = _find_effect(store, "bluebird", planted, "campaigns", labels, agency.GIVEAWAY_RATIO)
    first, last = (_format_day(day) for day in agency.GIVEAWAY_DAYS)
    alarmed = any(
        incident["platform"] == "instagram" and first <= incident["since"] <= last
        for incident in _read_incidents(store, "bluebird")
    )
    return replace(finding, recovered=finding.recovered and not alarmed)


def _find_tired_ad(store: DocumentStore) -> Finding:
    fall = 1 - agency.TIRED_RATIO_PER_DAY
    planted = f"ad number {agency.TIRED_AD + 1} wears out, {fall:.0%} fewer clicks a view each day"
    labels = {"ad": agency.ad_id(agency.TIRED_AD)}
    return _find_effect(store, "bluebird", planted, "fatigue", labels, agency.TIRED_RATIO_PER_DAY)


def _find_effect(
    store: DocumentStore, client: str, planted: str, section: str, labels: Mapping[str, object], truth: float
) -> Finding:
    """Return the claimed effect with these labels; recovered when its interval covers the truth."""
    for effect in _read_effects(store.get(paths.view(client, "week")), section):
        if labels.items() <= effect.items() and effect["claimed"]:
            ratio = effect["ratio"] if "ratio" in effect else effect["ratio_a_day"]
            learned = f"{ratio:.2f} times ({effect['lower']:.2f} to {effect['upper']:.2f})"
            return Finding(client, planted, learned, recovered=bool(effect["lower"] <= truth <= effect["upper"]))
    return Finding(client, planted, "nothing", recovered=False)


def _find_outage(store: DocumentStore) -> Finding:
    day = _format_day(agency.EMAIL_OUTAGE_DAYS[0])
    return _find_incident(store, "northwind", "email", day, f"no e-mail events on {day} and the day after")


def _find_viral_day(store: DocumentStore) -> Finding:
    day = _format_day(agency.VIRAL_DAY)
    return _find_incident(
        store, "northwind", "twitter", day, f"posts of {day} go viral, {agency.VIRAL_RATIO:.0f} times"
    )


def _find_ads_drop(store: DocumentStore) -> Finding:
    day = _format_day(agency.ADS_DROP_DAY)
    planted = f"ads shown {1 - agency.ADS_DROP_RATIO:.0%} less from {day} on"
    return _find_incident(store, "bluebird", "facebook", day, planted)


def _find_incident(store: DocumentStore, client: str, platform: str, day: str, planted: str) -> Finding:
    for incident in _read_incidents(store, client):
        if incident["platform"] == platform and incident["since"] <= _add_two_days(day) and incident["until"] >= day:
            signs = "; ".join(f"{sign['metric']} {sign['explanation']}" for sign in incident["signs"][:1])
            return Finding(client, planted, f"incident since {incident['since']}: {signs}", recovered=True)
    return Finding(client, planted, "no incident", recovered=False)


def _add_two_days(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=2)).isoformat()


def _find_nothing(store: DocumentStore) -> Finding:
    """Return what was claimed about the client without any planted effect, in any of its reports."""
    reports = [
        report for report in store.query(f"{paths.client('quietwater')}/reports") if report.id.startswith("weekly-")
    ]
    claims = [
        effect
        for report in reports
        for section in CLAIMING_SECTIONS
        for effect in _read_effects(report, section)
        if effect["claimed"]
    ]
    incidents = _read_incidents(store, "quietwater")
    learned = f"{len(claims)} claims in {len(reports)} weekly reports, {len(incidents)} incidents"
    return Finding("quietwater", "nothing at all", learned, recovered=not claims and len(incidents) <= ALARM_BUDGET)


def _read_effects(report: Snapshot | None, section: str) -> list[dict[str, Any]]:
    for content in report.data["sections"] if report else []:
        if content["name"] == section:
            return list(content["figures"].get("effects", []))
    return []


def _read_incidents(store: DocumentStore, client: str) -> list[dict[str, Any]]:
    return [snapshot.data for snapshot in store.query(f"{paths.client(client)}/anomalies")]
