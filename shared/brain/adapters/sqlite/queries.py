"""Conversion of queries into SQL that reads only matching rows if the field has an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.adapters.sqlite.schema import tagged_value_expression, type_expression, value_expression
from brain.adapters.sqlite.values import BYTES, TIME, format_time
from brain.ports.document_store import Filter, Snapshot

# Firestore's order over types: null, booleans, numbers, times, text, bytes, lists, maps.
_RANK = (
    "CASE {type} WHEN 'null' THEN 0 WHEN 'false' THEN 1 WHEN 'true' THEN 1 WHEN 'integer' THEN 2 WHEN 'real' THEN 2 "
    "WHEN 'text' THEN 4 WHEN 'array' THEN 6 "
    "ELSE CASE WHEN {time} IS NOT NULL THEN 3 WHEN {bytes} IS NOT NULL THEN 5 ELSE 7 END END"
)


@dataclass(frozen=True, slots=True)
class SqlOperand:
    """A value as SQL compares it.

    ``types`` are the JSON types that it is comparable with; a time or bytes has a ``tag`` instead. ``rank`` is the
    position of its type in Firestore's order over types.
    """

    types: tuple[str, ...]
    tag: str | None
    value: Any
    rank: int


def build_operand(value: Any) -> SqlOperand:
    """Return the operand for a scalar."""
    if value is None:
        return SqlOperand(("null",), None, None, 0)
    if isinstance(value, bool):
        return SqlOperand(("true", "false"), None, int(value), 1)
    if isinstance(value, datetime):
        return SqlOperand((), TIME, format_time(value), 3)
    if isinstance(value, bytes):
        return SqlOperand((), BYTES, value.hex(), 5)
    if isinstance(value, str):
        return SqlOperand(("text",), None, str(value), 4)
    return SqlOperand(("integer", "real"), None, value, 2)


def build_condition(collection: str, where: Sequence[Filter]) -> tuple[str, list[Any]]:
    """Return the condition of a query's WHERE clause and its parameters."""
    collection_id = collection.rpartition("/")[2]
    clauses = ["collection = ?"]
    parameters: list[Any] = [collection]
    if collection_id.isidentifier():
        clauses.append(f"collection_id = '{collection_id}'")  # a literal, because the partial indexes need one
    for condition in where:
        clause, operands = _build_comparison(condition)
        clauses.append(clause)
        parameters += operands
    return " AND ".join(clauses), parameters


def _build_comparison(condition: Filter) -> tuple[str, list[Any]]:
    field, operand = condition.field, build_operand(condition.value)
    if condition.value is None:
        return f"{type_expression(field)} = 'null'", []
    if operand.tag is not None:
        return f"{tagged_value_expression(field, operand.tag)} {condition.op} ?", [operand.value]
    types = ", ".join(f"'{json_type}'" for json_type in operand.types)
    comparison = f"{value_expression(field)} {condition.op} ?"
    return f"({comparison} AND {type_expression(field)} IN ({types}))", [operand.value]


def build_sort_keys(field: str | None, where: Sequence[Filter]) -> list[str]:
    """Return the expressions that order a query by ``field`` and then by id.

    A range selects values of one type, so the expression of that type (and its index) orders them.
    """
    if field is None:
        return ["id"]
    bound = next((condition for condition in where if condition.field == field and condition.op != "=="), None)
    if bound is not None:
        return [_build_expression(field, build_operand(bound.value)), "id"]
    time, raw = tagged_value_expression(field, TIME), tagged_value_expression(field, BYTES)
    rank = _RANK.format(type=type_expression(field), time=time, bytes=raw)
    return [rank, f"COALESCE({time}, {raw}, {value_expression(field)}, '')", "id"]


def list_cursor_values(field: str | None, keys: Sequence[str], cursor: Snapshot) -> list[Any]:
    """Return the values of the sort keys in the document ``cursor``."""
    if field is None:
        return [cursor.id]
    operand = build_operand(cursor.data[field])
    value = "" if cursor.data[field] is None else operand.value
    return [operand.rank, value, cursor.id] if len(keys) == 3 else [value, cursor.id]  # noqa: PLR2004 - rank, value, id


def _build_expression(field: str, operand: SqlOperand) -> str:
    return value_expression(field) if operand.tag is None else tagged_value_expression(field, operand.tag)
