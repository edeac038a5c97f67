"""Find what a database lacks for the Brain to work on it, and how to fix each fault."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, Table, func, inspect, select

from brain.adapters.sql_warehouse.columns import AMOUNT_COLUMNS, RESULT_COLUMNS, SHOP_COLUMNS
from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.schema_migration import VERSION_TABLE, find_latest_revision, read_revision
from brain.adapters.sql_warehouse.tables import PresentColumns
from brain.domain.retail.imports.import_lines import BY_DAY, BY_TIME
from brain.ports.sales_warehouse import SchemaFault

UPGRADE_COMMAND = "brain retail check --upgrade"


def read_present_columns(connection: Connection, config: WarehouseConfig) -> dict[str, set[str]]:
    """Return the columns of each existing table that the Brain reads or writes."""
    inspector = inspect(connection)
    existing = {*inspector.get_table_names(), *inspector.get_view_names()}
    used = {*SHOP_COLUMNS, *RESULT_COLUMNS, *(mapping.name for mapping in config.tables.values())}
    return {name: {column["name"] for column in inspector.get_columns(name)} for name in sorted(used & existing)}


def find_schema_faults(
    connection: Connection, tables: dict[str, Table], present: PresentColumns, config: WarehouseConfig
) -> list[SchemaFault]:
    """Return missing tables and columns in the order of the tables, or else an outdated schema."""
    faults: list[SchemaFault] = []
    for name, table in tables.items():
        if table.name not in present:
            faults.append(_describe_missing_table(name, table, config))
        else:
            faults.extend(_find_missing_columns(connection, name, table, present[table.name]))
    return faults or _find_outdated_schema(connection)


def find_double_counts(connection: Connection, sales: Table) -> list[SchemaFault]:
    """Return stores with days that have both a total and single tickets, whose sales would count twice."""
    if "granularity" not in sales.c or "sold_on" not in sales.c:
        return []
    days = (
        select(sales.c.store_id, sales.c.sold_on)
        .where(sales.c.granularity.in_((BY_DAY, BY_TIME)))
        .group_by(sales.c.store_id, sales.c.sold_on)
        .having(func.count(sales.c.granularity.distinct()) > 1)
        .subquery()
    )
    query = select(days.c.store_id, func.count(), func.min(days.c.sold_on)).group_by(days.c.store_id)
    return [
        SchemaFault(
            "sales",
            None,
            f"store {store_id} has both a daily total and single tickets on {count} days (first {first_day}), so these "
            "sales count twice",
            f"DELETE FROM sales WHERE store_id = '{store_id}' AND granularity = '{BY_DAY}'",  # noqa: S608 - only shown
        )
        for store_id, count, first_day in connection.execute(query.order_by(days.c.store_id))
    ]


def _describe_missing_table(name: str, table: Table, config: WarehouseConfig) -> SchemaFault:
    if name in config.tables:
        return SchemaFault(
            table.name,
            None,
            f"config/warehouse.yaml maps {name} to the table {table.name}, which does not exist",
            f"correct tables.{name}.name in config/warehouse.yaml",
        )
    return SchemaFault(table.name, None, f"the table {table.name} is missing", UPGRADE_COMMAND)


def _find_missing_columns(
    connection: Connection, name: str, table: Table, present: Collection[str]
) -> Iterator[SchemaFault]:
    preparer = connection.dialect.identifier_preparer
    for column in table.columns:
        if column.name not in present:
            column_type = column.type.compile(connection.dialect)
            fix = f"ALTER TABLE {preparer.format_table(table)} ADD COLUMN {preparer.quote(column.name)} {column_type}"
            if name in SHOP_COLUMNS:
                fix += f", or map {column.key} to its name there under tables.{name} in config/warehouse.yaml"
            yield SchemaFault(table.name, column.name, f"the table {table.name} has no column {column.name}", fix)
    if name == "sales" and not AMOUNT_COLUMNS & set(table.columns.keys()):
        yield SchemaFault(
            table.name,
            "revenue",
            f"the table {table.name} has neither a column revenue nor quantity",
            "map revenue or quantity to the column with the amount under tables.sales in config/warehouse.yaml",
        )


def _find_outdated_schema(connection: Connection) -> list[SchemaFault]:
    revision, latest = read_revision(connection), find_latest_revision()
    if revision == latest:
        return []
    message = f"the tables must be at revision {latest}, got {revision}"
    return [SchemaFault(VERSION_TABLE, None, message, UPGRADE_COMMAND)]
