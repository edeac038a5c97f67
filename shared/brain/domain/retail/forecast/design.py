"""The design matrix of the regression: the calendar columns of a day and its active events, as known at a cutoff.

An event announced tomorrow must not change today's forecast: rows are built for a cutoff, from the events known at its
end.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.calendar_columns import RegressorColumn, build_calendar_columns
from brain.domain.retail.forecast.levels import WEEK
from brain.domain.retail.series import CalendarEvent, Store, load_zone
from brain.domain.retail.signals.calendar_days import build_calendar_days
from brain.domain.retail.signals.event_signals import SignalSpan, build_signal_spans
from brain.domain.types import Dates, Floats, Integers

Key = TypeVar("Key", bound=Hashable)

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The values from which rows are built; series with the same calendar, events and weather share a profile.

    ``calendar_values`` has shape (calendars, days, calendar columns). ``spans`` holds for each profile the events
    (events, 4): column, first and last day (both included) and the day at whose end it is known, the last three as
    indexes of ``days``. ``calendar_of`` (profiles,) and ``profile_of`` (series,) are indexes. ``store_ids``
    (profiles,) names the store of a profile that no other store shares, else "".
    """

    columns: tuple[RegressorColumn, ...]
    calendar_values: Floats
    spans: tuple[Integers, ...]
    calendar_of: Integers
    profile_of: Integers
    store_ids: tuple[str, ...]
    weekly: bool

    @property
    def profile_count(self) -> int:
        """The number of profiles."""
        return len(self.spans)

    @property
    def prior_sd(self) -> Floats:
        """The prior standard deviation of each column, (columns,)."""
        return np.array([column.prior_sd for column in self.columns])

    @property
    def prior_mean(self) -> Floats:
        """The prior mean of each column, (columns,)."""
        return np.array([column.prior_mean for column in self.columns])

    @property
    def coarse_columns(self) -> Integers:
        """The indexes of the columns that are identified without a second year."""
        return np.flatnonzero([not column.fine for column in self.columns])

    def build_rows(self, profile: int, first: int, stop: int, known_by: int) -> Floats:
        """Build the rows of days ``first`` to ``stop`` (excluded) with the events known at the end of ``known_by``.

        The result has shape (days, columns). For weekly figures a row is the mean of the seven days up to it.
        """
        start = max(0, first - WEEK + 1) if self.weekly else first
        calendar_values = self.calendar_values[self.calendar_of[profile], start:stop]
        rows = np.zeros((stop - start, len(self.columns)))
        rows[:, : calendar_values.shape[1]] = calendar_values
        for column, begins, ends, known_on in self.spans[profile]:
            if known_on <= known_by and ends >= start and begins < stop:
                rows[max(begins - start, 0) : ends - start + 1, column] = 1.0
        return _average_weeks(rows)[first - start :] if self.weekly else rows


def build_design(
    days: Dates,
    stores: Sequence[Store],
    events: Sequence[CalendarEvent],
    config: RetailConfig,
    last_cutoff: date,
    *,
    weekly: bool = False,
    separate: frozenset[str] = frozenset(),
) -> Design:
    """Build the design over consecutive ``days`` for ``stores``, one per series and in its order.

    Columns that are 0 on all days are left out.

    Args:
        days: All days of the panel and of the horizon.
        stores: The store of each series.
        events: Those not known at the end of ``last_cutoff`` are left out.
        config: The event classes, terms and season waves.
        last_cutoff: The last day whose forecasts the design is used for.
        weekly: Whether sales are weekly figures, so that a row describes the seven days up to it.
        separate: Ids of stores with weather of their own, which share their profile with no other store.
    """
    span_lists, span_list_of = _group_spans_by_store(stores, events, config, last_cutoff)
    keys = [_build_profile_key(store, span_list_of, separate) for store in stores]
    profiles = _number_distinct(keys)
    calendars = _number_distinct((key.country, key.subdivision) for key in profiles)
    regions = [Store("", country=country, subdivision=subdivision) for country, subdivision in calendars]
    columns, calendar_values = _build_calendar_values(days, regions, config)
    event_columns = _build_event_columns((span_lists[key.span_list] for key in profiles), config)
    column_indexes = {column.name: len(columns) + index for index, column in enumerate(event_columns)}
    return Design(
        columns=(*columns, *event_columns),
        calendar_values=calendar_values,
        spans=tuple(_index_spans(span_lists[key.span_list], column_indexes, days) for key in profiles),
        calendar_of=np.array([calendars[key.country, key.subdivision] for key in profiles]),
        profile_of=np.array([profiles[key] for key in keys]),
        store_ids=tuple(key.store_id for key in profiles),
        weekly=weekly,
    )


class _ProfileKey(NamedTuple):
    """What the series of a profile have in common; ``store_id`` is "" unless the profile belongs to one store."""

    country: str | None
    subdivision: str | None
    span_list: int
    store_id: str


def _build_profile_key(store: Store, span_list_of: Mapping[str, int], separate: frozenset[str]) -> _ProfileKey:
    store_id = store.store_id if store.store_id in separate else ""
    return _ProfileKey(store.country, store.subdivision, span_list_of[store.store_id], store_id)


def _number_distinct(keys: Iterable[Key]) -> dict[Key, int]:
    return {key: number for number, key in enumerate(dict.fromkeys(keys))}


def _build_calendar_values(
    days: Dates, regions: Sequence[Store], config: RetailConfig
) -> tuple[list[RegressorColumn], Floats]:
    """Return the columns that any region uses, and their values (regions, days, columns)."""
    by_region = [build_calendar_columns(build_calendar_days(days, region), region, config) for region in regions]
    values = np.array([[column_values for _, column_values in pairs] for pairs in by_region])
    used = np.flatnonzero(values.any(axis=(0, 2)))
    return [by_region[0][index][0] for index in used], values[:, used].transpose(0, 2, 1).copy()


def _group_spans_by_store(
    stores: Sequence[Store], events: Sequence[CalendarEvent], config: RetailConfig, known_by: date
) -> tuple[list[tuple[SignalSpan, ...]], dict[str, int]]:
    """Return the distinct lists of event spans, and the index of the list of each store."""
    events_by_store: dict[str | None, list[CalendarEvent]] = {}
    for event in events:
        events_by_store.setdefault(event.store_id, []).append(event)
    shared_events = events_by_store.get(None, [])
    span_lists: dict[tuple[SignalSpan, ...], int] = {}
    list_of_zone: dict[str, int] = {}
    list_of_store = {}
    for store in stores:
        own_events = events_by_store.get(store.store_id)
        if own_events is None and store.timezone in list_of_zone:
            list_of_store[store.store_id] = list_of_zone[store.timezone]
            continue
        store_zone = load_zone(store.timezone)
        store_events = [*shared_events, *(own_events or [])]
        spans = build_signal_spans(store_events, store.store_id, store_zone, config.events)
        known_spans = tuple(span for span in spans if span.known_on <= known_by)
        list_of_store[store.store_id] = span_lists.setdefault(known_spans, len(span_lists))
        if own_events is None:
            list_of_zone[store.timezone] = list_of_store[store.store_id]
    return list(span_lists), list_of_store


def _build_event_columns(span_lists: Iterable[Sequence[SignalSpan]], config: RetailConfig) -> list[RegressorColumn]:
    classes = {span.signal: span.signal_class for spans in span_lists for span in spans}
    columns = []
    for name, signal_class in sorted(classes.items()):
        settings = config.events.get(signal_class.removesuffix("_window"))
        mean = 0.0 if signal_class.endswith("_window") else settings.prior_mean
        columns.append(RegressorColumn(name, signal_class, settings.prior_sd, float(np.log1p(mean))))
    return columns


def _index_spans(spans: Sequence[SignalSpan], column_indexes: dict[str, int], days: Dates) -> Integers:
    """Return the spans that touch ``days`` as rows of column, first day, last day and known day."""
    first_ordinal = int(days[0].astype(np.int64)) + EPOCH_ORDINAL
    rows = [
        (
            column_indexes[span.signal],
            *(day.toordinal() - first_ordinal for day in (span.start, span.end, span.known_on)),
        )
        for span in spans
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return table[(table[:, 2] >= 0) & (table[:, 1] < len(days))]


def _average_weeks(rows: Floats) -> Floats:
    """Replace each row by the mean of the up to seven rows that end with it."""
    sums = np.cumsum(rows, axis=0)
    sums[WEEK:] -= sums[:-WEEK].copy()
    means: Floats = sums / np.minimum(np.arange(1, len(rows) + 1), WEEK)[:, None]
    return means
