"""HubSpot's webhooks: batches of changes of objects, their properties, associations and merges."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, Fact, FeedType, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.deal_facts import build_record
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.hubspot_facts import OBJECT_KINDS, build_merged_deal, read_property_facts
from brain.domain.feeds.json_values import first_text, has_any, to_text, to_texts
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.record_facts import IS_DELETED, IS_WON, IS_WON_BY_STAGE, WON_AT
from brain.domain.privacy.personal_fields import ALL_FIELDS

_CHANGE_KINDS: Final = frozenset({
    "creation", "deletion", "propertyChange", "merge", "restore", "associationChange", "privacyDeletion",
    "newMessage",
})  # fmt: skip
_STATE_CHANGES: Final = {"deletion": True, "privacyDeletion": True, "restore": False}
_PERSONAL_FIELDS: Final = frozenset({"sourceid"})  # "userId:123" says who made the change
# The id of the record of such an object identifies a person.
_PERSON_KINDS: Final = frozenset({"contact", "conversation"})
_OBJECT_IDS: Final = ("objectId", "fromObjectId", "primaryObjectId", "newObjectId")
_IDENTITY_FIELDS: Final = ("portalId", "subscriptionId", "eventId", "objectId", "fromObjectId", "occurredAt")
# Test events of a subscription and associations of one moment share an id; these fields tell the latter apart.
_FURTHER_IDENTITY_FIELDS: Final = (
    "toObjectId", "associationType", "associationTypeId", "associationCategory", "associationRemoved",
    "primaryObjectId", "mergedObjectIds", "newObjectId",
)  # fmt: skip
_VOLATILE_FIELDS: Final = frozenset({"attemptNumber"})  # grows with every resend of the same event


def matches(payload: JsonObject) -> bool:
    """Recognize one event of a batch by its subscription, and its account or its object and time."""
    if "subscriptionType" not in payload:
        return False
    return "portalId" in payload or (has_any(payload, _OBJECT_IDS) and "occurredAt" in payload)


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one change of one object.

    A change of what a record counts (a deal's stage, amount or deletion, a contact's opt-out) is a revision of the
    record, which has the same key as its CRM object. Every other change is an event. ``eventId`` alone is not unique,
    so what changed, where and when is part of an event's identity.
    """
    builder = DraftBuilder(payload)
    subscription = to_text(payload.get("subscriptionType")) or ""
    kind, change = _parse_subscription(subscription, payload)
    fields = _list_fields(payload, subscription, kind)
    occurred_at = builder.read_time(payload, "occurredAt") or context.signed_at
    if occurred_at is None:
        return [builder.build(FeedType.CRM_HUBSPOT, None, **fields)]
    if (kind, change) == ("deal", "merge"):
        return _read_deal_merge(payload, occurred_at)
    record_id = to_text(payload.get("objectId"))
    facts = _read_facts(builder, payload, kind, change, occurred_at) if record_id else {}
    if record_id and facts:
        return [_build_revision(builder, facts, (kind, record_id), occurred_at, fields)]
    feed_type = FeedType.CRM_HUBSPOT if change in _CHANGE_KINDS else FeedType.CUSTOM
    return [builder.build(feed_type, occurred_at, **fields)]


def _parse_subscription(subscription: str, payload: JsonObject) -> tuple[str, str]:
    """Return the kind of object that changed, and the kind of change."""
    object_kind, _, change = subscription.partition(".")
    if object_kind == "object":
        object_kind = OBJECT_KINDS.get(to_text(payload.get("objectTypeId")) or "", "object")
    return object_kind, change


def _list_fields(payload: JsonObject, subscription: str, kind: str) -> dict[str, Any]:
    is_person = kind in _PERSON_KINDS
    record_id = first_text(payload, ("objectId",) if "associationType" in payload else _OBJECT_IDS)
    return {
        "provider_event_id": _identify(payload, subscription),
        "content_id": None if is_person else record_id,
        "content_type": kind or None,
        "platform": "hubspot",
        "creator": record_id if is_person else None,
        "volatile": _VOLATILE_FIELDS,
        "personal": ALL_FIELDS if is_person else _PERSONAL_FIELDS,
    }


def _identify(payload: JsonObject, subscription: str) -> str:
    identity = [str(payload[name]) for name in _IDENTITY_FIELDS if payload.get(name) is not None]
    further = [f"{name}={payload[name]}" for name in _FURTHER_IDENTITY_FIELDS if payload.get(name) is not None]
    return " ".join([subscription, to_text(payload.get("propertyName")) or "", *identity, *further])


def _read_facts(
    builder: DraftBuilder, payload: JsonObject, kind: str, change: str, occurred_at: datetime
) -> dict[str, Fact]:
    """Return what a change says about the figures of its record; nothing for a change of anything else."""
    if change in _STATE_CHANGES and kind in OBJECT_KINDS.values():
        return {IS_DELETED: Fact(_STATE_CHANGES[change], occurred_at)}
    property_name = to_text(payload.get("propertyName"))
    if change != "propertyChange" or property_name is None:
        return {}
    facts = read_property_facts(builder, kind, {property_name: payload.get("propertyValue")}, occurred_at)
    if any(name in facts and facts[name].value for name in (IS_WON, IS_WON_BY_STAGE)):
        facts[WON_AT] = Fact(occurred_at, occurred_at)
    return facts


def _build_revision(
    builder: DraftBuilder,
    facts: dict[str, Fact],
    content_key: tuple[str, str],
    occurred_at: datetime,
    fields: dict[str, Any],
) -> Draft | Rejected:
    """Return a change as a revision of its record."""
    return build_record(
        builder,
        FeedType.CRM_HUBSPOT,
        facts,
        known_at=occurred_at,
        occurred_at=occurred_at,
        undated=True,
        as_of=occurred_at,
        content_key=content_key,
        **fields,
    )


def _read_deal_merge(payload: JsonObject, merged_at: datetime) -> list[FeedOutcome]:
    """Return the end of every deal that a merge replaced by another one."""
    remaining_id = first_text(payload, ("newObjectId", "primaryObjectId", "objectId"))
    ids = [*to_texts(payload.get("mergedObjectIds")), to_text(payload.get("primaryObjectId"))]
    replaced_ids = dict.fromkeys(deal_id for deal_id in ids if deal_id and deal_id != remaining_id)
    if not replaced_ids:
        return [Rejected("invalid_field", "mergedObjectIds: expected the ids of the merged deals, got none")]
    personal, volatile = _PERSONAL_FIELDS, _VOLATILE_FIELDS
    return [
        build_merged_deal(payload, deal_id, merged_at, read_at=merged_at, personal=personal, volatile=volatile)
        for deal_id in replaced_ids
    ]


SHAPES = (
    PayloadShape(
        FeedType.CRM_HUBSPOT,
        "HubSpot webhooks (subscriptionType, objectId, occurredAt)",
        matches,
        read,
        names=("subscriptionType",),
    ),
)
