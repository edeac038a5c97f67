"""SparkPost: webhooks with events wrapped in ``msys``, of which an empty one is a ping, and pages of its events API."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import are_test_recipients, build_email_event, read_kind
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.typed_fields import read_flag, read_text

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


def _is_event(payload: object) -> bool:
    return isinstance(payload, Mapping) and "event_id" in payload and "type" in payload


def matches(payload: JsonObject) -> bool:
    """Recognize an event by SparkPost's wrapper, a page by any of its events."""
    results = payload.get("results")
    is_page = isinstance(results, list) and (any(map(_is_event, results)) or {"links", "total_count"} <= payload.keys())
    return is_page or isinstance(payload.get("msys"), Mapping)


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the event of a message, or every event of a page; a ping and an empty page are ignored."""
    wrapper = payload.get("msys")
    if isinstance(wrapper, Mapping):
        events = [(f"msys.{name}", event) for name, event in wrapper.items()]
    else:
        events = [("results", event) for event in payload["results"]]
    if not events:
        return [Ignored("an empty page of events" if wrapper is None else "SparkPost's ping")]
    return [
        _read_event(event, context) if isinstance(event, Mapping) else reject_shape(f"an object in {place}")
        for place, event in events
    ]


def _read_event(event: JsonObject, context: FeedContext) -> FeedOutcome:
    builder = DraftBuilder(event)
    return build_email_event(
        builder,
        read_kind(builder, event, "type"),
        _METRICS,
        builder.read_time(event, "timestamp") or context.signed_at,
        by_machine=_read_prefetched(builder, event),
        provider_event_id=read_text(builder, event, "event_id"),
        content_id=read_text(builder, event, "campaign_id", "template_id", "message_id"),
        retracted=are_test_recipients([event.get("rcpt_to")]),
    )


def _read_prefetched(builder: DraftBuilder, event: JsonObject) -> bool | None:
    """Return whether a mail client fetched the images before anybody read the message; a proxy alone is no sign."""
    client = builder.read_object(event, "user_agent_parsed")
    is_prefetched = read_flag(builder, client, "is_prefetched")
    return read_flag(builder, event, "is_prefetched") if is_prefetched is None else is_prefetched


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "SparkPost events (msys, or a page with event_id and type)",
        matches,
        read,
        names=("msys", "results"),
    ),
)
