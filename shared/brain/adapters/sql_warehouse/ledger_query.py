"""Search the hypothesis ledger in the database, because it grows by every question of every night."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, func, or_, select

from brain.ports.sales_warehouse import LedgerQuery

SEARCHED_COLUMNS = ("hypothesis_id", "question", "note")


def build_ledger_select(table: Table, query: LedgerQuery) -> Select[Any]:
    """Return the select that answers ``query``."""
    statement = select(table).where(*_build_conditions(table, query))
    if query.latest:
        last = select(table.c.hypothesis_id, func.max(table.c.night).label("night")).group_by(table.c.hypothesis_id)
        if query.before is not None:
            last = last.where(table.c.night < query.before)
        last_nights = last.subquery()
        is_last = and_(table.c.hypothesis_id == last_nights.c.hypothesis_id, table.c.night == last_nights.c.night)
        statement = statement.join(last_nights, is_last)
    return statement.order_by(table.c.night, table.c.hypothesis_id)


def _build_conditions(table: Table, query: LedgerQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.text:
        text = query.text.lower()
        matches = (func.lower(table.c[name]).contains(text, autoescape=True) for name in SEARCHED_COLUMNS)
        conditions.append(or_(*matches))
    if query.state is not None:
        conditions.append(table.c.state == query.state)
    if query.store_id is not None:
        conditions.append(table.c.store_id == query.store_id)
    if query.stores is not None:
        conditions.append(table.c.store_id.in_(query.stores))
    if query.before is not None:
        conditions.append(table.c.night < query.before)
    if query.confirmations:
        conditions.append(table.c.alpha.is_not(None))
    return conditions
