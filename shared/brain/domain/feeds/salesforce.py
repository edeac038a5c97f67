"""Salesforce: REST API records and query pages, and warehouse rows."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, Fact, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.deal_facts import build_record, is_test_record, read_row_state
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import (
    has_any,
    lowercase_names,
    normalize_names,
    to_list,
    to_object,
    to_text,
)
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.record_facts import IS_DELETED
from brain.domain.feeds.report_rows import VOLATILE_COLUMNS, read_row_time, resolve_total_time
from brain.domain.feeds.salesforce_facts import PERSON_OBJECTS, list_keys, read_field_facts
from brain.domain.privacy.personal_fields import ALL_FIELDS

_TIME_COLUMNS: Final = (
    "createddate",
    "closedate",
    "startdate",
    "activitydate",
    "systemmodstamp",
    "lastmodifieddate",
    "createdat",
)
# Columns that only one kind of object has, and columns that all objects have.
_KIND_BY_COLUMN: Final[Mapping[str, str]] = {
    "stagename": "opportunity",
    "iswon": "opportunity",
    "numberofwonopportunities": "campaign",
    "isconverted": "lead",
}
_COMMON_COLUMNS: Final = (
    "isdeleted",
    "systemmodstamp",
    "createdbyid",
    "lastmodifiedbyid",
    "recordtypeid",
    "lastreferenceddate",
)
_KIND_BY_ID_PREFIX: Final = {
    "001": "account",
    "003": "contact",
    "005": "user",
    "006": "opportunity",
    "00Q": "lead",
    "701": "campaign",
}
_MODIFIED_COLUMNS: Final = ("systemmodstamp", "lastmodifieddate")
_VOLATILE_FIELDS: Final = VOLATILE_COLUMNS | {
    "SystemModstamp", "LastViewedDate", "LastReferencedDate", "system_modstamp", "last_viewed_date",
}  # fmt: skip


def _is_record(record: Any) -> bool:
    return isinstance(record, Mapping) and "type" in to_object(record.get("attributes"))


def matches_records(payload: JsonObject) -> bool:
    """Recognize a record by its attributes, a page by its records and its end marker or total."""
    return _is_record(payload) or ("records" in payload and ("done" in payload or "totalSize" in payload))


def read_records(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the state of one record, or of every record of a page; the sender fetches the next page."""
    if _is_record(payload):
        return [_read_record(payload, str(payload["attributes"]["type"]), context)]
    records = to_list(payload.get("records"))
    if not records:
        return [Ignored("an empty page of records")]
    return [
        _read_record(record, str(record["attributes"]["type"]), context)
        if _is_record(record)
        else reject_shape("records with attributes.type and attributes.url")
        for record in records
    ]


def _read_record(record: JsonObject, entity: str, context: FeedContext) -> Draft | Rejected:
    """Return the state of a record; one without a time of its own is as of its receipt."""
    row = lowercase_names(record) | normalize_names(record)
    builder = DraftBuilder(record)
    kind = entity.lower()
    modified_at = builder.read_time(row, *_MODIFIED_COLUMNS, naive_is_utc=True) or read_row_time(builder, row)
    as_of = modified_at or context.received_at
    facts = read_field_facts(builder, kind, row, as_of) | read_row_state(builder, row, as_of)
    if is_test_record(row):
        facts[IS_DELETED] = Fact(True, as_of)
    total_time = resolve_total_time(builder, builder.read_time(row, *_TIME_COLUMNS, naive_is_utc=True), context, row)
    record_id = to_text(row.get("id")) or _parse_record_id(record)
    is_person = kind in PERSON_OBJECTS or row.get("ispersonaccount") is True
    fields: dict[str, Any] = {
        "currency": to_text(row.get("currencyisocode")),
        "content_id": None if is_person else record_id,
        "content_type": kind,
        "platform": "salesforce",
        "creator": record_id if is_person else to_text(row.get("ownerid")),
        "volatile": _VOLATILE_FIELDS,
        "personal": ALL_FIELDS if is_person else frozenset(),
    }
    if record_id is None:
        return builder.build(FeedType.CRM_SALESFORCE, total_time.occurred_at, **fields)
    return build_record(
        builder,
        FeedType.CRM_SALESFORCE,
        facts,
        known_at=context.received_at,
        occurred_at=total_time.occurred_at,
        undated=total_time.undated,
        as_of=modified_at,
        **list_keys(kind, record_id),
        **fields,
    )


def _parse_record_id(record: JsonObject) -> str | None:
    """Return the id at the end of a record's URL."""
    url = to_text(to_object(record.get("attributes")).get("url")) or ""
    return url.rsplit("/", 1)[-1] or None


def matches_row(payload: JsonObject) -> bool:
    """Recognize a warehouse row by columns of an opportunity or campaign, or by two that all objects have."""
    row = normalize_names(payload)
    if "id" not in row:
        return False
    return has_any(row, _KIND_BY_COLUMN) or sum(name in row for name in _COMMON_COLUMNS) > 1


def read_row(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one row that a connector synced; its columns or the prefix of its id show its kind."""
    row = normalize_names(payload)
    kind = next((_KIND_BY_COLUMN[name] for name in _KIND_BY_COLUMN if name in row), None)
    prefix = (to_text(row.get("id")) or "")[:3]
    kind = kind or _KIND_BY_ID_PREFIX.get(prefix) or ("individual" if "email" in row else "record")
    return [_read_record(payload, kind, context)]


SHAPES = (
    PayloadShape(
        FeedType.CRM_SALESFORCE,
        "Salesforce records or a page of a query (attributes, records, done)",
        matches_records,
        read_records,
        names=("attributes", "records"),
    ),
    PayloadShape(
        FeedType.CRM_SALESFORCE,
        "warehouse rows (id, is_deleted, stage_name and the like)",
        matches_row,
        read_row,
        names=(*_KIND_BY_COLUMN, *_COMMON_COLUMNS),
    ),
)
