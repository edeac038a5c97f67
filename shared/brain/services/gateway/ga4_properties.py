"""The only GA4 property of a client, as its settings name it: that of reports whose request names none."""

import threading
from dataclasses import dataclass, field, replace
from typing import Final

from cachetools import TTLCache

from brain.domain.events import AUTO_SOURCE, FeedType
from brain.domain.feeds.context import FeedContext
from brain.ports.document_store import DocumentStore
from brain.repositories.clients import Clients

CACHE_SECONDS: Final = 60
CACHE_SIZE: Final = 1000
# The sources whose payloads may be reports of GA4.
_SOURCES: Final = frozenset({FeedType.WAREHOUSE, FeedType.CUSTOM, AUTO_SOURCE})


@dataclass(slots=True)
class Ga4Properties:
    """Finds the property of a client and remembers it for a minute, that there is none too."""

    store: DocumentStore
    _cache: TTLCache[str, str | None] = field(default_factory=lambda: TTLCache(CACHE_SIZE, CACHE_SECONDS), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def is_cached(self, client_id: str) -> bool:
        """Whether nothing has to be read for a client."""
        with self._lock:
            return client_id in self._cache

    def add_to(self, context: FeedContext, source: str) -> FeedContext:
        """Return the context of a request with the client's property, if neither the request nor its map names one.

        A report of a client without one is then refused, since it could be of any property.
        """
        if source not in _SOURCES or context.property_id or (context.field_map and context.field_map.property_id):
            return context
        property_id = self._find(context.client_id)
        return replace(context, property_id=property_id, is_single_property=property_id is not None)

    def _find(self, client_id: str) -> str | None:
        with self._lock:
            is_cached, property_id = client_id in self._cache, self._cache.get(client_id)
        if not is_cached:
            property_id = Clients(self.store).get_ga4_property(client_id)
            with self._lock:
                self._cache[client_id] = property_id
        return property_id
