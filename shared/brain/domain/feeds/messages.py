"""What all senders of single e-mail events have in common: one thing happened to one message of one recipient."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.reading import Reading, sequence, text


def message(
    reading: Reading, kind: str, metrics: Mapping[str, str | None], occurred_at: datetime | None, **fields: Any
) -> Draft | Rejected:
    """Return the event of one message: the metric of its ``kind`` counts 1; a kind not in ``metrics`` is ``custom``.

    A kind whose metric is None is known and counts nothing: a delivery is no second sending.
    """
    metric = metrics.get(kind)
    if metric:
        reading.metrics.setdefault(metric, 1)
    fields.setdefault("content_type", "email")
    feed_type = FeedType.EMAIL if kind in metrics else FeedType.CUSTOM
    return reading.outcome(feed_type, occurred_at, platform="email", **fields)


def first_tag(value: Any) -> str | None:
    """Return a message's tag, or the first of several."""
    return text(value) or next((found for one in sequence(value) if (found := text(one))), None)


def bare_id(message_id: Any) -> str | None:
    """Return a message id without its angle brackets; as it looks like an address, it is kept as a pseudonym."""
    found = text(message_id)
    return found.strip("<>") or None if found else None
