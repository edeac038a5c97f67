"""SendGrid's event webhook: a batch of events of single messages."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, read_kind
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.typed_fields import read_flag, read_text

# A message counts as sent once, when SendGrid accepts it ("processed"), and not again when it is delivered.
# A dropped message was never sent; being on a suppression list is neither a bounce nor an unsubscribe.
_METRICS: Final[Mapping[str, str | None]] = {
    "processed": "sends",
    "delivered": None,
    "deferred": None,
    "dropped": None,
    "bounce": "bounces",
    "blocked": "bounces",
    "open": "opens",
    "click": "clicks",
    "unsubscribe": "unsubscribes",
    "group_unsubscribe": "unsubscribes",
    "group_resubscribe": None,
    "spamreport": None,
}
_CAMPAIGN_IDS: Final = (
    "singlesend_id", "marketing_campaign_id", "campaign_id", "mc_auto_id", "template_id", "sg_template_id",
)  # fmt: skip
_TEST_MESSAGE: Final = "<14c5d75ce93.dfd.64b469@ismtpd-555>"
_TEST_RECIPIENT: Final = "example@test.com"


def matches(payload: JsonObject) -> bool:
    """Recognize an event by SendGrid's own ids."""
    return "event" in payload and "timestamp" in payload and ("sg_event_id" in payload or "sg_message_id" in payload)


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a message; an unknown kind makes a ``custom`` event."""
    if payload.get("smtp-id") == _TEST_MESSAGE and payload.get("email") == _TEST_RECIPIENT:
        return [Ignored("SendGrid's test of the integration")]
    builder = DraftBuilder(payload)
    return [
        build_email_event(
            builder,
            read_kind(builder, payload, "event"),
            _METRICS,
            builder.read_time(payload, "timestamp") or context.signed_at,
            by_machine=read_flag(builder, payload, "sg_machine_open"),
            provider_event_id=read_text(builder, payload, "sg_event_id"),
            content_id=_find_content_id(builder, payload),
        )
    ]


def _find_content_id(builder: DraftBuilder, event: JsonObject) -> str | None:
    """Return the id of the campaign, else the template, else the message, which the events of a mailing share."""
    campaign_id = read_text(builder, event, *_CAMPAIGN_IDS)
    newsletter_id = read_text(builder, builder.read_object(event, "newsletter"), "newsletter_id")
    message_id = read_text(builder, event, "sg_message_id")
    # The part before the names of SendGrid's machines is the message id that the API returned.
    return campaign_id or newsletter_id or (message_id.split(".filter")[0].split(".recvd")[0] if message_id else None)


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "SendGrid events (event, timestamp, sg_event_id, sg_message_id)",
        matches,
        read,
        names=("sg_event_id", "sg_message_id"),
    ),
)
