"""Worlds of posts that are counted early and again when they have matured, played through the real services."""

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from manual_clock import ManualClock

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.clients.client import Client
from brain.domain.events import Event, FeedType
from brain.domain.jobs.steps import ALL_CLIENTS, LEARNING
from brain.domain.learning.config import LearningConfig
from brain.domain.scoring import ScoringConfig
from brain.domain.scoring.gold_standards import GoldStandards, build_weights_check
from brain.ports.document_store import Transform
from brain.ports.task_queue import Task
from brain.repositories import codec, paths
from brain.repositories.clients import Clients
from brain.repositories.gateway import ingest_counters
from brain.repositories.jobs.runs import Runs
from brain.services.analysis.hourly_scores import HourlyScores
from brain.services.analysis.learn import Learn
from brain.services.analysis.record_outcomes import RecordOutcomes
from brain.services.jobs.run_once import run_once
from brain.settings.files import load_config

LEARNING_CONFIG = load_config("brain_learning", LearningConfig)
SCORING = load_config("brain_scoring", ScoringConfig)
GOLD = build_weights_check(load_config("brain_benchmarks", GoldStandards).cases, SCORING)
START = datetime(2026, 9, 7, tzinfo=UTC)
LIMIT = timedelta(minutes=10)
AUDIENCE = 100_000
BASELINE = SCORING.baselines["twitter"].rate


def post(client, day, number, seed, *, slope=1.0, noise=0.2):
    """Return a post's early and its matured form: early log rates stand for ``slope`` times as much in the end."""
    rng = random.Random(f"{seed}-{client}-{day}-{number}")  # noqa: S311 - a test's world
    early = rng.gauss(0, 0.9)
    late = slope * early + rng.gauss(0, noise) / 0.6
    published_at = START + timedelta(days=day, hours=1, seconds=number)
    first = Event(
        event_id=f"p{day}-{number}",
        client_id=client,
        feed_type=FeedType.CUSTOM,
        occurred_at=published_at,
        received_at=published_at + timedelta(minutes=30),
        platform="twitter",
        engagements=round(AUDIENCE * BASELINE * 0.2 * math.exp(early)),
        audience_size=AUDIENCE,
    )
    engaged = round(AUDIENCE * BASELINE * 0.5 * math.exp(late))
    return first, replace(first, engagements=engaged, received_at=published_at + timedelta(hours=19))


def put(store, event):
    """Store a new event as ingest does."""
    document = codec.new_event_to_document(event, f"content of {event.event_id}", cumulative=True)
    store.set(paths.event(event.client_id, event.event_id), document)
    for mark in ingest_counters.build_activity_marks(event.client_id, event.received_at):
        store.set(mark.path, mark.data, merge=True)


def revise(store, event, number=1):
    """Store new counters of an event as ingest does."""
    deleted = {"engagements": Transform.DELETE_FIELD} if event.engagements is None else {}
    changes = deleted | codec.event_to_document(event) | {"revision": number, "unscored": True}
    store.update(paths.event(event.client_id, event.event_id), changes)


def nothing_more(lease):
    """End the daily run where its analysis would begin."""
    return lease.finish([], {})


def work(job, store, **options):
    """Make a job on a store."""
    if job == "brainHourlyScores":
        return HourlyScores(store, SCORING, LEARNING_CONFIG.outcomes)
    if job == LEARNING:
        return Learn(store, options.get("config", LEARNING_CONFIG), options.get("gold", GOLD))
    return RecordOutcomes(store, LEARNING_CONFIG.outcomes, SCORING, nothing_more, options.get("page", 200))


def run(job, store, clock, client, scheduled_at, **options):
    """Perform a job's task."""
    clock.time = max(clock.time, scheduled_at)
    return run_once(
        Runs(store),
        Task(job, client, scheduled_at, scheduled_at),
        work(job, store, **options),
        time_limit=LIMIT,
        clock=clock,
    )


def learn(store, clock, day, **options):
    """Run the day's learning."""
    return run(LEARNING, store, clock, ALL_CLIENTS, START + timedelta(days=day, hours=6), **options)


def play_day(store, clock, day, clients, posts, *, seed=1, learning=True, **world):
    """Play one day: posts come, are scored early and when they have grown, and are learned from the next morning."""
    midnight = START + timedelta(days=day)
    for client in clients:
        pairs = [post(client, day, number, seed, **world) for number in range(posts)]
        for first, _ in pairs:
            put(store, first)
        run("brainHourlyScores", store, clock, client, midnight + timedelta(hours=2))
        for _, last in pairs:
            revise(store, last)
        run("brainHourlyScores", store, clock, client, midnight + timedelta(hours=21))
        run("brainDailyAnalysis", store, clock, client, midnight + timedelta(days=1, hours=6))
    if learning:
        learn(store, clock, day + 1)


def world(clients=("acme",), days=1, posts=60, first=0, **options):
    """Return a store and a clock after so many days of a world."""
    clock = ManualClock(START)
    store = SqliteStore(":memory:", clock)
    for client in clients:
        Clients(store).put(Client(client, client.title(), "agency"))
    play(store, clock, clients, days, posts, first, **options)
    return store, clock


def play(store, clock, clients, days, posts, first=0, **options):
    """Play so many days more."""
    for day in range(first, first + days):
        play_day(store, clock, day, clients, posts, **options)


def model(store):
    """Return the score's model as stored."""
    return store.get(paths.model("score")).data


def learned_documents(store, clients, collections=("outcomes", "state", "scores")):
    """Return everything that learning left, by path."""
    documents = {}
    for client in clients:
        for collection in collections:
            documents |= {s.path: s.data for s in store.query(f"clients/{client}/{collection}")}
    places = [paths.model("score"), paths.model("priors")]
    documents |= {s.path: s.data for s in store.get_all(places) if s}
    for name in ("history", "decisions"):
        for snapshot in store.query(f"{paths.model('score')}/{name}"):
            documents[snapshot.path] = snapshot.data
            documents |= {s.path: s.data for s in store.query(f"{snapshot.path}/evidence")}
    return documents
