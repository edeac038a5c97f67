"""HubSpot: CRM objects and their pages, and warehouse rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, Fact, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.deal_facts import build_record, is_test_record, read_row_state
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.hubspot_facts import (
    CREATED_PROPERTIES,
    MODIFIED_PROPERTIES,
    OBJECT_KINDS,
    build_merged_deal,
    read_property_facts,
)
from brain.domain.feeds.json_values import (
    has_any,
    lowercase_names,
    normalize_names,
    parse_embedded_json,
    to_list,
    to_object,
    to_text,
)
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.record_facts import CREATED_AT, IS_DELETED
from brain.domain.feeds.report_rows import VOLATILE_COLUMNS, read_row_time
from brain.domain.privacy.personal_fields import ALL_FIELDS

_CUSTOM_OBJECT_PREFIX: Final = "2-"
_PROPERTY_PREFIXES: Final = ("property_", "properties_")
_ROW_IDS: Final = ("deal_id", "contact_id", "company_id", "ticket_id", "id")
_OBJECT_TYPE_IDS: Final = {"contact_id": "0-1", "company_id": "0-2", "deal_id": "0-3", "ticket_id": "0-5"}


def _is_object(payload: Any) -> bool:
    if not isinstance(payload, Mapping) or "id" not in payload:
        return False
    properties = parse_embedded_json(payload.get("properties"))
    if not isinstance(properties, Mapping):
        return False
    return has_any(payload, ("createdAt", "updatedAt", "archived")) or "hs_object_id" in properties


def matches_object(payload: JsonObject) -> bool:
    """Recognize an object by its properties and times, a page by its first object."""
    results = payload.get("results")
    return _is_object(payload) or (isinstance(results, list) and bool(results) and _is_object(results[0]))


def read_object(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the state of one object, or of every object of a page."""
    return [
        outcome
        for crm_object in (to_list(payload.get("results")) or [payload])
        for outcome in (
            _read_object(crm_object, context)
            if _is_object(crm_object)
            else [reject_shape("CRM objects (id, properties, createdAt) in results")]
        )
    ]


def _read_object(crm_object: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the state of an object, and of the deals that were merged into it."""
    builder = DraftBuilder(crm_object)
    properties = to_object(parse_embedded_json(crm_object["properties"]))
    updated_at = builder.read_time(crm_object, "updatedAt") or builder.read_time(properties, *MODIFIED_PROPERTIES)
    as_of = updated_at or context.received_at
    state: dict[str, Fact] = {}
    if "archived" in crm_object:
        archived_at = builder.read_time(crm_object, "archivedAt") if crm_object["archived"] is True else None
        state[IS_DELETED] = Fact(crm_object["archived"] is True, max(as_of, archived_at or as_of))
    created_at = builder.read_time(crm_object, "createdAt")
    snapshot = _Snapshot(crm_object, properties, state, created_at, updated_at)
    record = _build_object(builder, snapshot, context, volatile=frozenset({"updatedAt"}))
    return [record, *_read_merged_deals(crm_object, snapshot, as_of)]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """An object at a time: its properties, its state, and the provider's times of it."""

    crm_object: JsonObject
    properties: Mapping[str, Any]
    state: Mapping[str, Fact]
    created_at: datetime | None
    updated_at: datetime | None


def _build_object(
    builder: DraftBuilder, snapshot: _Snapshot, context: FeedContext, *, volatile: frozenset[str]
) -> Draft | Rejected:
    """Return an object; a won deal is a conversion of its amount at its close date."""
    crm_object = snapshot.crm_object
    kind = _infer_kind(crm_object, snapshot.properties)
    record_id = to_text(crm_object.get("id"))
    is_person = kind in ("contact", "owner")
    facts = _read_facts(builder, kind, snapshot, snapshot.updated_at or context.received_at)
    is_retracted = IS_DELETED in facts and facts[IS_DELETED].value is True
    object_type = to_text(crm_object.get("objectTypeId")) or ""
    return build_record(
        builder,
        FeedType.CRM_HUBSPOT,
        facts,
        known_at=context.received_at,
        occurred_at=snapshot.updated_at or (context.received_at if is_retracted else None),
        as_of=snapshot.updated_at,
        content_key=(kind, str(crm_object["id"])),
        dimensions=(f"objecttypeid={object_type}",) if object_type.startswith(_CUSTOM_OBJECT_PREFIX) else (),
        currency=to_text(snapshot.properties.get("deal_currency_code")),
        content_id=None if is_person else record_id,
        content_type=kind,
        platform="hubspot",
        creator=record_id if is_person else None,
        volatile=volatile,
        personal=ALL_FIELDS if is_person else frozenset(),
    )


def _read_facts(builder: DraftBuilder, kind: str, snapshot: _Snapshot, as_of: datetime) -> dict[str, Fact]:
    properties = snapshot.properties
    facts = read_property_facts(builder, kind, properties, as_of) | dict(snapshot.state)
    created_at = snapshot.created_at or builder.read_time(properties, *CREATED_PROPERTIES, naive_is_utc=True)
    if created_at:
        facts[CREATED_AT] = Fact(created_at, as_of)
    if is_test_record(normalize_names(properties)):
        facts[IS_DELETED] = Fact(True, as_of)
    return facts


def _read_merged_deals(crm_object: JsonObject, snapshot: _Snapshot, as_of: datetime) -> list[FeedOutcome]:
    """Return the end of every deal that was merged into this one: HubSpot makes a new deal out of both."""
    if _infer_kind(crm_object, snapshot.properties) != "deal":
        return []
    merged_ids = (to_text(snapshot.properties.get("hs_merged_object_ids")) or "").split(";")
    return [
        build_merged_deal(crm_object, merged_id, as_of, read_at=as_of)
        for merged_id in map(str.strip, merged_ids)
        if merged_id and merged_id != to_text(crm_object.get("id"))
    ]


def _infer_kind(crm_object: JsonObject, properties: Mapping[str, Any]) -> str:
    """Return the kind of an object by its type or else its properties: HubSpot names it only in the request's URL."""
    kind_by_type = OBJECT_KINDS.get(to_text(crm_object.get("objectTypeId")) or "")
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
    """Recognize a warehouse row by an id and the connector's prefix of its columns."""
    row = lowercase_names(payload)
    return sum(name.startswith(_PROPERTY_PREFIXES) for name in row) > 1 and has_any(row, _ROW_IDS)


def read_row(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the state of one object as a connector synced it; its times are UTC."""
    row = lowercase_names(payload)
    id_column = next((name for name in _ROW_IDS if to_text(row.get(name))), None)
    if id_column is None:
        return [Rejected("invalid_field", "id: expected the id of the object, got none")]
    properties = {name.partition("_")[2]: value for name, value in row.items() if name.startswith(_PROPERTY_PREFIXES)}
    if "deal_pipeline_stage_id" in row:
        properties.setdefault("dealstage", row["deal_pipeline_stage_id"])
    crm_object = {"id": row[id_column], "properties": properties}
    if id_column in _OBJECT_TYPE_IDS:
        crm_object["objectTypeId"] = _OBJECT_TYPE_IDS[id_column]
    builder = DraftBuilder(payload)
    updated_at = builder.read_time(properties, *MODIFIED_PROPERTIES, naive_is_utc=True) or read_row_time(builder, row)
    state = read_row_state(builder, row, updated_at or context.received_at)
    snapshot = _Snapshot(crm_object, properties, state, None, updated_at)
    return [_build_object(builder, snapshot, context, volatile=VOLATILE_COLUMNS)]


def matches_ping(payload: JsonObject) -> bool:
    """Recognize HubSpot's check of a webhook URL, which names the account and no change."""
    return set(payload) <= {"portalId", "appId", "timestamp", "challenge"} and "portalId" in payload


def read_ping(_item: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Ignore the check."""
    return [Ignored("HubSpot's check of the webhook URL")]


SHAPES = (
    PayloadShape(
        FeedType.CRM_HUBSPOT,
        "HubSpot CRM objects (id, properties, createdAt)",
        matches_object,
        read_object,
        names=("properties", "results"),
    ),
    PayloadShape(
        FeedType.CRM_HUBSPOT,
        "warehouse rows (deal_id or id, property_amount, properties_amount and the like)",
        matches_row,
        read_row,
        names=_ROW_IDS,
    ),
    PayloadShape(
        FeedType.CRM_HUBSPOT, "HubSpot's check of the webhook URL", matches_ping, read_ping, names=("portalId",)
    ),
)
