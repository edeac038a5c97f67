"""Reads the shop's facts as the engines want them: complete days by store and product, weather by day, calendar."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from brain.domain.retail.series import DailySeries, Store, build_daily_series, load_zone
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherDays, WeatherRow, build_weather_days
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import Shop


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of the shop: one series a store and product, and the facts beside sales."""

    series: tuple[DailySeries, ...]
    facts: ShopData

    @property
    def last_day(self) -> date:
        """The last day on which any store's sales are known."""
        return max(one.last_day for one in self.series)


def read_known(warehouse: Shop, store_id: str | None = None, until: date | None = None) -> Known:
    """What is known of one store or of all, sales up to and with ``until``.

    Raises InvalidInputError when there is no such store, or no sales.
    """
    stores = {store.store_id: store for store in warehouse.stores()}
    if store_id is not None:
        known_store(stores, store_id)
        stores = {store_id: stores[store_id]}
    series = tuple(build_daily_series(warehouse.daily_sales(list(stores), until)))
    if not series:
        upto = f" up to {until}" if until else ""
        raise InvalidInputError(f"there are no sales{upto}; import some with `brain retail import --sales FILE.csv`")
    weather = _weather(warehouse.weather(list(stores)), stores)
    return Known(series, ShopData(stores, tuple(warehouse.events()), weather))


def known_store(stores: Iterable[str], store_id: str) -> None:
    """Raise InvalidInputError for a store that does not exist, naming some that do."""
    known = sorted(stores)
    if store_id not in known:
        named = ", ".join(known[:NAMED]) + (", …" if len(known) > NAMED else "")
        raise InvalidInputError(f"there is no store {store_id!r}; known are {named or 'none yet'}")


NAMED = 10


def _weather(rows: Iterable[WeatherRow], stores: Mapping[str, Store]) -> dict[str, WeatherDays]:
    return {
        store_id: build_weather_days(store_id, of_store, load_zone(stores[store_id].timezone))
        for store_id, of_store in groupby(rows, key=lambda row: row.store_id)
        if store_id in stores
    }
