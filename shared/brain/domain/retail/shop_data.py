"""Everything known about a shop besides its sales: stores, calendar events and weather."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from brain.domain.retail.series import CalendarEvent, Store
from brain.domain.retail.weather_days import WeatherDays


@dataclass(frozen=True, slots=True, eq=False)
class ShopData:
    """The stores and their weather by store id, and the calendar events of all stores."""

    stores: Mapping[str, Store] = field(default_factory=dict)
    events: tuple[CalendarEvent, ...] = ()
    weather: Mapping[str, WeatherDays] = field(default_factory=dict)

    def get_store(self, store_id: str) -> Store:
        """Return the store with ``store_id``; a store without an entry is in UTC and has no country."""
        return self.stores.get(store_id, Store(store_id))
