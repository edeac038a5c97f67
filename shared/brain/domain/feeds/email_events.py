"""What all e-mail services share: an event is what happened to one message to one recipient."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import to_text, to_texts


def build_email_event(
    builder: DraftBuilder, kind: str, metrics: Mapping[str, str | None], occurred_at: datetime | None, **fields: Any
) -> Draft | Rejected:
    """Return the event of one message, with a count of 1 for the metric of its kind.

    Args:
        builder: Builder of the event.
        kind: The provider's name of what happened.
        metrics: Metric by kind. A kind with None is known but counts nothing: a delivery is not a second sending. A
            kind that is not listed makes a ``custom`` event.
        occurred_at: When it happened, None if unknown.
        fields: Further fields of the draft.
    """
    metric = metrics.get(kind)
    if metric:
        builder.metrics.setdefault(metric, 1)
    fields.setdefault("content_type", "email")
    feed_type = FeedType.EMAIL if kind in metrics else FeedType.CUSTOM
    return builder.build(feed_type, occurred_at, platform="email", **fields)


def first_tag(tags: Any) -> str | None:
    """Return a message's tag, or the first of a list of tags."""
    return to_text(tags) or next(iter(to_texts(tags)), None)


def strip_message_id(message_id: Any) -> str | None:
    """Return a message id without its angle brackets; it looks like an address, so it is stored as a pseudonym."""
    text = to_text(message_id)
    return text.strip("<>") or None if text else None
