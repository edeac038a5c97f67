"""Field maps: how columns of plain rows become fields of an event, configured in ``config/feeds.yaml``."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from brain.domain.events import AMOUNT_METRICS, METRICS, FeedType
from brain.domain.feeds.meta_actions import MetaAdsConfig
from brain.domain.types import StrictModel

ColumnName = Annotated[str, Field(min_length=1, max_length=128)]


class TimeMapping(StrictModel):
    """How the time of a row is composed of columns, or declared for an export that has none.

    ``column`` holds a complete time, in ``format`` (as in ``strptime``) where it is not ISO 8601. Otherwise the time is
    composed of ``year`` (a column, or ``constant_year``), ``month``, either ``day`` or ``weekday`` (1 to 7, the first
    such day of the month; ``week_starts`` says which day is 1), and ``hour``.
    ``constant`` is the day of every row: when the totals of a snapshot were taken.
    """

    column: ColumnName | None = None
    format: str | None = None
    constant: date | None = None
    year: ColumnName | None = None
    constant_year: int | None = Field(default=None, ge=1970, le=2100)
    month: ColumnName | None = None
    day: ColumnName | None = None
    weekday: ColumnName | None = None
    week_starts: Literal["monday", "sunday"] = "monday"
    hour: ColumnName | None = None
    naive_is_utc: bool = True

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the time is composed of."""
        names = (self.column, self.year, self.month, self.day, self.weekday, self.hour)
        return frozenset(name for name in names if name is not None)

    @model_validator(mode="after")
    def _check_exactly_one_source(self) -> Self:
        sources = [self.column is not None, self.constant is not None, self.month is not None]
        if sum(sources) != 1:
            raise ValueError(
                "time must have exactly one of column, constant and month (with year, and day or weekday), "
                f"got {sum(sources)} of them"
            )
        if self.month is not None:
            if (self.year is None) == (self.constant_year is None):
                present = "both" if self.year else "neither"
                raise ValueError(f"time with month must have exactly one of year and constant_year, got {present}")
            if (self.day is None) == (self.weekday is None):
                present = "both" if self.day else "neither"
                raise ValueError(f"time with month must have exactly one of day and weekday, got {present}")
        return self

    def check_every_key_is_read(self) -> None:
        """Raise ``ValueError`` for keys that the source of the time would leave without an effect."""
        read = {"constant"}
        if self.column is not None:
            read = {"column", "format"} if self.format is not None else {"column", "naive_is_utc"}
        elif self.month is not None:
            read = {"year", "constant_year", "month", "day", "weekday", "hour"}
            read |= {"week_starts"} if self.weekday is not None else set()
        if ignored := sorted(self.model_fields_set - read):
            raise ValueError(f"time reads only {', '.join(sorted(read))} here, got {', '.join(ignored)}")


class FieldMap(StrictModel):
    """One named map.

    ``key`` are the columns that identify what a row is about: with ``cumulative`` (the default) a row of the same key
    with other figures is a revision. A map without a key makes each row an event of its own, identified by its whole
    content. Other texts, truth values and ids of a running total are dimensions too, unless ``volatile`` lists them.
    ``property_id`` is the GA4 property of reports, which do not name it. ``metrics`` has the columns of each metric,
    whose sum it is; metrics in ``micros`` are in millionths. ``decimal`` is the decimal mark of numbers that are texts:
    with it, they may have marks between thousands.
    """

    feed_type: FeedType = FeedType.WAREHOUSE
    description: str
    delimiter: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] | None = None
    time: TimeMapping
    key: tuple[ColumnName, ...] = ()
    cumulative: bool = True
    metrics: Mapping[str, tuple[ColumnName, ...]]
    micros: tuple[str, ...] = ()
    currency: str | None = None
    currency_column: ColumnName | None = None
    content_id: ColumnName | None = None
    content_type: str | None = None
    content_type_column: ColumnName | None = None
    content_types: Mapping[str, str] = Field(default_factory=dict)
    platform: str | None = None
    platform_column: ColumnName | None = None
    creator_column: ColumnName | None = None
    personal: tuple[ColumnName, ...] = ()
    volatile: tuple[ColumnName, ...] = ()
    property_id: ColumnName | None = None

    @model_validator(mode="after")
    def _check_metrics_and_key(self) -> Self:
        unknown = [name for name in (*self.metrics, *self.micros) if name not in METRICS]
        if unknown:
            raise ValueError(f"metrics must be of {', '.join(METRICS)}, got {', '.join(unknown)}")
        if self.cumulative and not self.key:
            raise ValueError("running totals must have a key, got none; list its columns or set cumulative to false")
        return self

    def check_every_key_is_read(self) -> None:
        """Raise ``ValueError`` for keys that would have no effect."""
        self.time.check_every_key_is_read()
        if without_unit := [name for name in self.micros if name not in AMOUNT_METRICS or name not in self.metrics]:
            raise ValueError(
                f"micros must be of {', '.join(sorted(AMOUNT_METRICS & set(self.metrics)))}, the amounts among the "
                f"metrics, got {', '.join(without_unit)}"
            )
        if self.content_types and self.content_type_column is None:
            raise ValueError("content_types translate the texts of content_type_column, got none; name that column")


class FeedsConfig(StrictModel):
    """The model of ``config/feeds.yaml``."""

    meta_ads: MetaAdsConfig
    field_maps: Mapping[str, FieldMap]

    @model_validator(mode="after")
    def _check_every_key_is_read(self) -> Self:
        """Only for the file: a map that was stored with a dead letter says every key, and is read for ever."""
        for name, field_map in self.field_maps.items():
            try:
                field_map.check_every_key_is_read()
            except ValueError as exc:
                raise ValueError(f"field_maps.{name}: {exc}") from exc
        return self
