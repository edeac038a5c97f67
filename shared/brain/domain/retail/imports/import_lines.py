"""The lines of an import as tuples: an import may have millions of them, so they hold no more than they must."""

from datetime import date, datetime
from typing import NamedTuple, TypeAlias

BY_DAY = "day"
"""Granularity of a line whose time is a date: it is about the whole day."""

BY_TIME = "time"
"""Granularity of a line whose time is a moment."""


class SaleLine(NamedTuple):
    """A line of sales: a ticket (``BY_TIME``) or the total of a day (``BY_DAY``).

    ``sold_at`` is aware, in UTC; for the total of a day it is midnight UTC of that date, a label rather than a moment.
    ``sold_on`` is the store's local date. Returns are negative. ``revenue`` is in the currency's major unit.
    """

    store_id: str
    sold_at: datetime
    granularity: str
    sold_on: date
    product_id: str
    category: str | None
    quantity: float | None
    revenue: float | None


class WeatherLine(NamedTuple):
    """A weather reading or forecast; ``observed_at`` as ``sold_at`` above, ``known_at`` aware, in UTC."""

    store_id: str
    observed_at: datetime
    granularity: str
    known_at: datetime
    temperature_c: float | None
    precipitation_mm: float | None
    wind_kmh: float | None
    cloud_cover: float | None
    condition: str | None


class EventLine(NamedTuple):
    """A planned event with its first and last day, both included; ``store_id`` ``*`` means every store."""

    event: str
    event_class: str
    starts_on: date
    ends_on: date
    store_id: str
    known_at: datetime | None


ImportLine: TypeAlias = SaleLine | WeatherLine | EventLine


class BadLine(NamedTuple):
    """A line that cannot be imported, by its number in the file (the header is line 1), and the reason."""

    line_number: int
    reason: str
