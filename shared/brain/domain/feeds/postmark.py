"""Postmark's webhooks: one record of one message a request, told by its record type."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.messages import first_tag, message
from brain.domain.feeds.reading import Reading, text
from brain.domain.feeds.shapes import Item, Shape

# Postmark tells nothing when it takes a message, so a message counts as sent when it arrived or came back.
_METRICS: Final[Mapping[str, str | None]] = {
    "Delivery": "sends",
    "Open": "opens",
    "Click": "clicks",
    "Bounce": "bounces",
    "SpamComplaint": None,
    "SubscriptionChange": None,
}
_TIMES: Final = ("DeliveredAt", "ReceivedAt", "BouncedAt", "ChangedAt")
_TEST_MESSAGE: Final = "00000000-0000-0000-0000-000000000000"
# Still on its way, or not about delivery at all: Postmark reports these as bounces too.
_NO_BOUNCE: Final = frozenset(
    {"Transient", "AutoResponder", "AddressChange", "ChallengeVerification", "OpenRelayTest", "Subscribe"}
)


def matches(item: Item) -> bool:
    """Tell by the record type and Postmark's ids."""
    return "RecordType" in item and any(name in item for name in ("MessageID", "MessageStream", "ServerID"))


def read(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one event of a message; the test that Postmark's page sends makes none."""
    if item.get("MessageID") == _TEST_MESSAGE:
        return [Ignored("Postmark's test of the webhook")]
    reading = Reading(item)
    kind = text(item.get("RecordType")) or ""
    cause = text(item.get("Type")) or ""
    metrics = dict(_METRICS)
    if kind == "Bounce" and cause in _NO_BOUNCE:
        metrics["Bounce"] = None
    elif kind == "Bounce":
        reading.metrics["sends"] = 1
    if (kind == "Bounce" and cause == "Unsubscribe") or _is_unsubscribe(item):
        reading.metrics.clear()
        metrics[kind] = "unsubscribes"
    return [
        message(
            reading,
            kind,
            metrics,
            reading.time(item, *_TIMES) or context.signed_at,
            provider_event_id=f"{kind} {item['ID']}" if text(item.get("ID")) else None,
            content_id=first_tag(item.get("Tag")) or text(item.get("MessageID")),
        )
    ]


def _is_unsubscribe(item: Item) -> bool:
    """A suppression after a bounce or a complaint is told by their own records; only a person's wish counts here."""
    return (
        item.get("RecordType") == "SubscriptionChange"
        and item.get("SuppressSending") is True
        and item.get("SuppressionReason") == "ManualSuppression"
        and item.get("Origin") == "Recipient"
    )


SHAPES = (Shape(FeedType.EMAIL, "Postmark records (RecordType, MessageID)", matches, read),)
