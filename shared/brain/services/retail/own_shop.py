"""One client's own stores in a database that may hold other clients' too, as they were known at the end of a day."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from brain.domain.clients.client import Client
from brain.domain.retail.curiosity.ledger import hypothesis_id
from brain.domain.retail.series import ALL_STORES, CalendarEvent, DailySale, Store, load_zone
from brain.domain.retail.weather_days import WeatherRow
from brain.errors import StoreRefusedError
from brain.ports.sales_warehouse import HourlySale, LedgerQuery, ResultTable, Row, Shop


@dataclass(frozen=True, slots=True)
class OwnShop:
    """A ``Shop`` of no other rows than the client's; results about all its stores are kept under a name of its own.

    ``may_write`` is asked with the table and the number of rows before each write, and refuses it in a dry run.
    Events without a store are the whole database's and seen by every client.
    """

    whole: Shop
    client_id: str
    store_ids: tuple[str, ...]
    day: date
    may_write: Callable[[ResultTable, int], bool]

    @property
    def chain(self) -> str:
        """What all the client's stores together are called in the result tables, where "*" would be everybody's."""
        return f"{ALL_STORES}{self.client_id}"

    def stores(self) -> list[Store]:
        """Return the client's stores that the database knows, by id."""
        return [store for store in self.whole.stores() if store.store_id in self.store_ids]

    def daily_sales(self, store_ids: Sequence[str] | None = None, until: date | None = None) -> Iterator[DailySale]:
        """Yield sales by store, product and day, up to the shop's day."""
        return self.whole.daily_sales(self._own(store_ids), min(until or self.day, self.day))

    def hourly_sales(self, store_ids: Sequence[str] | None = None) -> Iterator[HourlySale]:
        """Yield sales by store, day and hour, up to the shop's day."""
        return (row for row in self.whole.hourly_sales(self._own(store_ids)) if row.day <= self.day)

    def weather(self, store_ids: Sequence[str] | None = None) -> Iterator[WeatherRow]:
        """Yield readings and forecasts by store and time; what was known when is told by each."""
        return self.whole.weather(self._own(store_ids))

    def events(self) -> list[CalendarEvent]:
        """Return the calendar of the client's stores."""
        return [one for one in self.whole.events() if one.store_id is None or one.store_id in self.store_ids]

    def put_results(self, table: ResultTable, rows: Sequence[Row]) -> None:
        """Write results if that is allowed now; raises StoreRefusedError for somebody else's store."""
        named = [self._renamed(table, row, ALL_STORES, self.chain) for row in rows]
        foreign = {str(row["store_id"]) for row in named} - {self.chain, *self.store_ids}
        if foreign:
            raise StoreRefusedError(f"expected results about the client's own stores, got some about {min(foreign)}")
        if rows and self.may_write(table, len(rows)):
            self.whole.put_results(table, named)

    def results(
        self,
        table: ResultTable,
        where: Mapping[str, object] | None = None,
        before: date | None = None,
        *,
        latest: bool = False,
    ) -> list[dict[str, object]]:
        """Return the client's own results."""
        given = dict(where or {})
        asked = given.get("store_id", (ALL_STORES, *self.store_ids))
        given["store_id"] = self._own_names(asked if isinstance(asked, tuple) else (asked,))
        found = self.whole.results(table, given, before, latest=latest)
        return [self._renamed(table, row, self.chain, ALL_STORES) for row in found]

    def ledger(self, query: LedgerQuery) -> list[dict[str, object]]:
        """Return the client's own hypotheses."""
        asked: tuple[object, ...] = query.stores or (ALL_STORES, *self.store_ids)
        if query.store_id is not None:
            asked = tuple(one for one in asked if one == query.store_id)
        found = self.whole.ledger(replace(query, store_id=None, stores=self._own_names(asked)))
        return [self._renamed(ResultTable.HYPOTHESES, row, self.chain, ALL_STORES) for row in found]

    def _own(self, store_ids: Sequence[str] | None) -> list[str]:
        return [one for one in self.store_ids if store_ids is None or one in store_ids]

    def _own_names(self, asked: Iterable[object]) -> tuple[str, ...]:
        return tuple(
            self.chain if one == ALL_STORES else str(one) for one in asked if one == ALL_STORES or one in self.store_ids
        )

    def _renamed(self, table: ResultTable, row: Row, before: str, after: str) -> dict[str, object]:
        renamed = dict(row)
        if row["store_id"] == before:
            renamed["store_id"] = after
            if table is ResultTable.HYPOTHESES:
                parts = (str(row["template"]), after, str(row["product_id"]))
                renamed["hypothesis_id"] = hypothesis_id(*parts)
        return renamed


def own_shop(whole: Shop, client: Client, at: datetime, may_write: Callable[[ResultTable, int], bool]) -> OwnShop:
    """Return the client's shop as of ``at``: up to the last day that had ended there and in each of its stores."""
    zones = [load_zone(store.timezone) for store in whole.stores() if store.store_id in client.stores]
    day = ended_day(at, [client.time_zone, *zones])
    return OwnShop(whole, client.client_id, client.stores, day, may_write)


def ended_day(at: datetime, zones: Iterable[ZoneInfo]) -> date:
    """Return the last local day that had ended at ``at`` in every one of ``zones``."""
    return min(at.astimezone(one).date() for one in zones) - timedelta(days=1)
