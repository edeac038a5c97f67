"""The sales warehouse on a SQL database: the port's methods, each in a transaction of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, func, select, true

from brain.adapters.sql_warehouse import migrating, reading
from brain.adapters.sql_warehouse.connection import WRITES, missing_file, open_engine, translated
from brain.adapters.sql_warehouse.importing import SqlImport
from brain.adapters.sql_warehouse.ledger import ledger_select
from brain.adapters.sql_warehouse.names import WarehouseConfig
from brain.adapters.sql_warehouse.schema_check import double_counts, present_columns, schema_faults
from brain.adapters.sql_warehouse.tables import KEYS, NIGHT_COLUMNS, SHOP, Present, is_shop_s_own, tables
from brain.adapters.sql_warehouse.upsert import upsert
from brain.domain.retail.imports.lines import BY_TIME
from brain.domain.retail.series import CalendarEvent, DailySale, Store, load_zone
from brain.domain.retail.weather_days import WeatherRow
from brain.errors import InvalidInputError, MisconfiguredError
from brain.ports.sales_warehouse import HourlySale, LedgerQuery, ResultTable, Row, SchemaFault


class SqlWarehouse:
    """See ``ports.sales_warehouse.SalesWarehouse``; connects on first use and holds no connection between calls."""

    def __init__(self, database_url: str, config: WarehouseConfig) -> None:
        self._engine: Engine = open_engine(database_url)
        self._config = config
        self._known: tuple[Present, dict[str, Table]] | None = None
        self._default = Store("", config.default_time_zone, config.default_country)

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def upgrade(self) -> list[str]:
        """Create or migrate the Brain's tables."""
        with self._connected(writes=True, creates=True) as connection:
            applied = migrating.upgrade(connection, self._config.tables)
        self._known = None
        return applied

    def check(self) -> list[SchemaFault]:
        """Return what is missing, or else what is counted twice."""
        with self._connected() as connection:
            present, known = self._schema(connection)
            return schema_faults(connection, known, present, self._config) or double_counts(connection, known["sales"])

    def row_counts(self) -> dict[str, int]:
        """Return the number of rows of each table that is there, by the Brain's name for it."""
        with self._connected() as connection:
            present, known = self._schema(connection)
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in known.items()
                if table.name in present
            }

    def stores(self) -> list[Store]:
        """Return the known stores by id."""
        with self._connected() as connection:
            return reading.stores(connection, self._tables(connection), self._default)

    def put_stores(self, stores: Iterable[Store]) -> None:
        """Describe stores."""
        with self._connected(writes=True) as connection:
            known = self._tables(connection)
            self._refuse_shop_s_own(connection, ["stores"])
            described = list(stores)
            for store in described:
                load_zone(store.timezone)
                _refuse_new_zone(connection, known, store)
            SqlImport(connection, known).add_stores(described)

    @contextmanager
    def importing(self) -> Iterator[SqlImport]:
        """Open an import."""
        with self._connected(writes=True) as connection:
            self._refuse_shop_s_own(connection, ["sales", "weather_hourly", "calendar_events"])
            yield SqlImport(connection, self._tables(connection))

    def daily_sales(self, store_ids: Sequence[str] | None = None, until: date | None = None) -> Iterator[DailySale]:
        """Yield sales by store, product and local day."""
        with self._connected() as connection:
            sales = self._tables(connection)["sales"]
            yield from reading.daily_sales(connection, sales, store_ids, until, self._zones(connection))

    def hourly_sales(self, store_ids: Sequence[str] | None = None) -> Iterator[HourlySale]:
        """Yield sales by store, local day and hour."""
        with self._connected() as connection:
            sales = self._tables(connection)["sales"]
            yield from reading.hourly_sales(connection, sales, store_ids, self._zones(connection))

    def weather(self, store_ids: Sequence[str] | None = None) -> Iterator[WeatherRow]:
        """Yield readings and forecasts by store and time."""
        with self._connected() as connection:
            yield from reading.weather(connection, self._tables(connection)["weather_hourly"], store_ids)

    def events(self) -> list[CalendarEvent]:
        """Return the calendar."""
        with self._connected() as connection:
            return reading.events(connection, self._tables(connection)["calendar_events"])

    def put_results(self, table: ResultTable, rows: Sequence[Row]) -> None:
        """Write results by natural key."""
        if not rows:
            return
        with self._connected(writes=True) as connection:
            target = self._tables(connection)[table]
            columns = [column.key for column in target.columns]
            complete = [{name: row.get(name) for name in columns} for row in rows]
            connection.execute(upsert(connection.dialect, target, KEYS[table]), complete)

    def results(
        self,
        table: ResultTable,
        where: Mapping[str, object] | None = None,
        before: date | None = None,
        *,
        latest: bool = False,
    ) -> list[dict[str, object]]:
        """Return results in the order of the key."""
        with self._connected() as connection:
            target = self._tables(connection)[table]
            day = target.c[NIGHT_COLUMNS[table]]
            wanted = [_equals(target.c[name], value) for name, value in (where or {}).items()]
            if before is not None:
                wanted.append(day < before)
            if latest:
                wanted.append(day == select(func.max(day)).where(*wanted).scalar_subquery())
            query = select(target).where(*wanted).order_by(*(target.c[name] for name in KEYS[table]))
            return [dict(row) for row in connection.execute(query).mappings()]

    def ledger(self, query: LedgerQuery) -> list[dict[str, object]]:
        """Return the hypotheses of the query by night and id."""
        with self._connected() as connection:
            found = connection.execute(ledger_select(self._tables(connection)[ResultTable.HYPOTHESES], query))
            return [dict(row) for row in found.mappings()]

    @contextmanager
    def _connected(self, *, writes: bool = False, creates: bool = False) -> Iterator[Connection]:
        absent = missing_file(self._engine)
        if absent is not None and not creates:
            raise MisconfiguredError(
                f"there is no database file {absent}; import sales first (brain retail import) or correct DATABASE_URL"
            )
        with translated(self._engine), self._engine.execution_options(**{WRITES: writes}).begin() as connection:
            yield connection

    def _schema(self, connection: Connection) -> tuple[Present, dict[str, Table]]:
        if self._known is None:
            present = present_columns(connection, self._config)
            self._known = present, tables(self._config, present)
        return self._known

    def _tables(self, connection: Connection) -> dict[str, Table]:
        return self._schema(connection)[1]

    def _zones(self, connection: Connection) -> "_Zones":
        described = reading.stores(connection, self._tables(connection), self._default)
        return _Zones(
            {store.store_id: load_zone(store.timezone) for store in described}, load_zone(self._default.timezone)
        )

    def _refuse_shop_s_own(self, connection: Connection, names: Sequence[str]) -> None:
        present, _ = self._schema(connection)
        for name in names:
            if name in SHOP and is_shop_s_own(name, self._config, present):
                raise MisconfiguredError(
                    f"{name} is a table of the shop's own here, which the Brain reads and never writes; "
                    "import into another database (--database sqlite:///first-try.db)"
                )


def _equals(column: Column[Any], value: object) -> ColumnElement[bool]:
    return column.in_(value) if isinstance(value, tuple) else column == value


class _Zones:
    """The time zone of each store, and the default's for a store nobody described."""

    def __init__(self, zones: Mapping[str, ZoneInfo], default: ZoneInfo) -> None:
        self._zones, self._default = zones, default

    def __call__(self, store_id: str) -> ZoneInfo:
        return self._zones.get(store_id, self._default)


def _refuse_new_zone(connection: Connection, known: Mapping[str, Table], store: Store) -> None:
    """Refuse to move a store with data to another zone: its stored local days would no longer be its days."""
    described, sales, weather = known["stores"], known["sales"], known["weather_hourly"]
    query = select(described.c.time_zone).where(described.c.store_id == store.store_id)
    before = connection.execute(query).scalar_one_or_none()
    if before is None or before == store.timezone:
        return
    tickets = sales.c.granularity == BY_TIME if "granularity" in sales.c else true()
    for table, dated_by_zone in ((sales, tickets), (weather, true())):
        rows = select(table.c.store_id).where(table.c.store_id == store.store_id, dated_by_zone)
        if connection.execute(rows.limit(1)).first():
            raise InvalidInputError(
                f"store {store.store_id} has {table.name} recorded in {before}; to move it to {store.timezone}, delete "
                "its rows there and import them again"
            )
