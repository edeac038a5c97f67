"""Salesforce: REST API records and query pages, Change Data Capture, and warehouse rows."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import has_any, normalize_names, to_list, to_object, to_text, to_texts
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import VOLATILE_COLUMNS, resolve_total_time
from brain.domain.privacy.personal_fields import ALL_FIELDS

_PERSON_OBJECTS: Final = frozenset({"contact", "lead", "user", "personaccount", "campaignmember", "individual"})
_CHANGE_TYPES: Final = frozenset({
    "CREATE", "UPDATE", "DELETE", "UNDELETE", "GAP_CREATE", "GAP_UPDATE", "GAP_DELETE", "GAP_UNDELETE",
    "GAP_OVERFLOW",
})  # fmt: skip
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
_CAMPAIGN_METRICS: Final[Mapping[str, tuple[str, ...]]] = {
    "sends": ("numbersent",),
    "engagements": ("numberofresponses", "amountallresponses"),
}


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
    row = normalize_names(record)
    builder = DraftBuilder(record)
    kind = entity.lower()
    is_won = _add_metrics(builder, row, kind)
    closed_at = builder.read_time(row, "closedate") if is_won else None
    total_time = resolve_total_time(
        builder, closed_at or builder.read_time(row, *_TIME_COLUMNS, naive_is_utc=True), context, row
    )
    record_id = to_text(row.get("id")) or _parse_record_id(record)
    is_person = kind in _PERSON_OBJECTS or row.get("ispersonaccount") is True
    return builder.build(
        FeedType.CRM_SALESFORCE,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=(kind, record_id) if record_id else (),
        cumulative=record_id is not None,
        currency=to_text(row.get("currencyisocode")),
        content_id=None if is_person else record_id,
        content_type=kind,
        platform="salesforce",
        creator=record_id if is_person else to_text(row.get("ownerid")),
        volatile=VOLATILE_COLUMNS
        | {"SystemModstamp", "LastViewedDate", "LastReferencedDate", "system_modstamp", "last_viewed_date"},
        personal=ALL_FIELDS if is_person else frozenset(),
    )


def _parse_record_id(record: JsonObject) -> str | None:
    """Return the id at the end of a record's URL."""
    url = to_text(to_object(record.get("attributes")).get("url")) or ""
    return url.rsplit("/", 1)[-1] or None


def _add_metrics(builder: DraftBuilder, row: Mapping[str, Any], kind: str) -> bool:
    """Add the metrics of a record and return whether it is a won deal."""
    if kind == "campaign":
        for metric, names in _CAMPAIGN_METRICS.items():
            builder.add_count(metric, row, *names)
        builder.add_amount("conversions", row, "numberofwonopportunities")
        builder.add_amount("revenue", row, "amountwonopportunities")
        builder.add_amount("spend", row, "actualcost")
        return False
    is_won = kind == "opportunity" and (_is_true(row.get("iswon")) or row.get("stagename") == "Closed Won")
    if is_won:
        builder.metrics["conversions"] = 1.0
        builder.add_amount("revenue", row, "amount")
    return is_won


def _is_true(flag: Any) -> bool:
    return flag is True or (isinstance(flag, str) and flag.lower() == "true")


def _find_change(message: JsonObject) -> Mapping[str, Any]:
    """Return the change with its header, at whatever depth the transport put it; empty when there is none."""
    data = to_object(message.get("data"))
    for change in (message, to_object(message.get("payload")), to_object(data.get("payload"))):
        if isinstance(change.get("ChangeEventHeader"), Mapping):
            return change
    return {}


def matches_change(payload: JsonObject) -> bool:
    """Recognize Change Data Capture by its header."""
    return bool(_find_change(payload))


def read_change(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event per record of a change, deletions included; a gap says only that something changed."""
    change = _find_change(payload)
    header = to_object(change["ChangeEventHeader"])
    record_ids = to_texts(header.get("recordIds"))
    if not record_ids:
        return [Rejected("invalid_field", "ChangeEventHeader.recordIds: expected at least one id, got none")]
    return [_read_changed_record(change, header, record_id) for record_id in record_ids]


def _read_changed_record(change: JsonObject, header: Mapping[str, Any], record_id: str) -> Draft | Rejected:
    row = normalize_names(change)
    builder = DraftBuilder(change)
    kind = (to_text(header.get("entityName")) or "record").lower()
    change_type = to_text(header.get("changeType")) or ""
    if change_type in ("CREATE", "UPDATE"):
        _add_metrics(builder, row, kind)
    is_person = kind in _PERSON_OBJECTS
    transaction = (header.get("transactionKey"), header.get("sequenceNumber"), header.get("entityName"))
    return builder.build(
        FeedType.CRM_SALESFORCE if change_type in _CHANGE_TYPES else FeedType.CUSTOM,
        builder.read_time(header, "commitTimestamp"),
        provider_event_id=" ".join(map(str, (*transaction, change_type, record_id))),
        currency=to_text(row.get("currencyisocode")),
        content_id=None if is_person else record_id,
        content_type=kind,
        platform="salesforce",
        creator=record_id if is_person else to_text(header.get("commitUser")),
        personal=ALL_FIELDS if is_person else frozenset(),
    )


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
    ),
    PayloadShape(FeedType.CRM_SALESFORCE, "Change Data Capture (ChangeEventHeader)", matches_change, read_change),
    PayloadShape(
        FeedType.CRM_SALESFORCE, "warehouse rows (id, is_deleted, stage_name and the like)", matches_row, read_row
    ),
)
