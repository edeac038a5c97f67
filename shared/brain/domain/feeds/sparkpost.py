"""SparkPost's webhooks: a batch of events, each inside ``msys``; an empty one is a ping."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.messages import message
from brain.domain.feeds.reading import Reading, mapping, text
from brain.domain.feeds.shapes import Item, Shape

_METRICS: Final[Mapping[str, str | None]] = {
    "injection": "sends",
    "delivery": None,
    "delay": None,
    "bounce": "bounces",
    "out_of_band": "bounces",
    "policy_rejection": None,
    "generation_failure": None,
    "generation_rejection": None,
    "spam_complaint": None,
    "open": "opens",
    "amp_open": "opens",
    "initial_open": None,  # comes beside "open" for the first one
    "amp_initial_open": None,
    "click": "clicks",
    "amp_click": "clicks",
    "list_unsubscribe": "unsubscribes",
    "link_unsubscribe": "unsubscribes",
}


def matches(item: Item) -> bool:
    """Tell by SparkPost's own wrapping."""
    return isinstance(item.get("msys"), Mapping)


def read(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one event of a message, or nothing for a ping."""
    inner = next((part for part in item["msys"].values() if isinstance(part, Mapping)), None)
    if inner is None:
        return [Ignored("SparkPost's ping")]
    event = mapping(inner)
    reading = Reading(event)
    return [
        message(
            reading,
            text(event.get("type")) or "",
            _METRICS,
            reading.time(event, "timestamp") or context.signed_at,
            provider_event_id=text(event.get("event_id")),
            content_id=text(event.get("campaign_id"))
            or text(event.get("template_id"))
            or text(event.get("message_id")),
        )
    ]


SHAPES = (Shape(FeedType.EMAIL, "SparkPost events (msys)", matches, read),)
