"""Amazon SES: events and notifications, plain, in SNS envelopes, and from EventBridge."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, first_tag
from brain.domain.feeds.json_values import first_text, to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
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
    kind = (first_text(event, ("eventType", "notificationType")) or "").lower()
    mail, details = to_object(event["mail"]), to_object(event.get(_DETAIL_FIELDS.get(kind, kind)))
    builder.metrics |= _count_recipients(kind, mail, details)
    tags = to_object(mail.get("tags"))
    campaign = next((tag for name in _CAMPAIGN_TAGS if (tag := first_tag(tags.get(name)))), None)
    return build_email_event(
        builder,
        kind,
        _METRICS,
        builder.read_time(details, "timestamp") or builder.read_time(mail, "timestamp") or context.signed_at,
        provider_event_id=to_text(details.get("feedbackId")),
        content_id=campaign or to_text(mail.get("messageId")),
    )


def _count_recipients(kind: str, mail: JsonObject, details: JsonObject) -> dict[str, float]:
    if kind == "send":
        return {"sends": len(to_list(mail.get("destination"))) or 1}
    if kind == "bounce":
        return {"bounces": len(to_list(details.get("bouncedRecipients"))) or 1}
    return {"unsubscribes": 1} if kind == "subscription" and _is_unsubscribe(details) else {}


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
        FeedType.EMAIL, "Amazon SES events (eventType or notificationType with mail), plain or in SNS", matches, read
    ),
)
