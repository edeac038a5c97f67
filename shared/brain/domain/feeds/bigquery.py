"""BigQuery's query responses: a row is a list ``f`` of values ``v``, and only the schema has their names."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds import google_analytics_export, named_rows, plain_rows
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.json_values import to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.provider_errors import reject_error

_INTEGER: Final = re.compile(r"-?\d{1,19}|\d{20}")  # int64 has at most 20 characters
_EPOCH_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INTEGER_TYPES: Final = frozenset({"INTEGER", "INT64"})
_RECORD_TYPES: Final = frozenset({"RECORD", "STRUCT"})
_MAX_SECONDS: Final = Decimal(10) ** 11  # larger numbers are microseconds (formatOptions.useInt64Timestamp)


def matches(payload: JsonObject) -> bool:
    """Recognize the shape by rows of ``f`` and ``v``, or an empty response by the state of its job."""
    rows = to_list(payload.get("rows"))
    if rows:
        return isinstance(rows[0], Mapping) and isinstance(rows[0].get("f"), list)
    return "jobComplete" in payload or str(payload.get("kind", "")).startswith("bigquery#")


def read(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every row, read by the request's field map or by its column names."""
    error = to_object(to_object(payload.get("status")).get("errorResult")).get("reason")
    if error or payload.get("jobComplete") is False:
        return [reject_error("BigQuery", error or "jobIncomplete")]
    rows = payload.get("rows")
    if rows in (None, []):
        return [Ignored("a BigQuery response without rows")]
    fields = to_object(payload.get("schema")).get("fields")
    if not fields or not isinstance(fields, list) or not isinstance(rows, list):
        return [reject_shape("schema.fields next to a list of rows, which have no names of their own")]
    return [outcome for row in rows for outcome in _read_row(_name_fields(fields, row), context)]


def _read_row(row: dict[str, Any] | None, context: FeedContext) -> Iterable[FeedOutcome]:
    if row is None:
        return [reject_shape("rows with one value per field of the schema")]
    if context.field_map is not None:
        return [plain_rows.read_mapped_row(row, context.field_map)]
    for shape in (*google_analytics_export.SHAPES, *named_rows.SHAPES):
        if shape.matches(row):
            return shape.read(row, context)
    return [reject_shape("columns named like the fields of an event, or a field map")]


def _name_fields(fields: list[Any], row: Any) -> dict[str, Any] | None:
    """Return a row with the names of its fields, None when it does not fit the schema."""
    values = to_object(row).get("f")
    if not isinstance(values, list) or len(values) != len(fields):
        return None
    if not all(isinstance(cell, Mapping) for cell in (*fields, *values)):
        return None
    return {
        to_text(to_object(field).get("name")) or "": _convert(to_object(field), to_object(value).get("v"))
        for field, value in zip(fields, values, strict=True)
    }


def _convert(field: Mapping[str, Any], value: Any) -> Any:
    if value is None:
        return None
    if field.get("mode") == "REPEATED":
        element_field = {**field, "mode": "NULLABLE"}
        return [_convert(element_field, to_object(element).get("v")) for element in to_list(value)]
    field_type = str(field.get("type", "")).upper()
    if field_type in _RECORD_TYPES:
        return _name_fields(to_list(field.get("fields")), value)
    return _convert_scalar(field_type, value)


def _convert_scalar(field_type: str, value: Any) -> Any:
    if field_type == "TIMESTAMP":
        return _convert_timestamp(str(value))
    if field_type in ("BOOLEAN", "BOOL"):
        return str(value).lower() == "true"
    if field_type in _INTEGER_TYPES and isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value


def _convert_timestamp(timestamp: str) -> str:
    """Return a timestamp in ISO 8601; BigQuery writes seconds in E notation, or whole microseconds."""
    try:
        number = Decimal(timestamp)
        seconds = number if abs(number) < _MAX_SECONDS else number / 10**6
        return (_EPOCH_START + timedelta(microseconds=int(seconds * 10**6))).isoformat()
    except (InvalidOperation, OverflowError, ValueError):
        return timestamp


SHAPES = (
    PayloadShape(
        FeedType.WAREHOUSE,
        "BigQuery rows (schema.fields, rows with f and v)",
        matches,
        read,
        names=("rows", "jobComplete", "kind"),
    ),
)
