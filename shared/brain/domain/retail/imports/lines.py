"""What a line of an import says, as tuples: a million of them pass through, so they carry no more than they must."""

from datetime import date, datetime
from typing import NamedTuple

BY_DAY = "day"
"""Granularity of a line whose time is a date: it speaks of the whole day."""

BY_TIME = "time"
"""Granularity of a line whose time is a moment."""


class SaleLine(NamedTuple):
    """One line of sales: a ticket's (``BY_TIME``) or a day's total (``BY_DAY``).

    ``sold_at`` is aware, in UTC; for a day's total it is that date's midnight in UTC, a name and not a moment.
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
    """One reading or forecast; ``observed_at`` as ``sold_at`` above, ``known_at`` aware, in UTC."""

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
    """One planned event, first and last day included; ``store_id`` ``*`` means every store."""

    event: str
    event_class: str
    starts_on: date
    ends_on: date
    store_id: str
    known_at: datetime | None


class BadLine(NamedTuple):
    """A line that was not taken, by its number in the file (the heading is line 1), and why."""

    line_number: int
    reason: str
