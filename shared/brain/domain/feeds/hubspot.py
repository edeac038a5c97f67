"""HubSpot: webhook batches, CRM objects and their pages, and warehouse rows."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import has_any, lowercase_names, to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import VOLATILE_COLUMNS
from brain.domain.privacy.personal_fields import ALL_FIELDS

_OBJECT_KINDS: Final = {
    "0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket", "0-7": "product", "0-8": "line_item",
}  # fmt: skip
_PROPERTY_PREFIX: Final = "property_"
_ROW_IDS: Final = ("deal_id", "contact_id", "company_id", "ticket_id", "id")
_OBJECT_TYPE_IDS: Final = {"contact_id": "0-1", "company_id": "0-2", "deal_id": "0-3", "ticket_id": "0-5"}
_TIME_PROPERTIES: Final = ("createdate", "hs_createdate", "hs_lastmodifieddate", "lastmodifieddate")
_CHANGE_KINDS: Final = frozenset({
    "creation", "deletion", "propertyChange", "merge", "restore", "associationChange", "privacyDeletion",
    "newMessage",
})  # fmt: skip
_PERSONAL_FIELDS: Final = frozenset({"sourceid"})  # "userId:123" says who made the change
# The id of the record of such an object identifies a person.
_PERSON_KINDS: Final = frozenset({"contact", "conversation"})
_WON_DEAL: Final = frozenset({("dealstage", "closedwon"), ("hs_is_closed_won", "true")})
_IDENTITY_FIELDS: Final = ("portalId", "subscriptionId", "eventId", "objectId", "fromObjectId", "occurredAt")
_VOLATILE_FIELDS: Final = frozenset({"attemptNumber"})  # grows with every resend of the same event


def matches_webhook(payload: JsonObject) -> bool:
    """Recognize one event of a batch by its subscription, object and time."""
    return (
        "subscriptionType" in payload
        and ("objectId" in payload or "fromObjectId" in payload)
        and "occurredAt" in payload
    )


def read_webhook(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one change of one object.

    ``eventId`` alone is not unique (all test events of a subscription share one), so what changed, where and when is
    part of the identity. A won deal is a conversion; its amount is not in the event and stays unknown.
    """
    builder = DraftBuilder(payload)
    subscription = to_text(payload.get("subscriptionType")) or ""
    object_kind, change = _parse_subscription(subscription, payload)
    is_person = object_kind in _PERSON_KINDS
    record_id = to_text(payload.get("objectId"))
    content_id, creator = (None, record_id) if is_person else (record_id, None)
    property_name = to_text(payload.get("propertyName")) or ""
    builder.metrics |= _count_property_change(object_kind, property_name, to_text(payload.get("propertyValue")))
    identity = [str(payload[name]) for name in _IDENTITY_FIELDS if payload.get(name) is not None]
    return [
        builder.build(
            FeedType.CRM_HUBSPOT if change in _CHANGE_KINDS else FeedType.CUSTOM,
            builder.read_time(payload, "occurredAt"),
            provider_event_id=" ".join([subscription, property_name, *identity]),
            content_id=content_id,
            content_type=object_kind or None,
            platform="hubspot",
            creator=creator,
            volatile=_VOLATILE_FIELDS,
            personal=ALL_FIELDS if is_person else _PERSONAL_FIELDS,
        )
    ]


def _parse_subscription(subscription: str, payload: JsonObject) -> tuple[str, str]:
    """Return the kind of object that changed, and the kind of change."""
    object_kind, _, change = subscription.partition(".")
    if object_kind == "object":
        object_kind = _OBJECT_KINDS.get(to_text(payload.get("objectTypeId")) or "", "object")
    return object_kind, change


def _count_property_change(object_kind: str, name: str | None, value: str | None) -> dict[str, float]:
    """Return the metrics of a property that changed: a won deal, or a person who opted out of e-mail."""
    if object_kind == "deal" and (name, value) in _WON_DEAL:
        return {"conversions": 1.0}
    if object_kind in _PERSON_KINDS and (name, value) == ("hs_email_optout", "true"):
        return {"unsubscribes": 1}
    return {}


def _is_object(payload: Any) -> bool:
    if not isinstance(payload, Mapping) or not isinstance(payload.get("properties"), Mapping) or "id" not in payload:
        return False
    return has_any(payload, ("createdAt", "updatedAt", "archived")) or "hs_object_id" in payload["properties"]


def matches_object(payload: JsonObject) -> bool:
    """Recognize an object by its properties and times, a page by its first object."""
    results = payload.get("results")
    return _is_object(payload) or (isinstance(results, list) and bool(results) and _is_object(results[0]))


def read_object(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the state of one object, or of every object of a page."""
    return [
        _read_object(crm_object)
        if _is_object(crm_object)
        else reject_shape("CRM objects (id, properties, createdAt) in results")
        for crm_object in (to_list(payload.get("results")) or [payload])
    ]


def _read_object(crm_object: JsonObject, *, naive_is_utc: bool = False) -> Draft | Rejected:
    """Return the state of an object; a won deal is a conversion of its amount at its close date."""
    properties = to_object(crm_object["properties"])
    builder = DraftBuilder(crm_object)
    kind = _infer_kind(crm_object, properties)
    is_person = kind in ("contact", "owner")
    closed_at: datetime | None = None
    if kind == "deal" and _is_won(properties):
        builder.metrics["conversions"] = 1.0
        builder.add_amount("revenue", properties, "amount", "hs_closed_amount")
        closed_at = builder.read_time(properties, "closedate", naive_is_utc=naive_is_utc)
    if kind == "contact" and properties.get("hs_email_optout") in ("true", True):
        builder.metrics["unsubscribes"] = 1
    occurred_at = (
        closed_at
        or builder.read_time(crm_object, "createdAt", "updatedAt")
        or builder.read_time(properties, *_TIME_PROPERTIES, naive_is_utc=naive_is_utc)
    )
    return builder.build(
        FeedType.CRM_HUBSPOT,
        occurred_at,
        content_key=(kind, str(crm_object["id"])),
        cumulative=True,
        currency=to_text(properties.get("deal_currency_code")),
        content_id=None if is_person else to_text(crm_object.get("id")),
        content_type=kind,
        platform="hubspot",
        creator=to_text(crm_object.get("id")) if is_person else None,
        volatile=frozenset({"updatedAt"}),
        personal=ALL_FIELDS if is_person else frozenset(),
    )


def _is_won(properties: Mapping[str, Any]) -> bool:
    return properties.get("hs_is_closed_won") in ("true", True) or properties.get("dealstage") == "closedwon"


def _infer_kind(crm_object: JsonObject, properties: Mapping[str, Any]) -> str:
    """Return the kind of an object by its type or else its properties: HubSpot names it only in the request's URL."""
    kind_by_type = _OBJECT_KINDS.get(to_text(crm_object.get("objectTypeId")) or "")
    if kind_by_type:
        return kind_by_type
    for kind, distinctive_properties in (
        ("deal", ("dealstage", "dealname", "pipeline", "hs_is_closed_won", "closedate")),
        ("ticket", ("hs_ticket_priority", "hs_pipeline_stage")),
        ("contact", ("email", "firstname", "lastname", "lifecyclestage", "hs_email_optout")),
        ("company", ("domain", "numberofemployees", "industry")),
    ):
        if has_any(properties, distinctive_properties):
            return kind
    return "object"


def matches_row(payload: JsonObject) -> bool:
    """Recognize a warehouse row by an id and the connector's prefix ``property_`` of its columns."""
    row = lowercase_names(payload)
    return sum(name.startswith(_PROPERTY_PREFIX) for name in row) > 1 and has_any(row, _ROW_IDS)


def read_row(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the state of one object as a connector synced it; its times are UTC."""
    row = lowercase_names(payload)
    id_column = next((name for name in _ROW_IDS if to_text(row.get(name))), None)
    if id_column is None:
        return [Rejected("invalid_field", "id: expected the id of the object, got none")]
    properties = {
        name.removeprefix(_PROPERTY_PREFIX): value for name, value in row.items() if name.startswith(_PROPERTY_PREFIX)
    }
    if "deal_pipeline_stage_id" in row:
        properties.setdefault("dealstage", row["deal_pipeline_stage_id"])
    crm_object = {"id": row[id_column], "properties": properties}
    if id_column in _OBJECT_TYPE_IDS:
        crm_object["objectTypeId"] = _OBJECT_TYPE_IDS[id_column]
    outcome = _read_object(crm_object, naive_is_utc=True)
    return [replace(outcome, raw=payload, volatile=VOLATILE_COLUMNS) if isinstance(outcome, Draft) else outcome]


def matches_ping(payload: JsonObject) -> bool:
    """Recognize HubSpot's check of a webhook URL, which names the account and no change."""
    return set(payload) <= {"portalId", "appId", "timestamp", "challenge"} and "portalId" in payload


def read_ping(_item: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Ignore the check."""
    return [Ignored("HubSpot's check of the webhook URL")]


SHAPES = (
    PayloadShape(
        FeedType.CRM_HUBSPOT, "HubSpot webhooks (subscriptionType, objectId, occurredAt)", matches_webhook, read_webhook
    ),
    PayloadShape(FeedType.CRM_HUBSPOT, "HubSpot CRM objects (id, properties, createdAt)", matches_object, read_object),
    PayloadShape(
        FeedType.CRM_HUBSPOT, "warehouse rows (deal_id or id, property_amount and the like)", matches_row, read_row
    ),
    PayloadShape(FeedType.CRM_HUBSPOT, "HubSpot's check of the webhook URL", matches_ping, read_ping),
)
