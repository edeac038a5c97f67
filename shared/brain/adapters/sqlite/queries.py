"""Builds the SQL for a query, so that only matching rows are read where the field is a declared one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.adapters.sqlite.schema import tagged_value_of, type_of, value_of
from brain.adapters.sqlite.values import BYTES, TIME, time_text
from brain.ports.document_store import Filter, Snapshot

# Firestore's order over types: null, booleans, numbers, times, text, bytes, lists, maps.
_RANK = (
    "CASE {type} WHEN 'null' THEN 0 WHEN 'false' THEN 1 WHEN 'true' THEN 1 WHEN 'integer' THEN 2 WHEN 'real' THEN 2 "
    "WHEN 'text' THEN 4 WHEN 'array' THEN 6 "
    "ELSE CASE WHEN {time} IS NOT NULL THEN 3 WHEN {bytes} IS NOT NULL THEN 5 ELSE 7 END END"
)


@dataclass(frozen=True, slots=True)
class Comparable:
    """How SQL sees one value: the JSON types it compares with (none for a tagged one), its tag, text and rank."""

    types: tuple[str, ...]
    tag: str | None
    operand: Any
    rank: int


def comparable(value: Any) -> Comparable:
    """Return how SQL compares with ``value``, a scalar."""
    if value is None:
        return Comparable(("null",), None, None, 0)
    if isinstance(value, bool):
        return Comparable(("true", "false"), None, int(value), 1)
    if isinstance(value, datetime):
        return Comparable((), TIME, time_text(value), 3)
    if isinstance(value, bytes):
        return Comparable((), BYTES, value.hex(), 5)
    if isinstance(value, str):
        return Comparable(("text",), None, str(value), 4)
    return Comparable(("integer", "real"), None, value, 2)


def selection(collection: str, where: Sequence[Filter]) -> tuple[str, list[Any]]:
    """Return the WHERE clause of a query and its parameters."""
    collection_id = collection.rpartition("/")[2]
    clauses = ["collection = ?"]
    parameters: list[Any] = [collection]
    if collection_id.isidentifier():
        clauses.append(f"collection_id = '{collection_id}'")  # a literal, or the partial indexes are not used
    for one in where:
        clause, operands = _condition(one)
        clauses.append(clause)
        parameters += operands
    return " AND ".join(clauses), parameters


def _condition(one: Filter) -> tuple[str, list[Any]]:
    seen = comparable(one.value)
    if one.value is None:
        return f"{type_of(one.field)} = 'null'", []
    if seen.tag is not None:
        return f"{tagged_value_of(one.field, seen.tag)} {one.op} ?", [seen.operand]
    names = ", ".join(f"'{name}'" for name in seen.types)
    return f"({value_of(one.field)} {one.op} ? AND {type_of(one.field)} IN ({names}))", [seen.operand]


def sort_keys(field: str | None, where: Sequence[Filter]) -> list[str]:
    """Return the expressions that order a query by ``field`` and then by id.

    A range has already chosen one type, so its own expression (and index) orders it.
    """
    if field is None:
        return ["id"]
    ranged = next((one for one in where if one.field == field and one.op != "=="), None)
    if ranged is not None:
        return [_expression(field, comparable(ranged.value)), "id"]
    time, raw = tagged_value_of(field, TIME), tagged_value_of(field, BYTES)
    rank = _RANK.format(type=type_of(field), time=time, bytes=raw)
    return [rank, f"COALESCE({time}, {raw}, {value_of(field)}, '')", "id"]


def cursor_values(field: str | None, keys: Sequence[str], cursor: Snapshot) -> list[Any]:
    """Return the values of the sort keys at ``cursor``."""
    if field is None:
        return [cursor.id]
    seen = comparable(cursor.data[field])
    value = "" if cursor.data[field] is None else seen.operand
    return [seen.rank, value, cursor.id] if len(keys) == 3 else [value, cursor.id]  # noqa: PLR2004 - rank, value, id


def _expression(field: str, seen: Comparable) -> str:
    return value_of(field) if seen.tag is None else tagged_value_of(field, seen.tag)
