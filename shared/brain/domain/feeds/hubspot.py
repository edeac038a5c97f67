"""HubSpot: batches of webhooks, CRM objects and their pages, and rows of warehouses."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, lowered, mapping, sequence, text
from brain.domain.feeds.rows import VOLATILE
from brain.domain.feeds.shapes import Item, Shape
from brain.domain.privacy.personal_fields import ALL_FIELDS

_OBJECTS: Final = {
    "0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket", "0-7": "product", "0-8": "line_item",
}  # fmt: skip
_PROPERTY: Final = "property_"
_ROW_IDS: Final = ("deal_id", "contact_id", "company_id", "ticket_id", "id")
_TYPE_IDS: Final = {"contact_id": "0-1", "company_id": "0-2", "deal_id": "0-3", "ticket_id": "0-5"}
_TIMES: Final = ("createdate", "hs_createdate", "hs_lastmodifieddate", "lastmodifieddate")
_KNOWN_KINDS: Final = frozenset({
    "creation", "deletion", "propertyChange", "merge", "restore", "associationChange", "privacyDeletion",
    "newMessage",
})  # fmt: skip
_SOURCE: Final = frozenset({"sourceid"})  # "userId:123", who made the change
_ATTEMPT: Final = frozenset({"attemptNumber"})  # grows with every resend of the same event


def matches_webhook(item: Item) -> bool:
    """Tell one event of a batch by its subscription and object."""
    return "subscriptionType" in item and ("objectId" in item or "fromObjectId" in item) and "occurredAt" in item


def read_webhook(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return one change of one object.

    ``eventId`` alone is not unique (all of a subscription's test events share one), so what changed, where and when
    is part of the identity. A deal that is won is a conversion; its amount is not in the event and stays unknown.
    """
    reading = Reading(item)
    subscription = text(item.get("subscriptionType")) or ""
    subject, _, kind = subscription.partition(".")
    if subject == "object":
        subject = _OBJECTS.get(text(item.get("objectTypeId")) or "", "object")
    is_person = subject in ("contact", "conversation")  # the id of the record stands for a person
    name, value = text(item.get("propertyName")), text(item.get("propertyValue"))
    if subject == "deal" and (name, value) in (("dealstage", "closedwon"), ("hs_is_closed_won", "true")):
        reading.metrics["conversions"] = 1.0
    if is_person and name == "hs_email_optout" and value == "true":
        reading.metrics["unsubscribes"] = 1
    identity = [
        item.get(part) for part in ("portalId", "subscriptionId", "eventId", "objectId", "fromObjectId", "occurredAt")
    ]
    return [
        reading.outcome(
            FeedType.CRM_HUBSPOT if kind in _KNOWN_KINDS else FeedType.CUSTOM,
            reading.time(item, "occurredAt"),
            provider_event_id=" ".join(
                [subscription, name or "", *(str(part) for part in identity if part is not None)]
            ),
            content_id=None if is_person else text(item.get("objectId")),
            content_type=subject or None,
            platform="hubspot",
            creator=text(item.get("objectId")) if is_person else None,
            volatile=_ATTEMPT,
            personal=ALL_FIELDS if is_person else _SOURCE,
        )
    ]


def _is_object(item: Any) -> bool:
    if not isinstance(item, Mapping) or not isinstance(item.get("properties"), Mapping) or "id" not in item:
        return False
    return "createdAt" in item or "updatedAt" in item or "archived" in item or "hs_object_id" in item["properties"]


def matches_object(item: Item) -> bool:
    """Tell an object by its properties and times, a page by objects under results."""
    results = item.get("results")
    return _is_object(item) or (isinstance(results, list) and bool(results) and _is_object(results[0]))


def read_object(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return the state of one object, or of every object of a page."""
    return [
        _object(one)
        if _is_object(one)
        else Rejected(
            "unknown_shape", "Expected CRM objects (id, properties, createdAt) under results; another value came."
        )
        for one in (sequence(item.get("results")) or [item])
    ]


def _object(item: Item, *, naive_is_utc: bool = False) -> Draft | Rejected:
    """Return what an object is now: a won deal is a conversion of its amount at its close, anything else a record."""
    properties = mapping(item["properties"])
    reading = Reading(item)
    kind = _kind(item, properties)
    is_person = kind in ("contact", "owner")
    closed: datetime | None = None
    if kind == "deal" and _is_won(properties):
        reading.metrics["conversions"] = 1.0
        reading.amount("revenue", properties, "amount", "hs_closed_amount")
        closed = reading.time(properties, "closedate", naive_is_utc=naive_is_utc)
    if kind == "contact" and properties.get("hs_email_optout") in ("true", True):
        reading.metrics["unsubscribes"] = 1
    at = closed or reading.time(item, "createdAt", "updatedAt")
    at = at or reading.time(properties, *_TIMES, naive_is_utc=naive_is_utc)
    return reading.outcome(
        FeedType.CRM_HUBSPOT,
        at,
        content_key=(kind, str(item["id"])),
        cumulative=True,
        currency=text(properties.get("deal_currency_code")),
        content_id=None if is_person else text(item.get("id")),
        content_type=kind,
        platform="hubspot",
        creator=text(item.get("id")) if is_person else None,
        volatile=frozenset({"updatedAt"}),
        personal=ALL_FIELDS if is_person else frozenset(),
    )


def _is_won(properties: Mapping[str, Any]) -> bool:
    return properties.get("hs_is_closed_won") in ("true", True) or properties.get("dealstage") == "closedwon"


def _kind(item: Item, properties: Mapping[str, Any]) -> str:
    """Return the object's kind: HubSpot leaves it to the address that was asked, so its properties tell."""
    named = _OBJECTS.get(text(item.get("objectTypeId")) or "")
    if named:
        return named
    for kind, telltales in (
        ("deal", ("dealstage", "dealname", "pipeline", "hs_is_closed_won", "closedate")),
        ("ticket", ("hs_ticket_priority", "hs_pipeline_stage")),
        ("contact", ("email", "firstname", "lastname", "lifecyclestage", "hs_email_optout")),
        ("company", ("domain", "numberofemployees", "industry")),
    ):
        if any(name in properties for name in telltales):
            return kind
    return "object"


def matches_row(item: Item) -> bool:
    """Tell a warehouse row by a connector's ``property_`` before the names of properties, beside an id."""
    row = lowered(item)
    return sum(name.startswith(_PROPERTY) for name in row) > 1 and any(name in row for name in _ROW_IDS)


def read_row(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return the state of one object as a connector copied it; its times are UTC."""
    row = lowered(item)
    named = next((name for name in _ROW_IDS if text(row.get(name))), None)
    if named is None:
        return [Rejected("invalid_field", "id: expected the id of the object, none came")]
    properties = {name.removeprefix(_PROPERTY): value for name, value in row.items() if name.startswith(_PROPERTY)}
    if "deal_pipeline_stage_id" in row:
        properties.setdefault("dealstage", row["deal_pipeline_stage_id"])
    record = {"id": row[named], "objectTypeId": _TYPE_IDS.get(named), "properties": properties}
    read = _object({name: value for name, value in record.items() if value is not None}, naive_is_utc=True)
    return [replace(read, raw=item, volatile=VOLATILE) if isinstance(read, Draft) else read]


def matches_ping(item: Item) -> bool:
    """Tell HubSpot's check of an address, which says who asks and nothing that happened."""
    return set(item) <= {"portalId", "appId", "timestamp", "challenge"} and "portalId" in item


def read_ping(_item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return no event."""
    return [Ignored("HubSpot's check of the address")]


SHAPES = (
    Shape(
        FeedType.CRM_HUBSPOT, "HubSpot webhooks (subscriptionType, objectId, occurredAt)", matches_webhook, read_webhook
    ),
    Shape(FeedType.CRM_HUBSPOT, "HubSpot CRM objects (id, properties, createdAt)", matches_object, read_object),
    Shape(FeedType.CRM_HUBSPOT, "warehouse rows (deal_id or id, property_amount and the like)", matches_row, read_row),
    Shape(FeedType.CRM_HUBSPOT, "HubSpot's check of the address", matches_ping, read_ping),
)
