"""Import in one transaction: lines are staged in temporary tables and then upserted by natural key."""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    FromClause,
    Integer,
    MetaData,
    Select,
    Table,
    func,
    literal,
    select,
)

from brain.adapters.sql_warehouse.columns import NATURAL_KEYS, SHOP_COLUMNS
from brain.adapters.sql_warehouse.upsert import build_upsert, build_upsert_from_select
from brain.domain.retail.imports.import_lines import BY_DAY, EventLine, ImportLine, SaleLine, WeatherLine
from brain.domain.retail.series import Store
from brain.ports.sales_warehouse import TableCount

POSITION = "file_position"

PLACEHOLDERS = {"qmark": "?", "pyformat": "%s"}
"""The placeholder of a parameter, by the parameter style of the driver."""


class BindProcessor(Protocol):
    """Converts a value to what the driver of a database takes."""

    def __call__(self, cell: Any, /) -> Any:
        """Return the converted value."""


class SqlImportSession:
    """An open import on one connection; see ``ports.sales_warehouse.ImportSession``."""

    def __init__(self, connection: Connection, tables: dict[str, Table]) -> None:
        self._connection = connection
        self._tables = tables
        self._staging_tables: dict[str, Table] = {}
        self._position = 0

    def add_stores(self, stores: Sequence[Store]) -> None:
        """Describe stores that were not known before."""
        if stores:
            statement = build_upsert(self._connection.dialect, self._tables["stores"], NATURAL_KEYS["stores"])
            self._connection.execute(statement, [_store_to_row(store) for store in stores])

    def add_sales(self, lines: Sequence[SaleLine]) -> None:
        """Stage sales lines."""
        self._stage("sales", lines)

    def add_weather(self, lines: Sequence[WeatherLine]) -> None:
        """Stage weather lines."""
        self._stage("weather_hourly", lines)

    def add_events(self, lines: Sequence[EventLine]) -> None:
        """Stage calendar events."""
        self._stage("calendar_events", lines)

    def apply(self) -> list[TableCount]:
        """Write what was staged; the caller ends the transaction."""
        counts = [self._write(name, staging_table) for name, staging_table in self._staging_tables.items()]
        for staging_table in self._staging_tables.values():
            staging_table.drop(self._connection)
        self._staging_tables.clear()
        return counts

    def _stage(self, name: str, lines: Sequence[ImportLine]) -> None:
        if not lines:
            return
        staging_table = self._staging_tables.get(name)
        if staging_table is None:
            staging_table = self._staging_tables[name] = _build_staging_table(name, lines[0]._fields)
            staging_table.create(self._connection)
        processors = _find_bind_processors(staging_table, self._connection.dialect)
        first_position = self._position
        self._position += len(lines)
        # Straight to the driver: building a statement's parameters one by one takes most of a large import's time.
        placeholders = ", ".join([PLACEHOLDERS[self._connection.dialect.paramstyle]] * len(staging_table.columns))
        self._connection.exec_driver_sql(
            f"INSERT INTO {staging_table.name} VALUES ({placeholders})",  # noqa: S608 - our own temporary table
            [
                tuple(
                    [
                        cell if process is None or cell is None else process(cell)
                        for process, cell in zip(processors, (position, *line), strict=True)
                    ]
                )
                for position, line in enumerate(lines, first_position)
            ],
        )

    def _write(self, name: str, staging: Table) -> TableCount:
        target = self._tables[name]
        count_before = self._count(target)
        columns = [column.key for column in target.columns]
        key = NATURAL_KEYS[name]
        selects = _select_sales(staging, columns) if name == "sales" else [_select_last(staging, columns, key)]
        written = 0
        for rows in selects:
            statement = build_upsert_from_select(self._connection.dialect, target, key, columns, rows)
            affected = self._connection.execute(statement).rowcount
            # psycopg does not report how many rows an INSERT ... SELECT wrote.
            written += affected if affected >= 0 else self._count(rows.subquery())
        new = self._count(target) - count_before
        return TableCount(name, new, written - new)

    def _count(self, table: FromClause) -> int:
        return self._connection.execute(select(func.count()).select_from(table)).scalar_one()


def _store_to_row(store: Store) -> dict[str, str | None]:
    return {
        "store_id": store.store_id,
        "time_zone": store.timezone,
        "country": store.country,
        "subdivision": store.subdivision,
    }


def _build_staging_table(name: str, fields: Sequence[str]) -> Table:
    """Return a temporary table with the position in the file and then the fields of a line, in its order."""
    types = {column: column_type for column, column_type, _ in SHOP_COLUMNS[name]}
    position = Column(POSITION, Integer, primary_key=True, autoincrement=False)
    columns = [Column(field, types[field]) for field in fields]
    return Table(f"import_{name}", MetaData(), position, *columns, prefixes=["TEMPORARY"])


def _find_bind_processors(table: Table, dialect: Dialect) -> list[BindProcessor | None]:
    return [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]


def _select_sales(staging_table: Table, columns: Sequence[str]) -> list[Select[Any]]:
    """Return the selects of tickets and of daily totals.

    Tickets with the same key in one file are different sales and are numbered; of two totals of a day the later wins.
    """
    key = ("store_id", "sold_at", "product_id")
    partition = [staging_table.c[name] for name in key]
    number = func.row_number().over(partition_by=partition, order_by=staging_table.c[POSITION]) - 1
    numbered = select(staging_table, number.label("line")).where(staging_table.c.granularity != BY_DAY).subquery()
    tickets = select(*(numbered.c[name] for name in columns)).where(numbered.c.line >= 0)
    totals = _select_last(staging_table, columns, key, staging_table.c.granularity == BY_DAY)
    return [tickets, totals]


def _select_last(staging_table: Table, columns: Sequence[str], key: Sequence[str], *where: Any) -> Select[Any]:
    """Return the select of the last line of each key."""
    partition = [staging_table.c[name] for name in key]
    number = func.row_number().over(partition_by=partition, order_by=staging_table.c[POSITION].desc())
    numbered = select(staging_table, number.label("from_the_end")).where(*where).subquery()
    selected = [numbered.c[name] if name in numbered.c else literal(0).label(name) for name in columns]
    return select(*selected).where(numbered.c.from_the_end == 1)
