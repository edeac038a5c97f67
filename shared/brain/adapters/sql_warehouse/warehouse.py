"""The sales warehouse on a SQL database: each method of the port in a transaction of its own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, func, select

from brain.adapters.sql_warehouse import queries
from brain.adapters.sql_warehouse.columns import DAY_COLUMNS, NATURAL_KEYS, SHOP_COLUMNS
from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.sql_warehouse.connection import WRITES_OPTION, find_missing_file, open_engine, translate_errors
from brain.adapters.sql_warehouse.import_session import SqlImportSession
from brain.adapters.sql_warehouse.ledger_query import build_ledger_select
from brain.adapters.sql_warehouse.schema_check import find_double_counts, find_schema_faults, read_present_columns
from brain.adapters.sql_warehouse.schema_migration import upgrade_schema
from brain.adapters.sql_warehouse.tables import PresentColumns, build_tables, is_external
from brain.adapters.sql_warehouse.text_erasure import TextErasure
from brain.adapters.sql_warehouse.upsert import build_upsert
from brain.domain.retail.series import CalendarEvent, DailySale, Store, load_zone
from brain.domain.retail.store_zones import StoreZones
from brain.domain.retail.weather_days import WeatherRow
from brain.errors import MisconfiguredError
from brain.ports.sales_warehouse import (
    HourlySale,
    LedgerQuery,
    ResultRow,
    ResultTable,
    SchemaFault,
    TextErasures,
    TextRedactor,
)

IMPORTED_TABLES = ("sales", "weather_hourly", "calendar_events")


@dataclass(frozen=True, slots=True)
class _Schema:
    """The columns that exist, and every table by the Brain's name for it."""

    present: PresentColumns
    tables: dict[str, Table]


class SqlWarehouse:
    """See ``ports.sales_warehouse.SalesWarehouse``; connects on first use and holds no connection between calls."""

    def __init__(self, database_url: str, config: WarehouseConfig) -> None:
        self._engine: Engine = open_engine(database_url)
        self._config = config
        self._schema: _Schema | None = None
        self._default_store = Store("", config.default_time_zone, config.default_country)

    def close(self) -> None:
        """Release all connections."""
        self._engine.dispose()

    def upgrade(self) -> list[str]:
        """Create or migrate the Brain's tables."""
        with self._connect(writes=True, creates=True) as connection:
            applied = upgrade_schema(connection, self._config.tables)
        self._schema = None
        return applied

    def check(self) -> list[SchemaFault]:
        """Return what is missing, or else what is counted twice."""
        with self._connect() as connection:
            schema = self._read_schema(connection)
            faults = find_schema_faults(connection, schema.tables, schema.present, self._config)
            return faults or find_double_counts(connection, schema.tables["sales"])

    def erase_texts(self, redact: TextRedactor, store_ids: Sequence[str], *, is_dry_run: bool = False) -> TextErasures:
        """Replace every text that ``redact`` changes; tables of the shop's own are only searched."""
        with self._connect(writes=not is_dry_run) as connection:
            schema = self._read_schema(connection)
            present = {name: table for name, table in schema.tables.items() if table.name in schema.present}
            external = {
                name: table
                for name, table in present.items()
                if name in SHOP_COLUMNS and is_external(name, self._config, schema.present)
            }
            own = {name: table for name, table in present.items() if name not in external}
            erased = TextErasure(connection, redact, store_ids, is_dry_run).erase(own)
            remaining = TextErasure(connection, redact, store_ids, is_dry_run=True).erase(external)
            return TextErasures(erased, remaining)

    def row_counts(self) -> dict[str, int]:
        """Return the number of rows of each existing table, by the Brain's name for it."""
        with self._connect() as connection:
            schema = self._read_schema(connection)
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in schema.tables.items()
                if table.name in schema.present
            }

    def stores(self) -> list[Store]:
        """Return the stores by id."""
        with self._connect() as connection:
            return queries.read_stores(connection, self._tables(connection), self._default_store)

    @contextmanager
    def importing(self) -> Iterator[SqlImportSession]:
        """Open an import."""
        with self._connect(writes=True) as connection:
            self._refuse_external_tables(connection)
            yield SqlImportSession(connection, self._tables(connection))

    def daily_sales(self, store_ids: Sequence[str] | None = None, until: date | None = None) -> Iterator[DailySale]:
        """Yield sales by store, product and local day."""
        with self._connect() as connection:
            sales = self._tables(connection)["sales"]
            yield from queries.read_daily_sales(connection, sales, store_ids, until, self._read_zones(connection))

    def hourly_sales(self, store_ids: Sequence[str] | None = None) -> Iterator[HourlySale]:
        """Yield sales by store, local day and hour."""
        with self._connect() as connection:
            sales = self._tables(connection)["sales"]
            yield from queries.read_hourly_sales(connection, sales, store_ids, self._read_zones(connection))

    def weather(self, store_ids: Sequence[str] | None = None) -> Iterator[WeatherRow]:
        """Yield readings and forecasts by store and time."""
        with self._connect() as connection:
            yield from queries.read_weather(connection, self._tables(connection)["weather_hourly"], store_ids)

    def events(self) -> list[CalendarEvent]:
        """Return the calendar."""
        with self._connect() as connection:
            return queries.read_events(connection, self._tables(connection)["calendar_events"])

    def put_results(self, table: ResultTable, rows: Sequence[ResultRow]) -> None:
        """Write results by natural key."""
        if not rows:
            return
        with self._connect(writes=True) as connection:
            target = self._tables(connection)[table]
            columns = [column.key for column in target.columns]
            complete_rows = [{name: row.get(name) for name in columns} for row in rows]
            connection.execute(build_upsert(connection.dialect, target, NATURAL_KEYS[table]), complete_rows)

    def results(
        self,
        table: ResultTable,
        where: Mapping[str, object] | None = None,
        before: date | None = None,
        *,
        latest: bool = False,
    ) -> list[dict[str, object]]:
        """Return result rows in the order of the key."""
        with self._connect() as connection:
            source = self._tables(connection)[table]
            day = source.c[DAY_COLUMNS[table]]
            conditions = [_matches(source.c[name], expected) for name, expected in (where or {}).items()]
            if before is not None:
                conditions.append(day < before)
            if latest:
                conditions.append(day == select(func.max(day)).where(*conditions).scalar_subquery())
            query = select(source).where(*conditions).order_by(*(source.c[name] for name in NATURAL_KEYS[table]))
            return [dict(row) for row in connection.execute(query).mappings()]

    def ledger(self, query: LedgerQuery) -> list[dict[str, object]]:
        """Return the hypotheses of the query by night and id."""
        with self._connect() as connection:
            statement = build_ledger_select(self._tables(connection)[ResultTable.HYPOTHESES], query)
            return [dict(row) for row in connection.execute(statement).mappings()]

    @contextmanager
    def _connect(self, *, writes: bool = False, creates: bool = False) -> Iterator[Connection]:
        missing_file = find_missing_file(self._engine)
        if missing_file is not None and not creates:
            raise MisconfiguredError(
                f"there is no database file {missing_file}; import sales first (brain retail import) or correct "
                "DATABASE_URL"
            )
        engine = self._engine.execution_options(**{WRITES_OPTION: writes})
        with translate_errors(self._engine), engine.begin() as connection:
            yield connection

    def _read_schema(self, connection: Connection) -> _Schema:
        if self._schema is None:
            present = read_present_columns(connection, self._config)
            self._schema = _Schema(present, build_tables(self._config, present))
        return self._schema

    def _tables(self, connection: Connection) -> dict[str, Table]:
        return self._read_schema(connection).tables

    def _read_zones(self, connection: Connection) -> StoreZones:
        stores = queries.read_stores(connection, self._tables(connection), self._default_store)
        return StoreZones(stores, load_zone(self._default_store.timezone))

    def _refuse_external_tables(self, connection: Connection) -> None:
        present = self._read_schema(connection).present
        for name in IMPORTED_TABLES:
            if is_external(name, self._config, present):
                raise MisconfiguredError(
                    f"{name} is a table of the shop's own here, which the Brain reads and never writes; "
                    "import into another database (--database sqlite:///first-try.db)"
                )


def _matches(column: Column[object], expected: object) -> ColumnElement[bool]:
    return column.in_(expected) if isinstance(expected, tuple) else column == expected
