"""What was planted beside what the Brain learned, read from its stored reports like any reader would."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from brain.cli.demo import agency
from brain.cli.demo.play import CLIENTS
from brain.ports.document_store import DocumentStore
from brain.repositories import paths


@dataclass(frozen=True, slots=True)
class Finding:
    """One planted truth, what was learned of it, and whether they agree."""

    client: str
    planted: str
    learned: str
    recovered: bool


def findings(store: DocumentStore) -> list[Finding]:
    """Return every planted truth beside what the final reports say."""
    return [_carousel(store), _outage(store), _viral(store), _drop(store), *_nothing(store)]


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
    for effect in _effects(store, "northwind"):
        if (effect["platform"], effect["content_type"]) == ("linkedin", "carousel"):
            learned = f"{effect['ratio']:.2f} times ({effect['lower']:.2f} to {effect['upper']:.2f})"
            covered = bool(effect["claimed"]) and effect["lower"] <= agency.CAROUSEL_RATIO <= effect["upper"]
            return Finding("northwind", planted, learned, covered)
    return Finding("northwind", planted, "nothing", recovered=False)


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


def _nothing(store: DocumentStore) -> Iterator[Finding]:
    claims = [e for e in _effects(store, "quietwater") if e["claimed"]]
    incidents = _incidents(store, "quietwater")
    learned = f"{len(claims)} claims, {len(incidents)} incidents in twelve weeks"
    yield Finding("quietwater", "nothing at all", learned, recovered=not claims and not incidents)


def _effects(store: DocumentStore, client: str) -> list[dict[str, Any]]:
    view = store.get(paths.view(client, "week"))
    sections = view.data["sections"] if view else []
    return next((list(s["figures"].get("effects", [])) for s in sections if s["name"] == "formats"), [])


def _incidents(store: DocumentStore, client: str) -> list[dict[str, Any]]:
    return [found.data for found in store.query(f"{paths.client(client)}/anomalies")]
