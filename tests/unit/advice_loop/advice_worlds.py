"""Clients whose truth is planted, and weeks of jobs over them, for the tests of advice and predictions."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from brain.adapters.sqlite.store import SqliteStore
from brain.domain.analysis_config import analysis_config
from brain.domain.clients import Client
from brain.domain.events import Event, FeedType
from brain.domain.learning.config import learning_config
from brain.domain.predictions.config import load_prediction_config
from brain.domain.recommendations.advice_config import load_advice_config
from brain.domain.recommendations.triggers import load_triggers
from brain.repositories import books, codec, paths
from brain.repositories.clients import Clients
from brain.settings.files import read_config

ANALYSIS = read_config("brain_analysis", analysis_config)
ADVICE = read_config("brain_advice", load_advice_config)
TRIGGERS = read_config("triggers", load_triggers)
PREDICTIONS = read_config("brain_predictions", load_prediction_config)
EVALUATION = read_config("brain_learning", learning_config).policy_evaluation
MONDAY = datetime(2026, 8, 31, tzinfo=UTC)
TYPES = ("carousel", "photo", "text")
AUDIENCE = 6000
SPREAD = 0.4
HOURS = (8, 12, 17)


def posts(
    client_id: str, first: datetime, days: int, *, ratio: float = 1.0, seed: int = 1, level: float = 1.0
) -> Iterator[Event]:
    """Yield three posts a day of three formats at random; carousels get ``ratio`` times the engagement."""
    rng = random.Random(f"{client_id}-{first}-{seed}")  # noqa: S311 - a test's world
    for day in range(days):
        for hour in HOURS:
            at = first + timedelta(days=day, hours=hour, minutes=rng.randrange(60))
            kind = rng.choice(TYPES)
            usual = 0.02 * AUDIENCE * level * (ratio if kind == "carousel" else 1.0)
            yield post(client_id, at, kind, round(usual * math.exp(rng.gauss(0, SPREAD))))


def post(client_id: str, at: datetime, kind: str, engagements: int, **fields: Any) -> Event:
    """Return one LinkedIn post."""
    given: dict[str, Any] = {
        "platform": "linkedin",
        "content_type": kind,
        "engagements": engagements,
        "impressions": engagements * 20,
        "audience_size": AUDIENCE,
    }
    return Event(
        event_id=f"e{at:%Y%m%d%H%M}",
        client_id=client_id,
        feed_type=FeedType.CUSTOM,
        occurred_at=at,
        received_at=at,
        **given | fields,
    )


def put(store: SqliteStore, *events: Event) -> None:
    """Store events as ingest does."""
    for one in events:
        document = codec.new_event_document(one, f"content of {one.event_id}", cumulative=True)
        store.set(paths.event(one.client_id, one.event_id), document)
        for mark in books.marks(one.client_id, one.received_at):
            store.set(mark.path, mark.data, merge=True)


def set_up(store: SqliteStore, client_id: str, vertical: str = "agency") -> None:
    """Store who a client is."""
    Clients(store).put(Client(client_id, client_id.title(), vertical))
