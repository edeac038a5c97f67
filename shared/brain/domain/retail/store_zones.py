"""The time zones of a shop's stores."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from brain.domain.retail.series import Store, load_zone


class StoreZones:
    """The time zone of each store, and a default for stores that are not described.

    >>> zones = StoreZones([Store("bath", "Europe/London")], ZoneInfo("Europe/Berlin"))
    >>> zones.find_zone("bath").key, zones.find_zone("kiel").key
    ('Europe/London', 'Europe/Berlin')
    """

    def __init__(self, stores: Iterable[Store], default: ZoneInfo) -> None:
        self._zones = {store.store_id: load_zone(store.timezone) for store in stores}
        self._default = default

    def __contains__(self, store_id: object) -> bool:
        return store_id in self._zones

    def find_zone(self, store_id: str) -> ZoneInfo:
        """Return the time zone of a store."""
        return self._zones.get(store_id, self._default)
