"""What a query may ask, checked by every store before it asks, so that both answer the same questions.

Firestore answers more; kept here is what one single-field index serves, with simple names and scalar values.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from brain.errors import StoreRefusedError
from brain.ports.document_rules import check_collection_path, check_document_path, check_value
from brain.ports.document_store import Filter, Increment, Snapshot, Transform

_QUERIED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_query(
    collection: str,
    where: Sequence[Filter],
    *,
    order_by: str | None = None,
    descending: bool = False,
    limit: int | None = None,
    start_after: Snapshot | None = None,
) -> str | None:
    """Raise ``StoreRefusedError`` unless any store would answer the query.

    Returns the field that orders the answer: ``order_by``, else the field of a range, else None for the id.
    """
    check_collection_path(collection)
    ranged = _ranged_field(where)
    if order_by is not None:
        _check_queried_field(order_by)
    if ranged is not None and order_by not in (None, ranged):
        raise StoreRefusedError(
            f"A range on {ranged!r} is ordered by {ranged!r}; order by {order_by!r} needs no range."
        )
    if limit is not None and limit < 1:
        raise StoreRefusedError(f"A limit is at least 1, but {limit} came; ask for nothing by not asking.")
    order = order_by or ranged
    if descending and order is None:
        raise StoreRefusedError(
            "Documents come by id in ascending order only; name a field to order by for descending."
        )
    if start_after is not None:
        _check_cursor(collection, order, start_after)
    return order


def _ranged_field(where: Sequence[Filter]) -> str | None:
    for one in where:
        _check_queried_field(one.field)
        _check_scalar(one.field, one.value)
        if one.value is None and one.op != "==":
            raise StoreRefusedError(f"Nothing is larger or smaller than None; compare {one.field!r} with ==.")
    ranged = {one.field for one in where if one.op != "=="}
    if len(ranged) > 1:
        raise StoreRefusedError(f"A query has ranges on one field at most, but these came: {sorted(ranged)}.")
    return ranged.pop() if ranged else None


def _check_cursor(collection: str, order: str | None, cursor: Snapshot) -> None:
    if cursor.path.rpartition("/")[0] != collection:
        raise StoreRefusedError(f"A cursor is a document of the queried collection {collection}, not {cursor.path}.")
    check_document_path(cursor.path)
    if order is not None:
        if order not in cursor.data:
            raise StoreRefusedError(f"The cursor {cursor.path} lacks the field {order!r} that orders the query.")
        _check_scalar(order, cursor.data[order])


def _check_queried_field(name: str) -> None:
    if not _QUERIED.fullmatch(name) or name.startswith("__"):
        raise StoreRefusedError(f"A queried field is one top-level name of letters, digits and _, not {name!r:.100}.")


def _check_scalar(field: str, value: Any) -> None:
    if isinstance(value, Transform | Increment | Mapping | list | tuple):
        raise StoreRefusedError(f"A query compares {field!r} with one value, not with a {type(value).__name__}.")
    check_value(value)
