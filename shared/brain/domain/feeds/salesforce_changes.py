"""Salesforce Change Data Capture: changes of records, each a revision of its record or an event."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from brain.domain.events import Draft, Fact, FeedType, Notice, Rejected
from brain.domain.feeds.changed_fields import find_changed_fields
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.deal_facts import build_record, is_test_record
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import normalize_names, to_object, to_text, to_texts
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape
from brain.domain.feeds.record_facts import CREATED_AT, IS_DELETED, IS_WON, IS_WON_BY_STAGE, WON_AT
from brain.domain.feeds.salesforce_facts import PERSON_OBJECTS, list_keys, read_field_facts
from brain.domain.privacy.personal_fields import ALL_FIELDS, normalize_field_name

_CHANGE_TYPES: Final = frozenset({
    "CREATE", "UPDATE", "DELETE", "UNDELETE", "GAP_CREATE", "GAP_UPDATE", "GAP_DELETE", "GAP_UNDELETE",
    "GAP_OVERFLOW",
})  # fmt: skip
_STATE_CHANGES: Final = {"DELETE": True, "GAP_DELETE": True, "UNDELETE": False, "GAP_UNDELETE": False}
_WHOLE_RECORD: Final = frozenset({"CREATE", "UNDELETE"})
# How Avro's own JSON writes an optional value: {"string": "Closed Won"}.
_AVRO_TYPES: Final = frozenset({"string", "double", "float", "long", "int", "boolean"})
_MAX_SEQUENCE: Final = 999
_LATEST_COMMIT: Final = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
_UNRESOLVED: Final = Notice(
    "unresolved_bitmap",
    "changedFields must be names of fields or cover all fields in the order of the schema, got a bitmap that cannot be "
    "resolved, so the change counts nothing; expand changedFields with the schema before sending",
)
_COUNTED_KINDS: Final = frozenset({"opportunity", "campaign"})
_WITHOUT_FIELDS: Final = frozenset({"GAP_CREATE", "GAP_UPDATE", "GAP_UNDELETE", "GAP_OVERFLOW"})
_GAP: Final = Notice(
    "change_without_fields",
    "a change must have the fields of its record to be counted, got a gap or overflow event, which has none; fetch the "
    "record (after an overflow all records of its kind) and send it",
)


def _find_change(message: JsonObject) -> Mapping[str, Any]:
    """Return the change with its header, at whatever depth the transport put it; empty when there is none."""
    data = to_object(message.get("data"))
    for change in (message, to_object(message.get("payload")), to_object(data.get("payload"))):
        if isinstance(change.get("ChangeEventHeader"), Mapping):
            return change
    return {}


def matches(payload: JsonObject) -> bool:
    """Recognize Change Data Capture by its header."""
    return bool(_find_change(payload))


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one change per record, deletions included; a gap says only that something changed.

    A change of what the record counts is a revision of the record, which has the same key as over the REST API.
    """
    change = _find_change(payload)
    header = to_object(change["ChangeEventHeader"])
    record_ids = to_texts(header.get("recordIds"))
    if not record_ids:
        return [Rejected("invalid_field", "ChangeEventHeader.recordIds: expected at least one id, got none")]
    return [_read_changed_record(change, header, record_id, context) for record_id in record_ids]


def _read_changed_record(
    change: JsonObject, header: Mapping[str, Any], record_id: str, context: FeedContext
) -> Draft | Rejected:
    builder = DraftBuilder(change)
    row = {name: _unwrap(value) for name, value in normalize_names(change).items()}
    kind = (to_text(header.get("entityName")) or "record").lower()
    change_type = to_text(header.get("changeType")) or ""
    changed = find_changed_fields(change, header) if change_type == "UPDATE" else frozenset()
    fields = _list_fields(header, row, kind, record_id) | {"notices": _list_notices(kind, change_type, changed)}
    committed_at = builder.read_time(header, "commitTimestamp")
    feed_type = FeedType.CRM_SALESFORCE if change_type in _CHANGE_TYPES else FeedType.CUSTOM
    if committed_at is None:
        return builder.build(feed_type, None, **fields)
    as_of = _order_in_transaction(committed_at, header)
    facts = _read_facts(builder, kind, change_type, _select_fields(row, change_type, changed), as_of)
    if not facts:
        return builder.build(feed_type, committed_at, **fields)
    return build_record(
        builder,
        FeedType.CRM_SALESFORCE,
        facts,
        known_at=context.received_at,
        occurred_at=committed_at,
        undated=True,
        as_of=as_of,
        content_key=list_keys(kind, record_id)["content_key"],
        **fields,
    )


def _list_notices(kind: str, change_type: str, changed: frozenset[str] | None) -> tuple[Notice, ...]:
    """Return what the sender must do so that the figures of a record are complete."""
    if change_type in _WITHOUT_FIELDS and kind in _COUNTED_KINDS:
        return (_GAP,)
    return (_UNRESOLVED,) if changed is None else ()


def _list_fields(header: Mapping[str, Any], row: Mapping[str, Any], kind: str, record_id: str) -> dict[str, Any]:
    is_person = kind in PERSON_OBJECTS
    transaction = (header.get("transactionKey"), header.get("sequenceNumber"), header.get("entityName"))
    return {
        "provider_event_id": " ".join(map(str, (*transaction, header.get("changeType") or "", record_id))),
        "currency": to_text(row.get("currencyisocode")),
        "content_id": None if is_person else record_id,
        "content_type": kind,
        "platform": "salesforce",
        "creator": record_id if is_person else to_text(header.get("commitUser")),
        "personal": ALL_FIELDS if is_person else frozenset(),
    }


def _unwrap(value: Any) -> Any:
    if isinstance(value, Mapping) and len(value) == 1 and _AVRO_TYPES.issuperset(value):
        return next(iter(value.values()))
    return value


def _order_in_transaction(committed_at: datetime, header: Mapping[str, Any]) -> datetime:
    """Return the time of a change; changes of one transaction share theirs, so their order is added to it."""
    sequence = header.get("sequenceNumber")
    number = min(sequence, _MAX_SEQUENCE) if isinstance(sequence, int) and sequence > 0 else 0
    return min(committed_at, _LATEST_COMMIT) + timedelta(microseconds=number)


def _select_fields(row: Mapping[str, Any], change_type: str, changed: frozenset[str] | None) -> dict[str, Any]:
    """Return the fields that a change is about: all of a new record, only the changed ones of an update.

    With a new stage comes the amount that an enriched event has, whether it changed or not.
    """
    if change_type in _WHOLE_RECORD:
        return {name: value for name, value in row.items() if value is not None}
    names = {normalize_field_name(name) for name in changed or ()}
    if names & {"stagename", "iswon"}:
        names |= {name for name in ("amount", "closedate") if row.get(name) is not None}
    return {name: row.get(name) for name in names}


def _read_facts(
    builder: DraftBuilder, kind: str, change_type: str, fields: Mapping[str, Any], as_of: datetime
) -> dict[str, Fact]:
    """Return what a change says about the figures of its record; nothing for a change of anything else."""
    facts = read_field_facts(builder, kind, fields, as_of)
    if set(facts) <= {CREATED_AT}:
        facts = {}
    if change_type in _STATE_CHANGES:
        facts[IS_DELETED] = Fact(_STATE_CHANGES[change_type], as_of)
    if is_test_record(fields):
        facts[IS_DELETED] = Fact(True, as_of)
    if any(name in facts and facts[name].value for name in (IS_WON, IS_WON_BY_STAGE)):
        facts[WON_AT] = Fact(as_of.replace(microsecond=as_of.microsecond // 1000 * 1000), as_of)
    return facts


SHAPES = (
    PayloadShape(
        FeedType.CRM_SALESFORCE,
        "Change Data Capture (ChangeEventHeader)",
        matches,
        read,
        names=("ChangeEventHeader", "payload", "data"),
    ),
)
