"""Simulated posts of a client with a planted effect."""

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


def simulate_posts(
    client_id: str, first: datetime, days: int, *, ratio: float = 1.0, seed: int = 1, level: float = 1.0
) -> Iterator[Event]:
    """Yield three posts per day of three random formats; carousels get ``ratio`` times the engagement."""
    rng = random.Random(f"{client_id}-{first}-{seed}")
    for day in range(days):
        for hour in HOURS:
            published_at = first + timedelta(days=day, hours=hour, minutes=rng.randrange(60))
            content_type = rng.choice(TYPES)
            mean = 0.02 * AUDIENCE * level * (ratio if content_type == "carousel" else 1.0)
            yield build_post(client_id, published_at, content_type, round(mean * math.exp(rng.gauss(0, SPREAD))))


def build_post(client_id: str, published_at: datetime, content_type: str, engagements: int, **fields: Any) -> Event:
    """Build a LinkedIn post."""
    defaults: dict[str, Any] = {
        "platform": "linkedin",
        "content_type": content_type,
        "engagements": engagements,
        "impressions": engagements * 20,
        "audience_size": AUDIENCE,
    }
    return Event(
        event_id=f"e{published_at:%Y%m%d%H%M}",
        client_id=client_id,
        feed_type=FeedType.CUSTOM,
        occurred_at=published_at,
        received_at=published_at,
        **defaults | fields,
    )
