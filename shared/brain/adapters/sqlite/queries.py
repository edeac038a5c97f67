"""Conversion of queries into SQL that reads only matching rows, in order, if the fields have an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.adapters.sqlite.schema import rank_expression, value_expression
from brain.adapters.sqlite.values import format_time
from brain.ports.document_store import Filter, Snapshot


@dataclass(frozen=True, slots=True)
class SqlOperand:
    """A value as SQL compares it, with the position of its type in Firestore's order over types."""

    rank: int
    value: Any


def build_operand(value: Any) -> SqlOperand:
    """Return the operand for a scalar."""
    if value is None:
        return SqlOperand(0, "")
    if isinstance(value, bool):
        return SqlOperand(1, int(value))
    if isinstance(value, datetime):
        return SqlOperand(3, format_time(value))
    if isinstance(value, bytes):
        return SqlOperand(5, value.hex())
    if isinstance(value, str):
        return SqlOperand(4, str(value))
    return SqlOperand(2, value)


def build_condition(collection: str, where: Sequence[Filter]) -> tuple[str, list[Any]]:
    """Return the condition of a query's WHERE clause and its parameters."""
    collection_id = collection.rpartition("/")[2]
    clauses = ["collection = ?"]
    parameters: list[Any] = [collection]
    if collection_id.isidentifier():
        clauses.append(f"collection_id = '{collection_id}'")  # a literal, because the partial indexes need one
    for condition in where:
        operand = build_operand(condition.value)
        clauses.append(f"{rank_expression(condition.field)} = {operand.rank}")
        clauses.append(f"{value_expression(condition.field)} {condition.op} ?")
        parameters.append(operand.value)
    return " AND ".join(clauses), parameters


def build_sort_keys(field: str | None, where: Sequence[Filter]) -> list[str]:
    """Return the expressions that order a query by ``field`` and then by id.

    A filter on the field selects values of one rank; SQLite uses the index for the order only without that constant.
    """
    if field is None:
        return ["id"]
    has_one_rank = any(condition.field == field for condition in where)
    return [*([] if has_one_rank else [rank_expression(field)]), value_expression(field), "id"]


def list_cursor_values(field: str | None, keys: Sequence[str], cursor: Snapshot) -> list[Any]:
    """Return the values of the sort keys in the document ``cursor``."""
    if field is None:
        return [cursor.id]
    operand = build_operand(cursor.data[field])
    return [operand.rank, operand.value, cursor.id][-len(keys) :]
