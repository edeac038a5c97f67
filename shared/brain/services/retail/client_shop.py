"""The part of a shop database that belongs to one client, as it was at the end of a day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from brain.domain.clients.client import Client
from brain.domain.retail.curiosity.ledger import build_hypothesis_id
from brain.domain.retail.series import CalendarEvent, DailySale, Store, load_zone
from brain.domain.retail.weather_days import WeatherRow
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import StoreRefusedError
from brain.ports.sales_warehouse import HourlySale, LedgerQuery, ResultRow, ResultTable, ShopDatabase


class WritePermission(Protocol):
    """Decides before each write of result rows whether it may happen; a dry run refuses all of them."""

    def __call__(self, table: ResultTable, row_count: int) -> bool:
        """Return whether ``row_count`` rows may be written to ``table`` now."""


@dataclass(frozen=True, slots=True)
class ClientShop:
    """A ``ShopDatabase`` limited to the stores of one client, with sales up to ``day``.

    The database may hold the stores of several clients. Results about all stores of the client are stored under
    ``chain_id``. Events without a store apply to the whole database, so every client reads them.
    """

    database: ShopDatabase
    client_id: str
    store_ids: tuple[str, ...]
    day: date
    may_write: WritePermission

    @property
    def chain_id(self) -> str:
        """The store id of all the client's stores together in the result tables, where "*" would be every client's."""
        return f"{ALL_STORES}{self.client_id}"

    def stores(self) -> list[Store]:
        """Return the client's stores that the database has, by id."""
        return [store for store in self.database.stores() if store.store_id in self.store_ids]

    def daily_sales(self, store_ids: Sequence[str] | None = None, until: date | None = None) -> Iterator[DailySale]:
        """Yield sales by store, product and day, up to and including ``day``."""
        return self.database.daily_sales(self._own_store_ids(store_ids), min(until or self.day, self.day))

    def hourly_sales(self, store_ids: Sequence[str] | None = None) -> Iterator[HourlySale]:
        """Yield sales by store, day and hour, up to and including ``day``."""
        return (row for row in self.database.hourly_sales(self._own_store_ids(store_ids)) if row.day <= self.day)

    def weather(self, store_ids: Sequence[str] | None = None) -> Iterator[WeatherRow]:
        """Yield readings and forecasts by store and time; each row says when it was known."""
        return self.database.weather(self._own_store_ids(store_ids))

    def events(self) -> list[CalendarEvent]:
        """Return the events of the client's stores and those of all stores."""
        return [event for event in self.database.events() if event.store_id in {None, *self.store_ids}]

    def put_results(self, table: ResultTable, rows: Sequence[ResultRow]) -> None:
        """Write results if ``may_write`` allows it. Raises StoreRefusedError for another client's store."""
        renamed_rows = [self._rename_chain(table, row, ALL_STORES, self.chain_id) for row in rows]
        foreign_ids = {str(row["store_id"]) for row in renamed_rows} - {self.chain_id, *self.store_ids}
        if foreign_ids:
            raise StoreRefusedError(f"results must be about the client's own stores, got {min(foreign_ids)!r}")
        if rows and self.may_write(table, len(rows)):
            self.database.put_results(table, renamed_rows)

    def results(
        self,
        table: ResultTable,
        where: Mapping[str, object] | None = None,
        before: date | None = None,
        *,
        latest: bool = False,
    ) -> list[dict[str, object]]:
        """Return the client's own results."""
        conditions = dict(where or {})
        store_ids = conditions.get("store_id", (ALL_STORES, *self.store_ids))
        conditions["store_id"] = self._to_table_ids(store_ids if isinstance(store_ids, tuple) else (store_ids,))
        rows = self.database.results(table, conditions, before, latest=latest)
        return [self._rename_chain(table, row, self.chain_id, ALL_STORES) for row in rows]

    def ledger(self, query: LedgerQuery) -> list[dict[str, object]]:
        """Return the client's own hypotheses."""
        store_ids: tuple[object, ...] = query.stores or (ALL_STORES, *self.store_ids)
        if query.store_id is not None:
            store_ids = tuple(store_id for store_id in store_ids if store_id == query.store_id)
        rows = self.database.ledger(replace(query, store_id=None, stores=self._to_table_ids(store_ids)))
        return [self._rename_chain(ResultTable.HYPOTHESES, row, self.chain_id, ALL_STORES) for row in rows]

    def _own_store_ids(self, store_ids: Sequence[str] | None) -> list[str]:
        return [store_id for store_id in self.store_ids if store_ids is None or store_id in store_ids]

    def _to_table_ids(self, store_ids: Iterable[object]) -> tuple[str, ...]:
        """Return the client's own among ``store_ids`` as the result tables name them."""
        return tuple(
            self.chain_id if store_id == ALL_STORES else str(store_id)
            for store_id in store_ids
            if store_id == ALL_STORES or store_id in self.store_ids
        )

    def _rename_chain(self, table: ResultTable, row: ResultRow, old_id: str, new_id: str) -> dict[str, object]:
        """Return ``row`` with the store id ``old_id`` replaced by ``new_id``, in its hypothesis id too."""
        renamed = dict(row)
        if row["store_id"] == old_id:
            renamed["store_id"] = new_id
            if table is ResultTable.HYPOTHESES:
                renamed["hypothesis_id"] = build_hypothesis_id(str(row["template"]), new_id, str(row["product_id"]))
        return renamed


def select_client_shop(
    database: ShopDatabase, client: Client, as_of: datetime, may_write: WritePermission
) -> ClientShop:
    """Return the client's part of ``database``, up to the last day that had ended in all its time zones."""
    zones = [load_zone(store.timezone) for store in database.stores() if store.store_id in client.stores]
    day = last_ended_day(as_of, [client.time_zone, *zones])
    return ClientShop(database, client.client_id, client.stores, day, may_write)


def last_ended_day(as_of: datetime, zones: Iterable[ZoneInfo]) -> date:
    """Return the last local day that had ended by ``as_of`` in every one of ``zones``."""
    return min(as_of.astimezone(time_zone).date() for time_zone in zones) - timedelta(days=1)
