"""Read a shop's history from its database: complete daily sales by store and product, weather and calendar."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from brain.domain.retail.series import DailySeries, Store, build_daily_series, load_zone
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherDays, WeatherRow, build_weather_days
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import ShopDatabase

STORES_LISTED = 10


@dataclass(frozen=True, slots=True, eq=False)
class ShopHistory:
    """Daily sales, one series per store and product, and the stores, events and weather that explain them."""

    series: tuple[DailySeries, ...]
    shop_data: ShopData

    @property
    def last_day(self) -> date:
        """The last day with sales of any store."""
        return max(product_series.last_day for product_series in self.series)


def read_shop_history(warehouse: ShopDatabase, store_id: str | None = None, until: date | None = None) -> ShopHistory:
    """Read the history of one store, or of all stores, with sales up to and including ``until``.

    Raises:
        InvalidInputError: there is no such store, or there are no sales.
    """
    stores = {store.store_id: store for store in warehouse.stores()}
    if store_id is not None:
        check_store_exists(stores, store_id)
        stores = {store_id: stores[store_id]}
    series = tuple(build_daily_series(warehouse.daily_sales(list(stores), until)))
    if not series:
        up_to = f" up to {until}" if until else ""
        raise InvalidInputError(f"there are no sales{up_to}; import some with `brain retail import --sales FILE.csv`")
    weather = _read_weather(warehouse.weather(list(stores)), stores)
    return ShopHistory(series, ShopData(stores, tuple(warehouse.events()), weather))


def check_store_exists(store_ids: Iterable[str], store_id: str) -> None:
    """Raise InvalidInputError when ``store_id`` is not one of ``store_ids``; the message lists some that are."""
    known_ids = sorted(store_ids)
    if store_id not in known_ids:
        listed = ", ".join(known_ids[:STORES_LISTED]) + (", …" if len(known_ids) > STORES_LISTED else "")
        raise InvalidInputError(f"expected an existing store, got {store_id!r}; the stores are: {listed or 'none yet'}")


def _read_weather(rows: Iterable[WeatherRow], stores: Mapping[str, Store]) -> dict[str, WeatherDays]:
    return {
        store_id: build_weather_days(store_id, store_rows, load_zone(stores[store_id].timezone))
        for store_id, store_rows in groupby(rows, key=lambda row: row.store_id)
        if store_id in stores
    }
