"""The largest client that ingest admits: the longest names, new ones daily, every metric, late and revised events."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from brain.bootstrap import Brain
from brain.domain.events import METRICS, Event, FeedType
from brain.ports.document_rules import MAX_WRITES, check_document
from brain.ports.document_store import Delete, Document, DocumentStore, Set
from brain.ports.logger import ErrorReporter
from brain.repositories import codec, paths
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.client import CLIENT, MONDAY, store_events
from brain.testing.simulations.memory_brain import build_memory_brain

KINDS = 24
HOURS = (1, 6, 11, 16, 21)
LATE_DAYS = (3, 45, 100, 300)
LATE_EVERY = 6
LONG_AGO = MONDAY - timedelta(days=1000)
DAILY_NAMES = 3
"""How many of a day's names were never used before."""


def build_name(kind: str, number: int) -> str:
    """Return a name of 256 letters, the longest that an event may have."""
    return f"{kind}{number}".ljust(256, "\u6f22")


def build_day(number: int, seed: int = 1) -> Iterator[Event]:
    """Yield the events of one day, among them late ones of earlier days."""
    rng = random.Random(f"{seed}-{number}")
    midnight = MONDAY + timedelta(days=number)
    for kind in range(KINDS):
        name = kind if kind >= DAILY_NAMES else 1000 + number * DAILY_NAMES + kind
        for hour in HOURS:
            yield build_event(f"{number}-{kind}-{hour}", midnight + timedelta(hours=hour), name, rng)
    for late in LATE_DAYS if number % LATE_EVERY == 0 else ():
        for kind in range(KINDS):
            happened_at = midnight - timedelta(days=late, hours=-kind % 23 - 1)
            yield build_event(f"late-{number}-{late}-{kind}", happened_at, 5000 + number * KINDS + kind, rng)
    for ad in range(40):
        yield build_event(f"ad-{number}-{ad}", midnight, ad % 4, rng, FeedType.ADS_META, f"{ad}".ljust(64, "a"))


def build_event(
    event_id: str,
    occurred_at: datetime,
    name: int,
    rng: random.Random,
    feed_type: FeedType = FeedType.CUSTOM,
    content_id: str = "\u6f22" * 256,
) -> Event:
    """Return an event with every metric."""
    level = rng.choice((1, 1, 1, 1, 50))
    metrics = {metric: level * rng.randrange(10**5, 10**6) for metric in METRICS}
    return Event(
        event_id=event_id.ljust(128, "x"),
        client_id=CLIENT,
        feed_type=feed_type,
        occurred_at=occurred_at,
        received_at=occurred_at + timedelta(hours=1),
        platform=build_name("p", name),
        content_type=build_name("t", name),
        content_id=content_id,
        vertical=build_name("v", 0),
        currency="EUR",
        correlation_id="c" * 256,
        **metrics,  # type: ignore[arg-type]
    )


def simulate_largest_client(
    days: int, analysed_every: int, report_error: ErrorReporter
) -> tuple[Brain, dict[str, int]]:
    """Simulate so many days through the real jobs.

    Args:
        days: How many days.
        analysed_every: How many days one daily and one weekly run are for.
        report_error: Is told of parts of a job that failed.

    Returns:
        The brain, and the size in bytes of every document but the events and their scores.
    """
    clock = ManualClock(MONDAY)
    brain = build_memory_brain(clock)
    brain.report_error = report_error  # type: ignore[method-assign]
    for day in range(days):
        clock.time = MONDAY + timedelta(days=day + 1)
        _store_day(brain.store, day)
        jobs = ["brainHourlyScores"]
        if (day + 1) % analysed_every == 0:
            jobs += ["brainDailyAnalysis", "brainWeeklyReport"]
        for job in jobs:
            answer = brain.run_job(job, clock.time, client_id=CLIENT)
            assert answer["status"] == "success", answer
        if (day + 1) % analysed_every == 0 or day == days - 1:
            _drop_scored(brain.store, clock.time)
    return brain, measure_documents(brain.store)


def measure_documents(store: DocumentStore) -> dict[str, int]:
    """Return the size of every document of the client but its events and their scores, by path."""
    collections = ("state", "views", "reports", "anomalies", "recommendations", "predictions", "outcomes", "warnings")
    snapshots = [s for name in collections for s in store.query(f"clients/{CLIENT}/{name}")]
    return {snapshot.path: check_document(snapshot.path, snapshot.data) for snapshot in snapshots}


def _store_day(store: DocumentStore, day: int) -> None:
    """Store the events of a day as ingest does, many in a commit."""
    events = list(build_day(day))
    writes = [Set(paths.event(CLIENT, event.event_id), _to_document(event)) for event in events[1:]]
    for start in range(0, len(writes), MAX_WRITES // 4):
        store.commit(writes[start : start + MAX_WRITES // 4])
    store_events(store, events[0])


def _to_document(event: Event) -> Document:
    return codec.new_event_to_document(event, f"content of {event.event_id}", cumulative=True)


def _drop_scored(store: DocumentStore, now: datetime) -> None:
    """Delete events and scores that no job reads again, so that two years fit into memory."""
    for collection in ("events", "scores"):
        snapshots = store.query(f"clients/{CLIENT}/{collection}")
        deletes = [Delete(s.path) for s in snapshots if s.data.get("matures_at", LONG_AGO) < now - timedelta(days=1)]
        for start in range(0, len(deletes), MAX_WRITES):
            store.commit(deletes[start : start + MAX_WRITES])
