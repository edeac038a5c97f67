"""Postmark's webhooks: one record of one message per request, identified by its record type."""

from collections.abc import Iterable, Mapping
from typing import Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.email_events import are_test_recipients, build_email_event, read_kind, read_tag
from brain.domain.feeds.json_values import has_any
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.typed_fields import read_text

# Postmark does not report that it accepted a message, so a message counts as sent when it is delivered or bounces.
_METRICS: Final[Mapping[str, str | None]] = {
    "Delivery": "sends",
    "Open": "opens",
    "Click": "clicks",
    "Bounce": "bounces",
    "SpamComplaint": None,
    "SubscriptionChange": None,
}
_TIME_FIELDS: Final = ("DeliveredAt", "ReceivedAt", "BouncedAt", "ChangedAt")
_TEST_MESSAGE: Final = "00000000-0000-0000-0000-000000000000"
# Postmark reports these as bounces too, although the message is still being delivered or the reason is another.
_NON_BOUNCE_TYPES: Final = frozenset({
    "Transient", "AutoResponder", "AddressChange", "ChallengeVerification", "OpenRelayTest", "Subscribe",
    "SpamComplaint",
})  # fmt: skip
# What shows the type of a record in the form that does not name it.
_RECORD_TYPES: Final = {
    "BouncedAt": "Bounce", "DeliveredAt": "Delivery", "FirstOpen": "Open", "OriginalLink": "Click",
}  # fmt: skip


def matches(payload: JsonObject) -> bool:
    """Recognize a record by its type, or by a field that only one type has, and Postmark's ids."""
    has_type = "RecordType" in payload or has_any(payload, _RECORD_TYPES)
    return has_type and has_any(payload, ("MessageID", "MessageStream", "ServerID"))


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of a message; Postmark's test of the webhook is ignored."""
    if payload.get("MessageID") == _TEST_MESSAGE:
        return [Ignored("Postmark's test of the webhook")]
    builder = DraftBuilder(payload)
    kind = _read_record_type(builder, payload)
    metrics = _select_metrics(kind, read_text(builder, payload, "Type"), payload)
    if metrics.get(kind) == "bounces":
        builder.metrics["sends"] = 1
    record_id = read_text(builder, payload, "ID")
    return [
        build_email_event(
            builder,
            kind,
            metrics,
            builder.read_time(payload, *_TIME_FIELDS) or context.signed_at,
            provider_event_id=f"{kind} {record_id}" if record_id else None,
            content_id=read_tag(builder, payload, "Tag") or read_text(builder, payload, "MessageID"),
            retracted=are_test_recipients([payload.get("Recipient") or payload.get("Email")]),
        )
    ]


def _read_record_type(builder: DraftBuilder, payload: JsonObject) -> str:
    if "RecordType" in payload:
        return read_kind(builder, payload, "RecordType")
    return next(kind for field, kind in _RECORD_TYPES.items() if field in payload)


def _select_metrics(kind: str, record_type: str | None, payload: JsonObject) -> Mapping[str, str | None]:
    """Return the metric of each kind of record, with that of this record corrected for its bounce type."""
    bounce_type = record_type if kind == "Bounce" else None
    if bounce_type == "Unsubscribe" or _is_unsubscribe(payload):
        return {**_METRICS, kind: "unsubscribes"}
    return {**_METRICS, kind: None} if bounce_type in _NON_BOUNCE_TYPES else _METRICS


def _is_unsubscribe(payload: JsonObject) -> bool:
    """Return whether the recipient asked to be suppressed: bounces and complaints have records of their own."""
    return (
        payload.get("RecordType") == "SubscriptionChange"
        and payload.get("SuppressSending") is True
        and payload.get("SuppressionReason") == "ManualSuppression"
        and payload.get("Origin") == "Recipient"
    )


SHAPES = (
    PayloadShape(
        FeedType.EMAIL,
        "Postmark records (RecordType, MessageID)",
        matches,
        read,
        names=("MessageID", "MessageStream", "ServerID"),
    ),
)
