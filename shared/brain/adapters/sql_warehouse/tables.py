"""The tables for SQLAlchemy; a column's ``key`` is the Brain's name for it, its ``name`` that in the database."""

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Column, MetaData, Table

from brain.adapters.sql_warehouse.columns import NATURAL_KEYS, OPTIONAL_COLUMNS, RESULT_COLUMNS, SHOP_COLUMNS
from brain.adapters.sql_warehouse.config import TableMapping, WarehouseConfig
from brain.adapters.sql_warehouse.instant import Instant

PresentColumns: TypeAlias = Mapping[str, Collection[str]]
"""The columns of each existing table, by its name in the database."""


def build_brain_table(name: str, metadata: MetaData) -> Table:
    """Return a table under the Brain's own names, with its natural key as primary key."""
    specs = SHOP_COLUMNS[name] if name in SHOP_COLUMNS else RESULT_COLUMNS[name]
    key = NATURAL_KEYS[name]
    columns = [
        Column(column_name, column_type, nullable=nullable, primary_key=column_name in key)
        for column_name, column_type, nullable in specs
    ]
    return Table(name, metadata, *columns)


def build_tables(config: WarehouseConfig, present: PresentColumns) -> dict[str, Table]:
    """Return every table by the Brain's name for it; external tables without the columns that they lack."""
    metadata = MetaData()
    return {
        name: _build_external_table(name, config, present, metadata)
        if name in SHOP_COLUMNS and is_external(name, config, present)
        else build_brain_table(name, metadata)
        for name in (*SHOP_COLUMNS, *RESULT_COLUMNS)
    }


def is_external(name: str, config: WarehouseConfig, present: PresentColumns) -> bool:
    """Return whether a table is the shop's own: mapped in the configuration, or without some of the Brain's columns.

    The Brain reads external tables and never writes to them.
    """
    columns = {column_name for column_name, _, _ in SHOP_COLUMNS[name]}
    return name in config.tables or (name in present and not columns <= set(present[name]))


def _build_external_table(name: str, config: WarehouseConfig, present: PresentColumns, metadata: MetaData) -> Table:
    mapping = config.tables.get(name, TableMapping(name=name))
    local = mapping.times_are == "local"
    present_columns = present.get(mapping.name, ())
    columns: list[Column[Any]] = []
    for key, column_type, _ in SHOP_COLUMNS[name]:
        column_name = mapping.columns.get(key, key)
        is_optional = key in OPTIONAL_COLUMNS[name] and key not in mapping.columns
        if column_name is not None and (column_name in present_columns or not is_optional):
            external_type = Instant(local=local) if isinstance(column_type, Instant) else column_type
            columns.append(Column(column_name, external_type, key=key))
    return Table(mapping.name, metadata, *columns)
