"""The only GA4 property of a client, as its settings name it: that of reports whose request names none."""

import threading
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from cachetools import TTLCache

from brain.domain.events import AUTO_SOURCE, FeedType
from brain.domain.feeds.context import FeedContext
from brain.ports.document_store import DocumentStore
from brain.repositories.clients import Clients

CACHE_SECONDS: Final = 60
CACHE_SIZE: Final = 1000
# The sources whose payloads may be reports of GA4.
GA4_SOURCES: Final = frozenset({FeedType.WAREHOUSE, FeedType.CUSTOM, AUTO_SOURCE})


class Ga4Property(NamedTuple):
    """The property of a report, and whether the client has only that one; None where that is unknown."""

    property_id: str | None
    is_single: bool | None = None


@dataclass(slots=True)
class Ga4Properties:
    """Finds the property of a client and remembers it for a minute, that there is none too."""

    store: DocumentStore
    _cache: TTLCache[str, Ga4Property] = field(default_factory=lambda: TTLCache(CACHE_SIZE, CACHE_SECONDS), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def find_cached(self, client_id: str) -> Ga4Property | None:
        """Return the only property of a client as far as it is known without a read, else None."""
        with self._lock:
            return self._cache.get(client_id)

    def add_to(self, context: FeedContext, source: str) -> FeedContext:
        """Return the context of a request with the client's property, if neither the request nor its map names one.

        A report of a client without one is then refused, since it could be of any property.
        """
        if source not in GA4_SOURCES or context.property_id or (context.field_map and context.field_map.property_id):
            return context
        found = self.find(context.client_id)
        return replace(context, property_id=found.property_id, is_single_property=found.is_single)

    def find(self, client_id: str) -> Ga4Property:
        """Return the only property of a client; one without has none that a report could be of."""
        cached = self.find_cached(client_id)
        if cached:
            return cached
        property_id = Clients(self.store).get_ga4_property(client_id)
        found = Ga4Property(property_id, property_id is not None)
        with self._lock:
            self._cache[client_id] = found
        return found
