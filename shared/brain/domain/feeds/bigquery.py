"""BigQuery's answers, in which a row is a list of fields ``f`` with values ``v`` and only the schema has the names."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from brain.domain.events import FeedType, Ignored, Rejected
from brain.domain.feeds import google_analytics, plain_rows
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import mapping, sequence, text
from brain.domain.feeds.shapes import Item, Shape

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERS: Final = frozenset({"INTEGER", "INT64"})
_RECORDS: Final = frozenset({"RECORD", "STRUCT"})
_MOST_SECONDS: Final = Decimal(10) ** 11  # larger values are microseconds (formatOptions.useInt64Timestamp)


def matches(item: Item) -> bool:
    """Tell by rows of ``f`` and ``v``, or by a schema beside the state of a job."""
    rows = sequence(item.get("rows"))
    if rows:
        return isinstance(rows[0], Mapping) and isinstance(rows[0].get("f"), list)
    return "jobComplete" in item or str(item.get("kind", "")).startswith("bigquery#")


def read(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return every row, read by the field map of the request or by its columns' names."""
    rows = sequence(item.get("rows"))
    if not rows:
        return [Ignored("an answer of BigQuery without rows")]
    fields = sequence(mapping(item.get("schema")).get("fields"))
    if not fields:
        return [
            Rejected(
                "unknown_shape", "Expected schema.fields beside rows of f and v, which have no names; it is missing."
            )
        ]
    return [outcome for row in rows for outcome in _read_row(_named(fields, row), context)]


def _read_row(row: dict[str, Any] | None, context: FeedContext) -> Iterable[Outcome]:
    if row is None:
        return [Rejected("unknown_shape", "Expected rows with a value for each field of the schema; another row came.")]
    if context.field_map is not None:
        return [plain_rows.read_mapped(row, context.field_map)]
    for shape in (*google_analytics.SHAPES, *plain_rows.SHAPES):
        if shape.matches(row):
            return shape.read(row, context)
    return [
        Rejected("unknown_shape", "Expected columns named like an event's fields, or a field map; other columns came.")
    ]


def _named(fields: list[Any], row: Any) -> dict[str, Any] | None:
    """Return a row with its names, or None when it does not fit the schema."""
    values = mapping(row).get("f")
    if not isinstance(values, list) or len(values) != len(fields):
        return None
    return {
        text(mapping(field).get("name")) or "": _value(mapping(field), mapping(value).get("v"))
        for field, value in zip(fields, values, strict=True)
    }


def _value(field: Mapping[str, Any], value: Any) -> Any:
    if value is None:
        return None
    if field.get("mode") == "REPEATED":
        single = {**field, "mode": "NULLABLE"}
        return [_value(single, mapping(one).get("v")) for one in sequence(value)]
    kind = str(field.get("type", "")).upper()
    if kind in _RECORDS:
        return _named(sequence(field.get("fields")), value)
    return _single(kind, value)


def _single(kind: str, value: Any) -> Any:
    if kind == "TIMESTAMP":
        return _timestamp(str(value))
    if kind in ("BOOLEAN", "BOOL"):
        return str(value).lower() == "true"
    if kind in _NUMBERS and isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) <= 20:  # noqa: PLR2004 - int64 has 20 characters
        return int(value)
    return value


def _timestamp(written: str) -> str:
    """Return a timestamp in ISO 8601; BigQuery writes seconds as a float in E notation, or whole microseconds."""
    try:
        number = Decimal(written)
        seconds = number if abs(number) < _MOST_SECONDS else number / 10**6
        return (_EPOCH + timedelta(microseconds=int(seconds * 10**6))).isoformat()
    except (InvalidOperation, OverflowError, ValueError):
        return written


SHAPES = (Shape(FeedType.WAREHOUSE, "rows of BigQuery (schema.fields, rows with f and v)", matches, read),)
