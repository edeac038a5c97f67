"""How a request asks for its body to be read: by a field map, and as reports of a GA4 property."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.requests import Request as StarletteRequest

from brain.domain.clients.ga4_property import parse_ga4_property

PROPERTY_HEADER: Final = "x-ga4-property"


class Reading(NamedTuple):
    """The names of the field map and the GA4 property, None where the request names none."""

    map_name: str | None
    property_id: str | None

    def describe(self, source: str) -> str:
        """Return the source as it is read, which tells two deliveries of one body apart.

        >>> Reading("pages", "123").describe("warehouse"), Reading(None, None).describe("warehouse")
        ('warehouse?map=pages&property=123', 'warehouse')
        """
        names = {"map": self.map_name, "property": self.property_id}
        query = "&".join(f"{name}={text}" for name, text in names.items() if text)
        return f"{source}?{query}" if query else source


def read_reading(request: StarletteRequest) -> Reading:
    """Return how a request asks to be read; raises ``InvalidInputError`` for a property that cannot be one."""
    query: Mapping[str, str] = request.query_params if request.scope["query_string"] else {}
    text = query.get("property") or request.headers.get(PROPERTY_HEADER)
    property_id = parse_ga4_property(text, "property") if text else None
    return Reading(query.get("map"), property_id)
