"""Conversion of queries into Firestore's structured queries."""

from collections.abc import Sequence
from typing import Any

from google.cloud.firestore_v1.types import query as query_types

from brain.adapters.firestore.values import fill_value
from brain.ports.document_store import Filter, Snapshot

_OPERATORS = {
    "==": query_types.StructuredQuery.FieldFilter.Operator.EQUAL,
    "<": query_types.StructuredQuery.FieldFilter.Operator.LESS_THAN,
    "<=": query_types.StructuredQuery.FieldFilter.Operator.LESS_THAN_OR_EQUAL,
    ">": query_types.StructuredQuery.FieldFilter.Operator.GREATER_THAN,
    ">=": query_types.StructuredQuery.FieldFilter.Operator.GREATER_THAN_OR_EQUAL,
}
_AND = query_types.StructuredQuery.CompositeFilter.Operator.AND
_IS_NULL = query_types.StructuredQuery.UnaryFilter.Operator.IS_NULL
_ASCENDING = query_types.StructuredQuery.Direction.ASCENDING
_DESCENDING = query_types.StructuredQuery.Direction.DESCENDING
_ID = "__name__"


def fill_selection(target: Any, collection_id: str, where: Sequence[Filter]) -> None:
    """Set the collection and the filters of an empty protobuf ``StructuredQuery``."""
    target.from_.add(collection_id=collection_id)
    if where:
        composite = target.where.composite_filter
        composite.op = _AND
        for condition in where:
            _fill_filter(composite.filters.add(), condition)


def _fill_filter(target: Any, condition: Filter) -> None:
    if condition.value is None:
        target.unary_filter.field.field_path = condition.field
        target.unary_filter.op = _IS_NULL
    else:
        target.field_filter.field.field_path = condition.field
        target.field_filter.op = _OPERATORS[condition.op]
        fill_value(target.field_filter.value, condition.value)


def fill_order(target: Any, field: str | None, *, descending: bool) -> None:
    """Set the order by ``field``, if any, and then by id."""
    direction = _DESCENDING if descending else _ASCENDING
    for name in (field, _ID):
        if name is not None:
            order = target.order_by.add(direction=direction)
            order.field.field_path = name


def fill_cursor(target: Any, field: str | None, cursor: Snapshot, documents: str) -> None:
    """Set the document after which the results start; ``documents`` is the resource name of all documents."""
    target.start_at.before = False
    if field is not None:
        fill_value(target.start_at.values.add(), cursor.data[field])
    target.start_at.values.add().reference_value = f"{documents}/{cursor.path}"
