"""Imports in one transaction: lines wait in temporary tables, then replace or join the real ones by natural key."""

from collections.abc import Callable, Sequence
from typing import Any

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

from brain.adapters.sql_warehouse.tables import KEYS, SHOP
from brain.adapters.sql_warehouse.upsert import upsert, upsert_from
from brain.domain.retail.imports.lines import BY_DAY, EventLine, SaleLine, WeatherLine
from brain.domain.retail.series import Store
from brain.ports.sales_warehouse import TableCount

POSITION = "file_position"

_MARKS = {"qmark": "?", "pyformat": "%s"}
"""A place for a value, in the driver's own words."""


class SqlImport:
    """An open import over one connection; see ``ports.sales_warehouse.ImportSession``."""

    def __init__(self, connection: Connection, tables: dict[str, Table]) -> None:
        self._connection = connection
        self._tables = tables
        self._staged: dict[str, Table] = {}
        self._position = 0

    def add_stores(self, stores: Sequence[Store]) -> None:
        """Describe stores that were not known before."""
        if stores:
            target = self._tables["stores"]
            statement = upsert(self._connection.dialect, target, KEYS["stores"])
            self._connection.execute(statement, [store_row(store) for store in stores])

    def add_sales(self, lines: Sequence[SaleLine]) -> None:
        """Set sales lines aside."""
        self._add("sales", lines)

    def add_weather(self, lines: Sequence[WeatherLine]) -> None:
        """Set weather lines aside."""
        self._add("weather_hourly", lines)

    def add_events(self, lines: Sequence[EventLine]) -> None:
        """Set events aside."""
        self._add("calendar_events", lines)

    def apply(self) -> list[TableCount]:
        """Write what was set aside; the caller's transaction ends it."""
        counts = [self._write(name, staged) for name, staged in self._staged.items()]
        for staged in self._staged.values():
            staged.drop(self._connection)
        self._staged.clear()
        return counts

    def _add(self, name: str, lines: Sequence[Any]) -> None:
        if not lines:
            return
        staged = self._staged.get(name)
        if staged is None:
            staged = self._staged[name] = _staging_table(name, lines[0]._fields)
            staged.create(self._connection)
        prepare = _bind_processors(staged, self._connection.dialect)
        first = self._position
        self._position += len(lines)
        # Straight to the driver: building a statement's parameters one by one takes most of a large import's time.
        values = ", ".join([_MARKS[self._connection.dialect.paramstyle]] * len(staged.columns))
        self._connection.exec_driver_sql(
            f"INSERT INTO {staged.name} VALUES ({values})",  # noqa: S608 - our own temporary table
            [
                tuple([v if p is None or v is None else p(v) for p, v in zip(prepare, (n, *line), strict=True)])
                for n, line in enumerate(lines, first)
            ],
        )

    def _write(self, name: str, staged: Table) -> TableCount:
        target = self._tables[name]
        before = self._count(target)
        columns = [column.key for column in target.columns]
        selects = _numbered(staged, columns) if name == "sales" else [_last_of_each(staged, columns, KEYS[name])]
        written = 0
        for rows in selects:
            statement = upsert_from(self._connection.dialect, target, KEYS[name], columns, rows)
            affected = self._connection.execute(statement).rowcount
            # psycopg does not report how many rows an INSERT ... SELECT wrote.
            written += affected if affected >= 0 else self._count(rows.subquery())
        new = self._count(target) - before
        return TableCount(name, new, written - new)

    def _count(self, table: FromClause) -> int:
        return self._connection.execute(select(func.count()).select_from(table)).scalar_one()


def store_row(store: Store) -> dict[str, str | None]:
    """A store as its row."""
    return {
        "store_id": store.store_id,
        "time_zone": store.timezone,
        "country": store.country,
        "subdivision": store.subdivision,
    }


def _staging_table(name: str, fields: Sequence[str]) -> Table:
    """A temporary table with the columns of a line, in a line's order, behind its position in the file."""
    kinds = {column: kind for column, kind, _ in SHOP[name]}
    position = Column(POSITION, Integer, primary_key=True, autoincrement=False)
    columns = [Column(field, kinds[field]) for field in fields]
    return Table(f"import_{name}", MetaData(), position, *columns, prefixes=["TEMPORARY"])


def _bind_processors(table: Table, dialect: Dialect) -> list[Callable[[Any], Any] | None]:
    return [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]


def _numbered(staged: Table, columns: Sequence[str]) -> list[Select[Any]]:
    """Tickets with the same key in one file are different sales and are numbered; of two day totals the later wins."""
    key = ("store_id", "sold_at", "product_id")
    number = func.row_number().over(partition_by=[staged.c[name] for name in key], order_by=staged.c[POSITION]) - 1
    ranked = select(staged, number.label("line")).where(staged.c.granularity != BY_DAY).subquery()
    tickets = select(*(ranked.c[name] for name in columns)).where(ranked.c.line >= 0)
    days = _last_of_each(staged, columns, key, staged.c.granularity == BY_DAY)
    return [tickets, days]


def _last_of_each(staged: Table, columns: Sequence[str], key: Sequence[str], *where: Any) -> Select[Any]:
    from_the_end = func.row_number().over(
        partition_by=[staged.c[name] for name in key], order_by=staged.c[POSITION].desc()
    )
    ranked = select(staged, from_the_end.label("from_the_end")).where(*where).subquery()
    listed = [ranked.c[name] if name in ranked.c else literal(0).label(name) for name in columns]
    return select(*listed).where(ranked.c.from_the_end == 1)
