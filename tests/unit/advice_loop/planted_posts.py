"""Posts of a client whose truth is planted, for tests and for the benchmark of advice."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from brain.domain.events import Event, FeedType

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
