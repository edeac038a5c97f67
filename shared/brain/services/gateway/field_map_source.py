"""The field maps by which a sender's rows may be read: the client's own, and those of the configuration."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from cachetools import TTLCache

from brain.domain.feeds.field_maps import FieldMap
from brain.domain.privacy.personal_text import quote_unless_personal
from brain.errors import InvalidInputError
from brain.ports.document_store import DocumentStore
from brain.repositories.gateway.field_maps import MAX_MAPS, FieldMaps

CACHE_SECONDS: Final = 60
CACHE_SIZE: Final = 1000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class ConfiguredMaps(Protocol):
    """Returns the field maps that every client has."""

    def __call__(self) -> Mapping[str, FieldMap]:
        """Return the maps by name."""
        ...


def check_map_name(name: str) -> str:
    """Return the name of a field map; raises ``InvalidInputError`` for one that cannot be."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            "the name of a field map must be 1 to 64 of a-z, 0-9 and _, starting with a letter, "
            f"got {quote_unless_personal(name[:64])}"
        )
    return name


@dataclass(slots=True)
class FieldMapSource:
    """Finds field maps by name and remembers them for a minute, unknown names too, so that asking costs no more reads.

    A client's own map goes before the configuration's of the same name.
    """

    store: DocumentStore
    configured: ConfiguredMaps
    _cache: TTLCache[tuple[str, str], FieldMap | None] = field(
        default_factory=lambda: TTLCache(CACHE_SIZE, CACHE_SECONDS), repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def find(self, client_id: str, name: str) -> FieldMap:
        """Return the field map.

        Raises:
            InvalidInputError: there is none of that name.
            MisconfiguredError: the client's own map is invalid.
        """
        key = (client_id, check_map_name(name))
        with self._lock:
            is_cached, found = key in self._cache, self._cache.get(key)
        if not is_cached:
            found = FieldMaps(self.store).get(client_id, name) or self.configured().get(name)
            with self._lock:
                self._cache[key] = found
        if found is None:
            raise InvalidInputError(
                f"map must be one that `brain maps list --client {client_id}` lists, got {quote_unless_personal(name)}"
            )
        return found

    def list_all(self, client_id: str) -> dict[str, tuple[str, FieldMap]]:
        """Return each map that the client may name, with where it is from: ``client`` or ``configuration``."""
        configured = {name: ("configuration", field_map) for name, field_map in self.configured().items()}
        own = {name: ("client", field_map) for name, field_map in FieldMaps(self.store).list_all(client_id).items()}
        return configured | own

    def put(self, client_id: str, name: str, field_map: FieldMap) -> None:
        """Store a field map of the client; running instances use it within a minute.

        Raises:
            InvalidInputError: the name cannot be, a key of the map has no effect, or the client has 100 maps already.
        """
        check_map_name(name)
        try:
            field_map.check_every_key_is_read()
        except ValueError as exc:
            raise InvalidInputError(f"field map {name}: {exc}") from exc
        own = FieldMaps(self.store).list_all(client_id)
        if name not in own and len(own) >= MAX_MAPS:
            raise InvalidInputError(f"at most {MAX_MAPS} field maps per client, got one more; change one of them")
        FieldMaps(self.store).put(client_id, name, field_map)
        with self._lock:
            self._cache.pop((client_id, name), None)
