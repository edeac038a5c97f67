"""E-mail services without a module of their own: single events and figures of campaigns in their common words."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.messages import bare_id, first_tag, message
from brain.domain.feeds.reading import Reading, lowered, mapping, text
from brain.domain.feeds.shapes import Item, Shape
from brain.domain.privacy.personal_fields import normalize_field_name

# What services call the same thing, by plain name; "email.opened" and "activity.opened" lose their prefix first.
_METRICS: Final[Mapping[str, str | None]] = {
    "sent": "sends",
    "send": "sends",
    "request": "sends",
    "requests": "sends",
    "processed": "sends",
    "accepted": "sends",
    "queued": None,
    "scheduled": None,
    "delivered": None,
    "delivery": None,
    "deferred": None,
    "deferral": None,
    "delayed": None,
    "deliverydelayed": None,
    "open": "opens",
    "opened": "opens",
    "uniqueopened": None,
    "firstopening": None,
    "proxyopen": "opens",
    "uniqueproxyopen": None,
    "click": "clicks",
    "clicked": "clicks",
    "bounce": "bounces",
    "bounced": "bounces",
    "hardbounce": "bounces",
    "softbounce": "bounces",
    "failed": None,
    "blocked": "bounces",
    "invalid": None,
    "invalidemail": None,
    "error": None,
    "dropped": None,
    "unsubscribe": "unsubscribes",
    "unsubscribed": "unsubscribes",
    "unsub": "unsubscribes",
    "complaint": None,
    "complained": None,
    "spam": None,
    "messagesent": "sends",
    "messagedelayed": None,
    "messageheld": None,
    "messagedeliveryfailed": "bounces",
    "messagebounced": "bounces",
    "messagelinkclicked": "clicks",
    "messageloaded": "opens",
    "spamcomplaint": None,
    "suppressed": None,
    "received": None,
}
_WRAPPINGS: Final = ("data", "payload", "event_data", "message", "msg")
_KINDS: Final = ("event", "event_type", "type", "status", "action")
_ADDRESSES: Final = (
    "email",
    "recipient",
    "rcpt_to",
    "to",
    "email_address",
    "address",
    "subscriber",
    "email_id",
    "member_id",
    "subscriber_id",
    "contact",
)
_TIMES: Final = (
    "timestamp", "ts_event", "ts_epoch", "ts", "time", "event_time", "occurred_at", "created_at", "date", "datetime",
)  # fmt: skip
_IDS: Final = ("event_id", "eventid", "sg_event_id", "uuid")
_CONTENTS: Final = (
    "campaign_id", "broadcast_id", "newsletter_id", "mj_campaign_id", "camp_id", "template_id", "tag", "tags",
    "campaign",
)  # fmt: skip
_MESSAGES: Final = ("message_id", "message-id", "messageid", "email_id", "msg_id")
_FIGURES: Final[Mapping[str, tuple[str, ...]]] = {
    "sends": ("sends", "sent", "emails_sent", "total_sent", "recipients_count"),
    "opens": ("opens", "opened", "total_opens", "opens_total", "unique_opens"),
    "clicks": ("clicks", "clicked", "total_clicks", "clicks_total", "unique_clicks"),
    "bounces": ("bounces", "bounced", "total_bounces"),
    "unsubscribes": ("unsubscribes", "unsubscribed", "unsubscribe_count"),
    "audience_size": ("delivered", "deliveries"),
}


def _flat(item: Item) -> dict[str, object]:
    """Return the event's fields beside those of the parts that some services wrap it in."""
    row = lowered(item)
    flat: dict[str, object] = {}
    for name in _WRAPPINGS:
        outer = lowered(mapping(row.get(name)))
        flat |= lowered(mapping(outer.get("message"))) | lowered(mapping(outer.get("email"))) | outer
    return flat | row


def _kind(fields: Mapping[str, object]) -> str | None:
    for name in _KINDS:
        written = fields.get(name)
        if isinstance(written, str):
            return normalize_field_name(written.rsplit(".", 1)[-1])
    return None


def matches_event(item: Item) -> bool:
    """Tell an event by its kind beside an address or a message, and a time."""
    fields = _flat(item)
    about = any(name in fields for name in (*_ADDRESSES, *_MESSAGES))
    return _kind(fields) is not None and about and any(name in fields for name in _TIMES)


def read_event(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one event of a message; a kind in nobody's words is kept as ``custom``."""
    fields = _flat(item)
    reading = Reading(item)
    content = next((found for name in _CONTENTS if (found := first_tag(fields.get(name)))), None)
    sent = next((found for name in _MESSAGES if (found := bare_id(fields.get(name)))), None)
    return [
        message(
            reading,
            _kind(fields) or "",
            _METRICS,
            reading.time(fields, *_TIMES, naive_is_utc=True) or context.signed_at,
            provider_event_id=next((found for name in _IDS if (found := text(fields.get(name)))), None),
            content_id=content or sent,
        )
    ]


def matches_figures(item: Item) -> bool:
    """Tell a campaign's figures by what was sent beside opens or clicks."""
    row = lowered(item)
    return any(name in row for name in _FIGURES["sends"]) and any(
        name in row for name in (*_FIGURES["opens"], *_FIGURES["clicks"])
    )


def read_figures(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return the running totals of one campaign."""
    row = lowered(item)
    reading = Reading(item)
    for metric, names in _FIGURES.items():
        reading.count(metric, row, *names)
    reading.total(
        "bounces", row, *(("hard_bounces", "soft_bounces") if "bounces" not in reading.metrics else ("bounces",))
    )
    campaign = next((found for name in ("campaign_id", "id", "message_id") if (found := text(row.get(name)))), None)
    return [
        reading.outcome(
            FeedType.EMAIL,
            reading.time(row, "send_time", "sent_at", *_TIMES, naive_is_utc=True),
            content_key=("campaign", campaign) if campaign else (),
            cumulative=campaign is not None,
            content_id=campaign,
            content_type="email",
            platform="email",
        )
    ]


SHAPES = (
    Shape(
        FeedType.EMAIL,
        "one e-mail event (event or type, email or message_id, timestamp)",
        matches_event,
        read_event,
        vague=True,
    ),
    Shape(
        FeedType.EMAIL,
        "a campaign's figures (sent, opens, clicks, send_time)",
        matches_figures,
        read_figures,
        vague=True,
    ),
)
