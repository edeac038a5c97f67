"""Salesforce: records of the REST API, pages of queries, Change Data Capture, and rows of warehouses."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, mapping, sequence, text
from brain.domain.feeds.rows import VOLATILE, known
from brain.domain.feeds.shapes import Item, Shape
from brain.domain.privacy.personal_fields import ALL_FIELDS, normalize_field_name

_PEOPLE: Final = frozenset({"contact", "lead", "user", "personaccount", "campaignmember", "individual"})
_CHANGES: Final = frozenset({
    "CREATE", "UPDATE", "DELETE", "UNDELETE", "GAP_CREATE", "GAP_UPDATE", "GAP_DELETE", "GAP_UNDELETE",
    "GAP_OVERFLOW",
})  # fmt: skip
_CREATED: Final = (
    "createddate",
    "closedate",
    "startdate",
    "activitydate",
    "systemmodstamp",
    "lastmodifieddate",
    "createdat",
)
# Columns that only one kind of object has, and those that all have.
_KIND_OF: Final[Mapping[str, str]] = {
    "stagename": "opportunity",
    "iswon": "opportunity",
    "numberofwonopportunities": "campaign",
    "isconverted": "lead",
}
_EVERYWHERE: Final = (
    "isdeleted",
    "systemmodstamp",
    "createdbyid",
    "lastmodifiedbyid",
    "recordtypeid",
    "lastreferenceddate",
)
_PREFIXES: Final = {
    "001": "account",
    "003": "contact",
    "005": "user",
    "006": "opportunity",
    "00Q": "lead",
    "701": "campaign",
}
_CAMPAIGN: Final[Mapping[str, tuple[str, ...]]] = {
    "sends": ("numbersent",),
    "engagements": ("numberofresponses", "amountallresponses"),
}


def _is_record(item: Any) -> bool:
    return isinstance(item, Mapping) and "type" in mapping(item.get("attributes"))


def matches_records(item: Item) -> bool:
    """Tell a record by its attributes, a page by its records and whether it is the last."""
    return _is_record(item) or ("records" in item and ("done" in item or "totalSize" in item))


def read_records(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return the state of one record, or of every record of a page; the next page is the sender's to fetch."""
    if _is_record(item):
        return [_record(item, str(item["attributes"]["type"]), context)]
    records = sequence(item.get("records"))
    if not records:
        return [Ignored("an empty page of records")]
    return [
        _record(record, str(record["attributes"]["type"]), context)
        if _is_record(record)
        else Rejected("unknown_shape", "Expected records with attributes.type and attributes.url; another value came.")
        for record in records
    ]


def _plain(item: Item) -> dict[str, Any]:
    return {normalize_field_name(name): value for name, value in item.items()}


def _record(item: Item, entity: str, context: FeedContext) -> Draft | Rejected:
    """Return what a record is now; one that tells no time of its own is known as of its receipt."""
    row = _plain(item)
    reading = Reading(item)
    kind = entity.lower()
    won = _figures(reading, row, kind)
    closed = reading.time(row, "closedate") if won else None
    at = known(reading, closed or reading.time(row, *_CREATED, naive_is_utc=True), context, row)
    url = text(mapping(item.get("attributes")).get("url")) or ""
    identifier = text(row.get("id")) or url.rsplit("/", 1)[-1] or None
    is_person = kind in _PEOPLE or row.get("ispersonaccount") is True
    return reading.outcome(
        FeedType.CRM_SALESFORCE,
        at.at,
        undated=at.undated,
        content_key=(kind, identifier) if identifier else (),
        cumulative=identifier is not None,
        currency=text(row.get("currencyisocode")),
        content_id=None if is_person else identifier,
        content_type=kind,
        platform="salesforce",
        creator=identifier if is_person else text(row.get("ownerid")),
        volatile=VOLATILE
        | {"SystemModstamp", "LastViewedDate", "LastReferencedDate", "system_modstamp", "last_viewed_date"},
        personal=ALL_FIELDS if is_person else frozenset(),
    )


def _figures(reading: Reading, row: Mapping[str, Any], kind: str) -> bool:
    """Read what a record counts and return whether it is a deal that was won."""
    if kind == "campaign":
        for metric, names in _CAMPAIGN.items():
            reading.count(metric, row, *names)
        reading.amount("conversions", row, "numberofwonopportunities")
        reading.amount("revenue", row, "amountwonopportunities")
        reading.amount("spend", row, "actualcost")
        return False
    won = kind == "opportunity" and (_is_true(row.get("iswon")) or row.get("stagename") == "Closed Won")
    if won:
        reading.metrics["conversions"] = 1.0
        reading.amount("revenue", row, "amount")
    return won


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _change(item: Item) -> Mapping[str, Any]:
    """Return the part of a message that holds the header, wherever the transport put it."""
    for part in (item, mapping(item.get("payload")), mapping(mapping(item.get("data")).get("payload"))):
        if isinstance(part.get("ChangeEventHeader"), Mapping):
            return part
    return {}


def matches_change(item: Item) -> bool:
    """Tell Change Data Capture by its header."""
    return bool(_change(item))


def read_change(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return one event for each record of a change, deletions included; a gap says only that something changed."""
    change = _change(item)
    header = mapping(change["ChangeEventHeader"])
    records = [found for one in sequence(header.get("recordIds")) if (found := text(one))]
    if not records:
        return [Rejected("invalid_field", "ChangeEventHeader.recordIds: expected at least one id, none came")]
    return [_changed(change, header, record) for record in records]


def _changed(change: Item, header: Mapping[str, Any], record: str) -> Draft | Rejected:
    row = _plain(change)
    reading = Reading(change)
    kind = (text(header.get("entityName")) or "record").lower()
    change_type = text(header.get("changeType")) or ""
    if change_type in ("CREATE", "UPDATE"):
        _figures(reading, row, kind)
    at: datetime | None = reading.time(header, "commitTimestamp")
    is_person = kind in _PEOPLE
    parts = (header.get("transactionKey"), header.get("sequenceNumber"), header.get("entityName"), change_type, record)
    return reading.outcome(
        FeedType.CRM_SALESFORCE if change_type in _CHANGES else FeedType.CUSTOM,
        at,
        provider_event_id=" ".join(str(part) for part in parts),
        currency=text(row.get("currencyisocode")),
        content_id=None if is_person else record,
        content_type=kind,
        platform="salesforce",
        creator=record if is_person else text(header.get("commitUser")),
        personal=ALL_FIELDS if is_person else frozenset(),
    )


def matches_row(item: Item) -> bool:
    """Tell a warehouse row by columns of an opportunity or campaign, or by two that all objects have."""
    row = _plain(item)
    if "id" not in row:
        return False
    return any(name in row for name in _KIND_OF) or sum(name in row for name in _EVERYWHERE) > 1


def read_row(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one row that a connector copied; its kind is told by its columns, or by the prefix of its id."""
    row = _plain(item)
    kind = next((_KIND_OF[name] for name in _KIND_OF if name in row), None)
    prefix = (text(row.get("id")) or "")[:3]
    return [_record(item, kind or _PREFIXES.get(prefix) or ("individual" if "email" in row else "record"), context)]


SHAPES = (
    Shape(
        FeedType.CRM_SALESFORCE,
        "Salesforce records or a page of a query (attributes, records, done)",
        matches_records,
        read_records,
    ),
    Shape(FeedType.CRM_SALESFORCE, "Change Data Capture (ChangeEventHeader)", matches_change, read_change),
    Shape(FeedType.CRM_SALESFORCE, "warehouse rows (id, is_deleted, stage_name and the like)", matches_row, read_row),
)
