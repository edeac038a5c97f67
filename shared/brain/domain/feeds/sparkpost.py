"""SparkPost's webhooks: a batch of events, each wrapped in ``msys``; an empty one is a ping."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event
from brain.domain.feeds.json_values import first_text, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape

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
    "initial_open": None,  # sent together with the first "open"
    "amp_initial_open": None,
    "click": "clicks",
    "amp_click": "clicks",
    "list_unsubscribe": "unsubscribes",
    "link_unsubscribe": "unsubscribes",
}


def matches(payload: JsonObject) -> bool:
    """Recognize an event by SparkPost's wrapper."""
    return isinstance(payload.get("msys"), Mapping)


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a message; a ping is ignored."""
    event = next((event for event in payload["msys"].values() if isinstance(event, Mapping)), None)
    if event is None:
        return [Ignored("SparkPost's ping")]
    builder = DraftBuilder(event)
    return [
        build_email_event(
            builder,
            to_text(event.get("type")) or "",
            _METRICS,
            builder.read_time(event, "timestamp") or context.signed_at,
            provider_event_id=to_text(event.get("event_id")),
            content_id=first_text(event, ("campaign_id", "template_id", "message_id")),
        )
    ]


SHAPES = (PayloadShape(FeedType.EMAIL, "SparkPost events (msys)", matches, read),)
