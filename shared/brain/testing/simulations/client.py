"""A simulated client with a past, and what a store holds about it: where tests of services start."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from brain.domain.clients.client import Client
from brain.domain.events import Event, FeedType
from brain.ports.document_store import DocumentStore, Set
from brain.repositories import codec, paths
from brain.repositories.clients import Clients
from brain.repositories.gateway import ingest_counters

CLIENT = "acme"
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
COLLECTIONS = ("events", "scores", "state", "anomalies", "reports", "views")


def build_event(number: int, occurred_at: datetime, **fields: Any) -> Event:
    """Build a LinkedIn post with figures of its own."""
    rng = random.Random(number)
    defaults: dict[str, Any] = {
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
        occurred_at=occurred_at,
        received_at=occurred_at,
        **defaults | fields,
    )


def store_events(store: DocumentStore, *events: Event) -> None:
    """Store events as ingest does."""
    for event in events:
        document = codec.new_event_to_document(event, f"content of {event.event_id}", cumulative=True)
        store.set(paths.event(event.client_id, event.event_id), document)
        for mark in ingest_counters.build_activity_marks(event.client_id, event.received_at):
            assert isinstance(mark, Set)
            store.set(mark.path, mark.data, merge=True)


def fill_store(store: DocumentStore, days: int = 24, posts_per_day: int = 3) -> None:
    """Fill a store with a client that posted on each of the days before ``MONDAY``."""
    Clients(store).put(Client(CLIENT, "Acme", "agency"))
    for day in range(days):
        for number in range(posts_per_day):
            published_at = MONDAY - timedelta(days=days - day, hours=-9 - number)
            store_events(store, build_event(day * posts_per_day + number, published_at))


def read_documents(store: DocumentStore, client_id: str = CLIENT) -> dict[str, dict[str, Any]]:
    """Return everything that a store holds about a client, without the server's times."""
    return {
        snapshot.path: {name: value for name, value in snapshot.data.items() if name != "stored_at"}
        for collection in COLLECTIONS
        for snapshot in store.query(f"clients/{client_id}/{collection}")
    }
