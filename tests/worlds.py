"""Small worlds that tests of services start from: a client with a past, and what a store holds of it."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from brain.domain.clients.client import Client
from brain.domain.events import Event, FeedType
from brain.ports.document_store import DocumentStore
from brain.repositories import codec, paths
from brain.repositories.clients import Clients
from brain.repositories.gateway import ingest_counters

CLIENT = "acme"
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
COLLECTIONS = ("events", "scores", "state", "anomalies", "reports", "views")


def event(number: int, at: datetime, **fields: Any) -> Event:
    """A LinkedIn post with figures of its own."""
    rng = random.Random(number)  # noqa: S311 - a test's world
    given = {
        "platform": "linkedin",
        "content_type": rng.choice(("photo", "text")),
        "engagements": rng.randrange(20, 200),
        "impressions": rng.randrange(500, 5000),
        "audience_size": 4000,
    }
    return Event(
        event_id=f"e{number}",
        client_id=CLIENT,
        feed_type=FeedType.CUSTOM,
        occurred_at=at,
        received_at=at,
        **given | fields,
    )


def put(store: DocumentStore, *events: Event) -> None:
    """Store events as ingest does."""
    for one in events:
        document = codec.new_event_to_document(one, f"content of {one.event_id}", cumulative=True)
        store.set(paths.event(one.client_id, one.event_id), document)
        for mark in ingest_counters.build_activity_marks(one.client_id, one.received_at):
            store.set(mark.path, mark.data, merge=True)


def seed(store: DocumentStore, days: int = 24, a_day: int = 3) -> None:
    """Fill a store with a client that posted on each of the days before ``MONDAY``."""
    Clients(store).put(Client(CLIENT, "Acme", "agency"))
    for day in range(days):
        for k in range(a_day):
            at = MONDAY - timedelta(days=days - day, hours=-9 - k)
            put(store, event(day * a_day + k, at))


def documents(store: DocumentStore, client_id: str = CLIENT) -> dict[str, dict[str, Any]]:
    """Everything a store holds of a client, but when the server wrote it."""
    return dict(_all(store, client_id))


def _all(store: DocumentStore, client_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for collection in COLLECTIONS:
        for found in store.query(f"clients/{client_id}/{collection}"):
            yield found.path, {name: value for name, value in found.data.items() if name != "stored_at"}
