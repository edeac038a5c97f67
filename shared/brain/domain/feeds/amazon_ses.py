"""Amazon SES: events and notifications, plain, in SNS envelopes, and from EventBridge."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import are_test_recipients, build_email_event, read_kind, read_tag
from brain.domain.feeds.json_values import to_list, to_object
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.typed_fields import read_text
from brain.domain.json_text import parse_json
from brain.errors import InvalidInputError

# The metric that each kind of event counts.
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
# The field with an event's details, where it is not named like the kind.
_DETAIL_FIELDS: Final = {
    "deliverydelay": "deliveryDelay",
    "renderingfailure": "failure",
    "rendering failure": "failure",
}
_CAMPAIGN_TAGS: Final = ("campaign", "campaign_id", "campaignId", "ses:campaign")
# Fetching a URL that a request names could reach anything inside our network, so an operator opens it.
_CONFIRMATIONS: Final = {
    "SubscriptionConfirmation": "an SNS subscription awaits confirmation; if you requested it, open SubscribeURL",
    "UnsubscribeConfirmation": "an SNS subscription was cancelled; to restore it, open SubscribeURL",
}
_AMAZON_URL: Final = re.compile(r"https://sns\.[a-z0-9-]{1,32}\.amazonaws\.com(?:\.cn)?/[!-~]{1,2000}")


def _is_event(payload: JsonObject) -> bool:
    return isinstance(payload.get("mail"), Mapping) and ("eventType" in payload or "notificationType" in payload)


def matches(payload: JsonObject) -> bool:
    """Recognize an event by its mail, an SNS envelope by its topic, an EventBridge event by its source."""
    return _is_event(payload) or ("TopicArn" in payload and "Type" in payload) or payload.get("source") == "aws.ses"


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the event that the payload is or contains; a subscription's confirmation is ignored."""
    message_type = payload.get("Type")
    if isinstance(message_type, str) and message_type in _CONFIRMATIONS:
        return [_describe_confirmation(payload)]
    event = payload
    if "TopicArn" in payload:
        try:
            event = parse_json(str(payload.get("Message", "")).encode())
        except InvalidInputError:
            event = {}
        if not isinstance(event, Mapping) or not _is_event(event):
            return [_refuse_message(event)]
    elif payload.get("source") == "aws.ses":
        event = to_object(payload.get("detail"))
        if not _is_event(event):
            return [_refuse_message(event)]
    return [_read_event(event, context)]


def _describe_confirmation(payload: JsonObject) -> Ignored:
    """Return what the operator has to do, with the URL if it is Amazon's own."""
    url = str(payload.get("SubscribeURL", ""))
    instruction = _CONFIRMATIONS[payload["Type"]]
    return Ignored(f"{instruction}: {url}" if _AMAZON_URL.fullmatch(url) else instruction)


def _refuse_message(event: object) -> FeedOutcome:
    if isinstance(event, Mapping) and not event:
        return Ignored("an SNS message that is not JSON, such as the notification of a successful SES set-up")
    return reject_shape("an SES event (eventType, mail) in the envelope")


def _read_event(event: JsonObject, context: FeedContext) -> Draft | Rejected:
    """Return one event; SES reports several recipients in one, and each of them counts."""
    builder = DraftBuilder(event)
    kind = read_kind(builder, event, "eventType" if "eventType" in event else "notificationType").lower()
    mail = event["mail"]
    details = builder.read_object(event, _DETAIL_FIELDS.get(kind, kind))
    destination = builder.read_list(mail, "destination")
    _count_recipients(builder, kind, destination, details)
    return build_email_event(
        builder,
        kind,
        _METRICS,
        builder.read_time(details, "timestamp") or builder.read_time(mail, "timestamp") or context.signed_at,
        provider_event_id=read_text(builder, details, "feedbackId"),
        content_id=read_tag(builder, builder.read_object(mail, "tags"), *_CAMPAIGN_TAGS)
        or read_text(builder, mail, "messageId"),
        retracted=are_test_recipients(destination),
    )


def _count_recipients(builder: DraftBuilder, kind: str, destination: list[Any], details: JsonObject) -> None:
    if kind == "send":
        builder.metrics["sends"] = len(destination) or 1
    elif kind == "bounce":
        builder.metrics["bounces"] = len(builder.read_list(details, "bouncedRecipients")) or 1
    elif kind == "subscription" and _is_unsubscribe(details):
        builder.metrics["unsubscribes"] = 1


def _is_unsubscribe(subscription: JsonObject) -> bool:
    """Return whether the recipient opted out of everything, or of at least one topic, by the new preferences."""
    preferences = to_object(subscription.get("newTopicPreferences"))
    topics = to_list(preferences.get("topicSubscriptionStatus")) or to_list(
        preferences.get("topicDefaultSubscriptionStatus")
    )
    return preferences.get("unsubscribeAll") is True or any(
        to_object(topic).get("subscriptionStatus") == "OptOut" for topic in topics
    )


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "Amazon SES events (eventType or notificationType with mail), plain or in SNS",
        matches,
        read,
        names=("mail", "TopicArn", "source"),
    ),
)
