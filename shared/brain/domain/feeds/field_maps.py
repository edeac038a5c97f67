"""Field maps: how columns of plain rows become fields of an event, told by the operator in ``config/feeds.yaml``."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from brain.domain.events import METRICS, FeedType
from brain.domain.types import StrictModel

Column = Annotated[str, Field(min_length=1, max_length=128)]


class TimeParts(StrictModel):
    """A time put together from columns, or declared by the operator for an export that carries none.

    ``column`` holds a whole time, by ``format`` (as in ``strptime``) where it is no ISO 8601. Otherwise ``year`` (a
    column, or ``constant_year``), ``month`` and either ``day`` or ``weekday`` (1 to 7, the first such day of the month;
    ``week_starts`` says which day 1 is), and ``hour``.
    ``constant`` is one time for every row: when the totals of a snapshot were known.
    """

    column: Column | None = None
    format: str | None = None
    constant: date | None = None
    year: Column | None = None
    constant_year: int | None = Field(default=None, ge=1970, le=2100)
    month: Column | None = None
    day: Column | None = None
    weekday: Column | None = None
    week_starts: Literal["monday", "sunday"] = "monday"
    hour: Column | None = None
    naive_is_utc: bool = True

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.column is not None, self.constant is not None, self.month is not None]
        if sum(ways) != 1:
            raise ValueError("a time is one of: column, constant, or month with year and day or weekday")
        if self.month is not None:
            if (self.year is None) == (self.constant_year is None):
                raise ValueError("a time from parts needs one of year and constant_year")
            if (self.day is None) == (self.weekday is None):
                raise ValueError("a time from parts needs one of day and weekday")
        return self


class FieldMap(StrictModel):
    """One named map.

    ``key`` are the columns that say what a row is about: with ``cumulative`` (the rule) a row of the same key with
    other figures is a revision. A map without a key takes each row as an event of its own, known again by its whole
    content. ``metrics`` are by event field, of several columns their sum; those in ``micros`` are millionths.
    """

    feed_type: FeedType = FeedType.WAREHOUSE
    description: str
    delimiter: Literal[",", ";", "\t", "|"] = ","
    time: TimeParts
    key: tuple[Column, ...] = ()
    cumulative: bool = True
    metrics: Mapping[str, tuple[Column, ...]]
    micros: tuple[str, ...] = ()
    currency: str | None = None
    currency_column: Column | None = None
    content_id: Column | None = None
    content_type: str | None = None
    content_type_column: Column | None = None
    content_types: Mapping[str, str] = Field(default_factory=dict)
    platform: str | None = None
    platform_column: Column | None = None
    creator_column: Column | None = None
    personal: tuple[Column, ...] = ()
    volatile: tuple[Column, ...] = ()

    @model_validator(mode="after")
    def _known_metrics(self) -> Self:
        unknown = [name for name in (*self.metrics, *self.micros) if name not in METRICS]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: not a metric of an event; the metrics are {', '.join(METRICS)}")
        if self.cumulative and not self.key:
            raise ValueError("running totals need a key; name its columns, or set cumulative to false")
        return self


class Feeds(StrictModel):
    """The whole of ``config/feeds.yaml``."""

    field_maps: Mapping[str, FieldMap]
