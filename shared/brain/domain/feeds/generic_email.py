"""E-mail services without their own module: single events and campaign totals in the terms that they share."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import build_email_event, first_tag, strip_message_id
from brain.domain.feeds.json_values import first_text, has_any, lowercase_names, to_object
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.times import is_unambiguous_time
from brain.domain.feeds.typed_fields import read_flag
from brain.domain.privacy.personal_fields import normalize_field_name

# Metric by kind of event; of "email.opened", "activity.opened" and "EMAIL_OPENED" only the last word counts.
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
    "loadedbyproxy": "opens",
    "machineopen": "opens",
    "machineopened": "opens",
    "uniqueproxyopen": None,
    "click": "clicks",
    "clicked": "clicks",
    "linkclick": "clicks",
    "linkclicked": "clicks",
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
    "leadunsubscribed": "unsubscribes",
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
_MACHINE_KINDS: Final = frozenset({"proxyopen", "loadedbyproxy", "machineopen", "machineopened"})
_MACHINE_FLAGS: Final = (
    "machine_open", "is_machine_open", "sg_machine_open", "is_machine", "is_bot", "isbot", "is_prefetched",
    "prefetched", "is_mpp", "apple_mpp", "is_apple_mpp", "is_proxy_open",
)  # fmt: skip
_TEST_FLAGS: Final = ("test", "is_test", "istest", "test_mode", "testmode", "is_test_mode", "is_test_send")
_WRAPPERS: Final = ("data", "payload", "event_data", "message", "msg")
_KIND_FIELDS: Final = ("event", "event_type", "type", "status", "action")
_ADDRESS_FIELDS: Final = (
    "email",
    "to_email",
    "recipient_email",
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
# When it happened; the other times may be those of the webhook or of the message.
_EVENT_TIMES: Final = (
    "timestamp", "event_timestamp", "ts_event", "ts_epoch", "ts", "time", "event_time", "occurred_at",
)  # fmt: skip
_TIME_FIELDS: Final = (*_EVENT_TIMES, "created_at", "date", "datetime")
_EVENT_IDS: Final = ("event_id", "eventid", "sg_event_id", "uuid")
_CONTENT_IDS: Final = (
    "campaign_id", "broadcast_id", "newsletter_id", "mj_campaign_id", "camp_id", "template_id", "tag", "tags",
    "campaign",
)  # fmt: skip
_MESSAGE_IDS: Final = ("message_id", "message-id", "messageid", "email_id", "msg_id")
_CAMPAIGN_METRICS: Final[Mapping[str, tuple[str, ...]]] = {
    "sends": ("sends", "sent", "emails_sent", "total_sent", "recipients_count"),
    "opens": ("opens", "opened", "total_opens", "opens_total", "unique_opens"),
    "machine_opens": ("machine_opens", "proxy_opens", "apple_mpp_opens", "bot_opens"),
    "clicks": ("clicks", "clicked", "total_clicks", "clicks_total", "unique_clicks"),
    "bounces": ("bounces", "bounced", "total_bounces"),
    "unsubscribes": ("unsubscribes", "unsubscribed", "unsubscribe_count"),
    "audience_size": ("delivered", "deliveries"),
}


def _flatten(payload: JsonObject) -> dict[str, object]:
    """Return the event's fields together with those of the objects that some services wrap it in."""
    row = lowercase_names(payload)
    fields: dict[str, object] = {}
    for wrapper in filter(None, (to_object(row.get(name)) for name in _WRAPPERS)):
        inner = lowercase_names(wrapper)
        for part in filter(None, (to_object(inner.get("message")), to_object(inner.get("email")))):
            fields |= lowercase_names(part)
        fields |= inner
    return fields | row


def _read_kind(fields: Mapping[str, object]) -> str | None:
    """Return the first name of what happened that is known, else the first name."""
    texts = (fields.get(name) for name in _KIND_FIELDS)
    kinds = [normalize_field_name(text.rsplit(".", 1)[-1]) for text in texts if isinstance(text, str)]
    words = (kind if kind in _METRICS else kind.removeprefix("email") for kind in kinds)
    return next((word for word in words if word in _METRICS), kinds[0] if kinds else None)


def _read_time(builder: DraftBuilder, fields: Mapping[str, object]) -> datetime | None:
    """Return when it happened: a time that says where it is UTC comes before one without an offset."""
    names = [name for name in _EVENT_TIMES if name in fields and is_unambiguous_time(fields[name])]
    return builder.read_time(fields, *names, *_TIME_FIELDS, naive_is_utc=True)


def _find_campaign(fields: Mapping[str, object]) -> str | None:
    return next((tag for name in _CONTENT_IDS if name in fields and (tag := first_tag(fields[name]))), None)


def matches_event(payload: JsonObject) -> bool:
    """Recognize an event by its kind, an address or a message, and a time."""
    fields = _flatten(payload)
    has_subject = has_any(fields, (*_ADDRESS_FIELDS, *_MESSAGE_IDS))
    return _read_kind(fields) is not None and has_subject and has_any(fields, _TIME_FIELDS)


def read_event(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a message; an unknown kind makes a ``custom`` event."""
    fields = _flatten(payload)
    builder = DraftBuilder(payload)
    message_ids = (strip_message_id(fields.get(name)) for name in _MESSAGE_IDS)
    kind = _read_kind(fields) or ""
    by_machine = True if kind in _MACHINE_KINDS else read_flag(builder, fields, *_MACHINE_FLAGS)
    return [
        build_email_event(
            builder,
            kind,
            _METRICS,
            _read_time(builder, fields) or context.signed_at,
            by_machine=by_machine,
            retracted=_is_test(fields),
            provider_event_id=first_text(fields, _EVENT_IDS),
            content_id=_find_campaign(fields) or next(filter(None, message_ids), None),
        )
    ]


def _is_test(fields: JsonObject) -> bool:
    return any(str(fields[name]).lower() == "true" for name in _TEST_FLAGS if name in fields)


def matches_campaign(payload: JsonObject) -> bool:
    """Recognize a campaign's totals by what was sent and opens or clicks."""
    row = lowercase_names(payload)
    opens_or_clicks = (*_CAMPAIGN_METRICS["opens"], *_CAMPAIGN_METRICS["clicks"])
    return has_any(row, _CAMPAIGN_METRICS["sends"]) and has_any(row, opens_or_clicks)


def read_campaign(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the running totals of one campaign."""
    row = lowercase_names(payload)
    builder = DraftBuilder(payload)
    for metric, names in _CAMPAIGN_METRICS.items():
        builder.add_count(metric, row, *names)
    if "bounces" not in builder.metrics:
        builder.add_sum("bounces", row, "hard_bounces", "soft_bounces")
    campaign = first_text(row, ("campaign_id", "id", "message_id"))
    return [
        builder.build(
            FeedType.EMAIL,
            builder.read_time(row, "send_time", "sent_at", *_TIME_FIELDS, naive_is_utc=True),
            content_key=("campaign", campaign) if campaign else (),
            cumulative=campaign is not None,
            content_id=campaign,
            content_type="email",
            platform="email",
        )
    ]


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "one e-mail event (event or type, email or message_id, timestamp)",
        matches_event,
        read_event,
        is_ambiguous=True,
        names=(*_TIME_FIELDS, *_WRAPPERS),
    ),
    PayloadShape(
        FeedType.EMAIL,
        "a campaign's totals (sent, opens, clicks, send_time)",
        matches_campaign,
        read_campaign,
        is_ambiguous=True,
        names=_CAMPAIGN_METRICS["sends"],
    ),
)
