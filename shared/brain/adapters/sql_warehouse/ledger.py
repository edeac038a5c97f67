"""Searches the curiosity ledger in the database, which grows by every question of every night."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, func, or_, select

from brain.ports.sales_warehouse import LedgerQuery

SEARCHED = ("hypothesis_id", "question", "note")


def ledger_select(table: Table, query: LedgerQuery) -> Select[Any]:
    """The select that answers ``query``."""
    wanted = select(table).where(*_conditions(table, query))
    if query.latest:
        last = select(table.c.hypothesis_id, func.max(table.c.night).label("night")).group_by(table.c.hypothesis_id)
        if query.before is not None:
            last = last.where(table.c.night < query.before)
        ends = last.subquery()
        same = and_(table.c.hypothesis_id == ends.c.hypothesis_id, table.c.night == ends.c.night)
        wanted = wanted.join(ends, same)
    return wanted.order_by(table.c.night, table.c.hypothesis_id)


def _conditions(table: Table, query: LedgerQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.text:
        text = query.text.lower()
        conditions.append(or_(*(func.lower(table.c[name]).contains(text, autoescape=True) for name in SEARCHED)))
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
