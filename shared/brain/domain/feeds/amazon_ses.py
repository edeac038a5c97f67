"""Amazon SES: events and notifications, plain, inside SNS envelopes, and from EventBridge."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.messages import first_tag, message
from brain.domain.feeds.reading import Reading, mapping, sequence, text
from brain.domain.feeds.shapes import Item, Shape
from brain.domain.json_text import parse_json
from brain.errors import InvalidInputError

# What happened -> the part of the payload that tells of it, and the metric it counts.
_METRICS: Final[Mapping[str, str | None]] = {
    "send": "sends",
    "delivery": None,
    "open": "opens",
    "click": "clicks",
    "bounce": "bounces",
    "complaint": None,
    "reject": None,
    "deliverydelay": None,
    "renderingfailure": None,
    "rendering failure": None,
    "subscription": None,
}
_PARTS: Final = {"deliverydelay": "deliveryDelay", "renderingfailure": "failure", "rendering failure": "failure"}
_CAMPAIGN_TAGS: Final = ("campaign", "campaign_id", "campaignId", "ses:campaign")
# What is fetched from an address that a request names could be anything inside our network: an operator decides.
_CONFIRMATIONS: Final = {
    "SubscriptionConfirmation": "an SNS subscription waits for its confirmation; if it is yours, open SubscribeURL",
    "UnsubscribeConfirmation": "an SNS subscription was cancelled; to take it up again, open SubscribeURL",
}
_AMAZONS_URL: Final = re.compile(r"https://sns\.[a-z0-9-]{1,32}\.amazonaws\.com(?:\.cn)?/[!-~]{1,2000}")


def _is_event(item: Item) -> bool:
    return isinstance(item.get("mail"), Mapping) and ("eventType" in item or "notificationType" in item)


def matches(item: Item) -> bool:
    """Tell an event by its mail, an envelope by its topic, EventBridge by its source."""
    return _is_event(item) or ("TopicArn" in item and "Type" in item) or item.get("source") == "aws.ses"


def read(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return the event that the item is or carries; confirmations of a subscription make none."""
    kind = item.get("Type")
    if isinstance(kind, str) and kind in _CONFIRMATIONS:
        return [_confirmation(item)]
    event = item
    if "TopicArn" in item:
        try:
            event = parse_json(str(item.get("Message", "")).encode())
        except InvalidInputError:
            event = {}
        if not isinstance(event, Mapping) or not _is_event(event):
            return [_not_ours(event)]
    elif item.get("source") == "aws.ses":
        event = mapping(item.get("detail"))
        if not _is_event(event):
            return [_not_ours(event)]
    return [_event(event, context)]


def _confirmation(item: Item) -> Ignored:
    """Say what the operator is to do, with the address where it is Amazon's own."""
    url = str(item.get("SubscribeURL", ""))
    said = _CONFIRMATIONS[item["Type"]]
    return Ignored(f"{said}: {url}" if _AMAZONS_URL.fullmatch(url) else said)


def _not_ours(event: object) -> Outcome:
    if isinstance(event, Mapping) and not event:
        return Ignored("an SNS message that is no JSON, such as SES's own notice of a successful set-up")
    return Rejected(
        "unknown_shape", "Expected an event of SES (eventType, mail) in the envelope; another message came."
    )


def _event(item: Item, context: FeedContext) -> Draft | Rejected:
    """Return one event; SES tells of several recipients at once, and each of them counts."""
    reading = Reading(item)
    kind = (text(item.get("eventType")) or text(item.get("notificationType")) or "").lower()
    mail, part = mapping(item["mail"]), mapping(item.get(_PARTS.get(kind, kind)))
    if kind == "send":
        reading.metrics["sends"] = len(sequence(mail.get("destination"))) or 1
    if kind == "bounce":
        reading.metrics["bounces"] = len(sequence(part.get("bouncedRecipients"))) or 1
    if kind == "subscription" and _unsubscribed(part):
        reading.metrics["unsubscribes"] = 1
    tags = mapping(mail.get("tags"))
    campaign = next((found for name in _CAMPAIGN_TAGS if (found := first_tag(tags.get(name)))), None)
    return message(
        reading,
        kind,
        _METRICS,
        reading.time(part, "timestamp") or reading.time(mail, "timestamp") or context.signed_at,
        provider_event_id=text(part.get("feedbackId")),
        content_id=campaign or text(mail.get("messageId")),
    )


def _unsubscribed(part: Item) -> bool:
    """Tell from the preferences after the change: all left at once, or a topic that is now opted out of."""
    after = mapping(part.get("newTopicPreferences"))
    topics = sequence(after.get("topicSubscriptionStatus")) or sequence(after.get("topicDefaultSubscriptionStatus"))
    return after.get("unsubscribeAll") is True or any(
        mapping(topic).get("subscriptionStatus") == "OptOut" for topic in topics
    )


SHAPES = (
    Shape(
        FeedType.EMAIL, "Amazon SES events (eventType or notificationType with mail), plain or in SNS", matches, read
    ),
)
