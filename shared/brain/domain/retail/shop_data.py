"""Everything that is known beside sales: the stores, their calendar events and their weather, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from brain.domain.retail.series import CalendarEvent, Store
from brain.domain.retail.weather_days import WeatherDays


@dataclass(frozen=True, slots=True, eq=False)
class ShopData:
    """``stores`` and ``weather`` by store id; a store without an entry has no known place or weather."""

    stores: Mapping[str, Store] = field(default_factory=dict)
    events: tuple[CalendarEvent, ...] = ()
    weather: Mapping[str, WeatherDays] = field(default_factory=dict)

    def store(self, store_id: str) -> Store:
        """The store called ``store_id``, in UTC and without a country when nothing is known of it."""
        return self.stores.get(store_id, Store(store_id))
