"""SendGrid's event webhook: a batch of what happened to single messages."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.messages import message
from brain.domain.feeds.reading import Reading, mapping, text
from brain.domain.feeds.shapes import Item, Shape

# A message counts as sent once, when SendGrid takes it ("processed"); being delivered later is no second message.
# What SendGrid drops was never sent, and being on a suppression list is neither a bounce nor an unsubscribe.
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
_CAMPAIGNS: Final = (
    "singlesend_id", "marketing_campaign_id", "campaign_id", "mc_auto_id", "template_id", "sg_template_id",
)  # fmt: skip
_TEST_MESSAGE: Final = "<14c5d75ce93.dfd.64b469@ismtpd-555>"
_TEST_RECIPIENT: Final = "example@test.com"


def matches(item: Item) -> bool:
    """Tell by SendGrid's own ids beside an event."""
    return "event" in item and "timestamp" in item and ("sg_event_id" in item or "sg_message_id" in item)


def read(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one event of a message; kinds that SendGrid adds later are kept as ``custom``."""
    if item.get("smtp-id") == _TEST_MESSAGE and item.get("email") == _TEST_RECIPIENT:
        return [Ignored("SendGrid's test of the integration")]
    reading = Reading(item)
    machine = item.get("sg_machine_open")
    return [
        message(
            reading,
            text(item.get("event")) or "",
            _METRICS,
            reading.time(item, "timestamp") or context.signed_at,
            provider_event_id=text(item.get("sg_event_id")),
            qualities={"bot_ratio": float(machine)} if isinstance(machine, bool) else {},
            content_id=_content(item),
        )
    ]


def _content(item: Item) -> str | None:
    """Return the campaign, else the template, else the message: what other events of the same mailing share."""
    campaign = next((found for name in _CAMPAIGNS if (found := text(item.get(name)))), None)
    newsletter = text(mapping(item.get("newsletter")).get("newsletter_id"))
    sent = text(item.get("sg_message_id"))
    # The part before SendGrid's machine names is the message id that the API answered with.
    return campaign or newsletter or (sent.split(".filter")[0].split(".recvd")[0] if sent else None)


SHAPES = (Shape(FeedType.EMAIL, "SendGrid events (event, timestamp, sg_event_id, sg_message_id)", matches, read),)
