"""Says what a database lacks for the Brain to work on it, and how each gap is mended."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, Table, func, inspect, select

from brain.adapters.sql_warehouse import migrating
from brain.adapters.sql_warehouse.names import WarehouseConfig
from brain.adapters.sql_warehouse.tables import AMOUNTS, RESULTS, SHOP, Present
from brain.domain.retail.imports.lines import BY_DAY, BY_TIME
from brain.ports.sales_warehouse import SchemaFault

MIGRATE = "brain retail check --upgrade"


def present_columns(connection: Connection, config: WarehouseConfig) -> dict[str, set[str]]:
    """The columns of each table the Brain reads or writes, as far as it is there."""
    inspector = inspect(connection)
    there = {*inspector.get_table_names(), *inspector.get_view_names()}
    wanted = {*SHOP, *RESULTS, *(theirs.name for theirs in config.tables.values())}
    return {name: {column["name"] for column in inspector.get_columns(name)} for name in sorted(wanted & there)}


def schema_faults(
    connection: Connection, tables: dict[str, Table], present: Present, config: WarehouseConfig
) -> list[SchemaFault]:
    """Missing tables and columns, in the order of the tables."""
    faults: list[SchemaFault] = []
    for name, table in tables.items():
        if table.name not in present:
            faults.append(_missing_table(name, table, config))
        else:
            faults.extend(_missing_columns(connection, name, table, present[table.name]))
    return faults or _behind(connection)


def double_counts(connection: Connection, sales: Table) -> list[SchemaFault]:
    """Stores with days that hold both a total and single tickets: their sales would count twice."""
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
            f"store {store} has a day's total and single tickets on {count} days (first {first}), which count twice",
            f"DELETE FROM sales WHERE store_id = '{store}' AND granularity = '{BY_DAY}'",  # noqa: S608 - shown, not run
        )
        for store, count, first in connection.execute(query.order_by(days.c.store_id))
    ]


def _missing_table(name: str, table: Table, config: WarehouseConfig) -> SchemaFault:
    if name in config.tables:
        return SchemaFault(
            table.name,
            None,
            f"config/warehouse.yaml says that {name} is called {table.name}, and there is no such table",
            f"correct tables.{name}.name in config/warehouse.yaml",
        )
    return SchemaFault(table.name, None, f"the table {table.name} is missing", MIGRATE)


def _missing_columns(
    connection: Connection, name: str, table: Table, present: Collection[str]
) -> Iterator[SchemaFault]:
    preparer = connection.dialect.identifier_preparer
    for column in table.columns:
        if column.name not in present:
            kind = column.type.compile(connection.dialect)
            mend = f"ALTER TABLE {preparer.format_table(table)} ADD COLUMN {preparer.quote(column.name)} {kind}"
            if name in SHOP:
                mend += f", or say what {column.key} is called there under tables.{name} in config/warehouse.yaml"
            yield SchemaFault(table.name, column.name, f"the table {table.name} has no column {column.name}", mend)
    if name == "sales" and not AMOUNTS & set(table.columns.keys()):
        yield SchemaFault(
            table.name,
            "revenue",
            f"the table {table.name} has neither a column revenue nor quantity",
            "say which column holds the amount under tables.sales in config/warehouse.yaml",
        )


def _behind(connection: Connection) -> list[SchemaFault]:
    at, newest = migrating.current(connection), migrating.head()
    if at == newest:
        return []
    return [SchemaFault("brain_schema_version", None, f"the tables are at revision {at}, not {newest}", MIGRATE)]
