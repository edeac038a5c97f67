"""Checks of queries, so that both stores answer the same ones.

Firestore supports more. Allowed here is what a single-field index answers, with simple field names and scalar values.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from brain.errors import StoreRefusedError
from brain.ports.document_rules import check_collection_path, check_document_path
from brain.ports.document_sizes import check_value
from brain.ports.document_store import Filter, Increment, Snapshot, Transform

_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_query(
    collection: str,
    where: Sequence[Filter],
    *,
    order_by: str | None = None,
    descending: bool = False,
    limit: int | None = None,
    start_after: Snapshot | None = None,
) -> str | None:
    """Return the field that orders the query, or None if it is ordered by id.

    This is ``order_by`` or else the field of a range.

    Raises:
        StoreRefusedError: A store would reject the query.
    """
    check_collection_path(collection)
    range_field = _check_filters(where)
    if order_by is not None:
        _check_field_name(order_by)
    if range_field is not None and order_by not in (None, range_field):
        raise StoreRefusedError(
            f"a query with a range on {range_field!r} must be ordered by it, got {order_by!r}; drop one of them"
        )
    if limit is not None and limit < 1:
        raise StoreRefusedError(f"limit must be at least 1, got {limit}")
    order_field = order_by or range_field
    if descending and order_field is None:
        raise StoreRefusedError("descending order needs a field, got none; pass order_by")
    if start_after is not None:
        _check_cursor(collection, order_field, start_after)
    return order_field


def _check_filters(where: Sequence[Filter]) -> str | None:
    """Check the filters and return the field that has a range, if any."""
    for condition in where:
        _check_field_name(condition.field)
        _check_scalar(condition.field, condition.value)
        if condition.value is None and condition.op != "==":
            raise StoreRefusedError(f"None can be compared with == only, got {condition.op} for {condition.field!r}")
    range_fields = {condition.field for condition in where if condition.op != "=="}
    if len(range_fields) > 1:
        raise StoreRefusedError(f"at most one field with a range per query, got {sorted(range_fields)}")
    return range_fields.pop() if range_fields else None


def _check_cursor(collection: str, order_field: str | None, cursor: Snapshot) -> None:
    if cursor.path.rpartition("/")[0] != collection:
        raise StoreRefusedError(f"start_after must be a document of {collection}, got {cursor.path}")
    check_document_path(cursor.path)
    if order_field is not None:
        if order_field not in cursor.data:
            raise StoreRefusedError(f"start_after must have the field {order_field!r} that orders the query")
        _check_scalar(order_field, cursor.data[order_field])


def _check_field_name(name: str) -> None:
    if not _FIELD_NAME.fullmatch(name) or name.startswith("__"):
        raise StoreRefusedError(
            f"a queried field must be a top-level name of letters, digits and underscores, got {name!r:.100}"
        )


def _check_scalar(field: str, value: Any) -> None:
    if isinstance(value, Transform | Increment | Mapping | list | tuple):
        raise StoreRefusedError(f"a query must compare {field!r} with a single value, got {type(value).__name__}")
    check_value(value)
