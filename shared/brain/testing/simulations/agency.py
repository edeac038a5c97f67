"""Simulated agencies whose posts are counted early and again when they have matured, through the real services."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.clients.client import Client
from brain.domain.events import Event, FeedType
from brain.domain.jobs.steps import ALL_CLIENTS, LEARNING
from brain.domain.learning.config import LearningConfig
from brain.domain.scoring import ScoringConfig
from brain.domain.scoring.gold_standards import GoldStandards, build_weights_check
from brain.ports.document_store import Document, DocumentStore, Transform
from brain.ports.task_queue import Task
from brain.repositories import codec, paths
from brain.repositories.clients import Clients
from brain.repositories.jobs.runs import Runs
from brain.services.analysis.hourly_scores import HourlyScores
from brain.services.analysis.learn import Learn
from brain.services.analysis.record_outcomes import RecordOutcomes
from brain.services.jobs.lease import Figures, Lease
from brain.services.jobs.run_once import Work, run_once
from brain.settings.files import load_config
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.client import store_events

LEARNING_CONFIG = load_config("brain_learning", LearningConfig)
SCORING = load_config("brain_scoring", ScoringConfig)
GOLD = build_weights_check(load_config("brain_benchmarks", GoldStandards).cases, SCORING)
START = datetime(2026, 9, 7, tzinfo=UTC)
LIMIT = timedelta(minutes=10)
AUDIENCE = 100_000
BASELINE = SCORING.baselines["twitter"].rate


def simulate_post(
    client: str, day: int, number: int, seed: int, *, slope: float = 1.0, noise: float = 0.2
) -> tuple[Event, Event]:
    """Simulate a post's early and its matured form; an early log rate stands for ``slope`` times as much in the end."""
    rng = random.Random(f"{seed}-{client}-{day}-{number}")
    early_log_rate = rng.gauss(0, 0.9)
    final_log_rate = slope * early_log_rate + rng.gauss(0, noise) / 0.6
    published_at = START + timedelta(days=day, hours=1, seconds=number)
    early = Event(
        event_id=f"p{day}-{number}",
        client_id=client,
        feed_type=FeedType.CUSTOM,
        occurred_at=published_at,
        received_at=published_at + timedelta(minutes=30),
        platform="twitter",
        engagements=round(AUDIENCE * BASELINE * 0.2 * math.exp(early_log_rate)),
        audience_size=AUDIENCE,
    )
    engagements = round(AUDIENCE * BASELINE * 0.5 * math.exp(final_log_rate))
    return early, replace(early, engagements=engagements, received_at=published_at + timedelta(hours=19))


def revise_event(store: DocumentStore, event: Event, number: int = 1) -> None:
    """Store new counters of an event as ingest does."""
    removed = {"engagements": Transform.DELETE_FIELD} if event.engagements is None else {}
    changes = removed | codec.event_to_document(event) | {"revision": number, "unscored": True}
    store.update(paths.event(event.client_id, event.event_id), changes)


def skip_analysis(lease: Lease) -> Figures:
    """End the daily run where its analysis would begin."""
    return lease.finish([], {})


def build_work(job: str, store: DocumentStore, **options: Any) -> Work:
    """Build the implementation of a job on a store."""
    if job == "brainHourlyScores":
        return HourlyScores(store, SCORING, LEARNING_CONFIG.outcomes)
    if job == LEARNING:
        return Learn(store, options.get("config", LEARNING_CONFIG), options.get("gold", GOLD))
    return RecordOutcomes(store, LEARNING_CONFIG.outcomes, SCORING, skip_analysis, options.get("page", 200))


def run_job(
    job: str, store: DocumentStore, clock: ManualClock, client: str, scheduled_at: datetime, **options: Any
) -> Figures:
    """Perform a job's task at its scheduled time."""
    clock.time = max(clock.time, scheduled_at)
    task = Task(job, client, scheduled_at, scheduled_at)
    return run_once(Runs(store), task, build_work(job, store, **options), time_limit=LIMIT, clock=clock)


def run_learning(store: DocumentStore, clock: ManualClock, day: int, **options: Any) -> Figures:
    """Run the learning job of a day."""
    scheduled_at = START + timedelta(days=day, hours=6)
    return run_job(LEARNING, store, clock, ALL_CLIENTS, scheduled_at, **options)


def simulate_day(
    store: DocumentStore,
    clock: ManualClock,
    day: int,
    clients: Sequence[str],
    posts: int,
    *,
    seed: int = 1,
    learning: bool = True,
    **effects: float,
) -> None:
    """Simulate a day: posts arrive, are scored early and when they have grown; the next morning learns from them."""
    midnight = START + timedelta(days=day)
    for client in clients:
        pairs = [simulate_post(client, day, number, seed, **effects) for number in range(posts)]
        for early, _ in pairs:
            store_events(store, early)
        run_job("brainHourlyScores", store, clock, client, midnight + timedelta(hours=2))
        for _, matured in pairs:
            revise_event(store, matured)
        run_job("brainHourlyScores", store, clock, client, midnight + timedelta(hours=21))
        run_job("brainDailyAnalysis", store, clock, client, midnight + timedelta(days=1, hours=6))
    if learning:
        run_learning(store, clock, day + 1)


def simulate_agency(
    clients: Sequence[str] = ("acme",), days: int = 1, posts: int = 60, first: int = 0, **options: Any
) -> tuple[SqliteStore, ManualClock]:
    """Simulate an agency on a new store; return the store and the clock after so many days."""
    clock = ManualClock(START)
    store = SqliteStore(":memory:", clock)
    for client in clients:
        Clients(store).put(Client(client, client.title(), "agency"))
    simulate_days(store, clock, clients, days, posts, first, **options)
    return store, clock


def simulate_days(
    store: DocumentStore,
    clock: ManualClock,
    clients: Sequence[str],
    days: int,
    posts: int,
    first: int = 0,
    **options: Any,
) -> None:
    """Simulate so many further days."""
    for day in range(first, first + days):
        simulate_day(store, clock, day, clients, posts, **options)


def read_model(store: DocumentStore) -> Document:
    """Return the score's model as stored."""
    snapshot = store.get(paths.model("score"))
    assert snapshot is not None
    return snapshot.data


def read_learned_documents(
    store: DocumentStore, clients: Sequence[str], collections: Sequence[str] = ("outcomes", "state", "scores")
) -> dict[str, Document]:
    """Return everything that learning wrote, by path."""
    snapshots = [
        snapshot
        for client in clients
        for collection in collections
        for snapshot in store.query(f"clients/{client}/{collection}")
    ]
    models = store.get_all([paths.model("score"), paths.model("priors")])
    snapshots += [snapshot for snapshot in models if snapshot]
    for collection in ("history", "decisions"):
        for snapshot in store.query(f"{paths.model('score')}/{collection}"):
            snapshots += [snapshot, *store.query(f"{snapshot.path}/evidence")]
    return {snapshot.path: snapshot.data for snapshot in snapshots}
