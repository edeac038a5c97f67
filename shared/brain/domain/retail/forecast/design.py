"""The rows of the regression: what the calendar says of a day and which events act on it, as known at a cutoff.

An event announced tomorrow cannot move today's forecast: rows are made for a cutoff, from the events known at its end.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.calendar_columns import RegressorColumn, build_calendar_columns
from brain.domain.retail.series import CalendarEvent, Store, load_zone
from brain.domain.retail.signals.calendar_days import build_calendar_days
from brain.domain.retail.signals.event_signals import SignalSpan, build_signal_spans
from brain.domain.types import Dates, Floats, Integers

Key = TypeVar("Key", bound=Hashable)

WEEK = 7
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """What a series' rows are made of; series that share calendar, events and weather share a place.

    ``steady`` (calendars, days, steady columns); ``spans`` per place, (events, 4): column, first and last day (both
    included), day at whose end it is known, the last three as indexes of ``days``. ``calendar_of`` (places,),
    ``place_of`` (series,). ``store_ids`` (places,) names the store of a place that is its own, else "".
    """

    columns: tuple[RegressorColumn, ...]
    steady: Floats
    spans: tuple[Integers, ...]
    calendar_of: Integers
    place_of: Integers
    store_ids: tuple[str, ...]
    weekly: bool

    @property
    def places(self) -> int:
        """How many places there are."""
        return len(self.spans)

    @property
    def prior_sd(self) -> Floats:
        """Shape (columns,)."""
        return np.array([column.prior_sd for column in self.columns])

    @property
    def prior_mean(self) -> Floats:
        """Shape (columns,)."""
        return np.array([column.prior_mean for column in self.columns])

    @property
    def coarse(self) -> Integers:
        """The indexes of the columns that need no second year to be told apart."""
        return np.flatnonzero([not column.fine for column in self.columns])

    def rows(self, place: int, first: int, stop: int, known_by: int) -> Floats:
        """Rows of days ``first`` to ``stop`` (excluded) with the events known by the end of ``known_by``.

        Shape (days, columns). Of weekly figures a row is the mean of the seven days up to it.
        """
        start = max(0, first - WEEK + 1) if self.weekly else first
        steady = self.steady[self.calendar_of[place], start:stop]
        rows = np.zeros((stop - start, len(self.columns)))
        rows[:, : steady.shape[1]] = steady
        for column, begins, ends, known in self.spans[place]:
            if known <= known_by and ends >= start and begins < stop:
                rows[max(begins - start, 0) : ends - start + 1, column] = 1.0
        return _over_the_week(rows)[first - start :] if self.weekly else rows


def build_design(
    days: Dates,
    stores: Sequence[Store],
    events: Sequence[CalendarEvent],
    config: RetailConfig,
    last_cutoff: date,
    *,
    weekly: bool = False,
    apart: frozenset[str] = frozenset(),
) -> Design:
    """The design over consecutive ``days`` for ``stores``, one per series and in its order.

    Events not known by the end of ``last_cutoff`` are left out. Stores named in ``apart`` (they have weather of their
    own) share no place with others. With ``weekly``, a row speaks of the seven days up to it. Columns that are 0 on
    all days are left out.
    """
    happenings, which = _spans_by_store(stores, events, config, last_cutoff)
    keys = [
        (one.country, one.subdivision, which[one.store_id], one.store_id if one.store_id in apart else "")
        for one in stores
    ]
    places = _numbered(keys)
    calendars = _numbered(key[:2] for key in places)
    columns, steady = _steady(days, [Store("", country=c, subdivision=s) for c, s in calendars], config)
    event_columns = _event_columns((happenings[key[2]] for key in places), config)
    numbers = {column.name: len(columns) + at for at, column in enumerate(event_columns)}
    return Design(
        columns=(*columns, *event_columns),
        steady=steady,
        spans=tuple(_indexed(happenings[key[2]], numbers, days) for key in places),
        calendar_of=np.array([calendars[key[:2]] for key in places]),
        place_of=np.array([places[key] for key in keys]),
        store_ids=tuple(key[3] for key in places),
        weekly=weekly,
    )


def _numbered(keys: Iterable[Key]) -> dict[Key, int]:
    return {key: number for number, key in enumerate(dict.fromkeys(keys))}


def _steady(days: Dates, calendars: Sequence[Store], config: RetailConfig) -> tuple[list[RegressorColumn], Floats]:
    pairs = [build_calendar_columns(build_calendar_days(days, place), place, config) for place in calendars]
    values = np.array([[column for _, column in one] for one in pairs])
    used = np.flatnonzero(values.any(axis=(0, 2)))
    return [pairs[0][at][0] for at in used], values[:, used].transpose(0, 2, 1).copy()


def _spans_by_store(
    stores: Sequence[Store], events: Sequence[CalendarEvent], config: RetailConfig, known_by: date
) -> tuple[list[tuple[SignalSpan, ...]], dict[str, int]]:
    """The distinct lists of spans, and which of them each store lives by."""
    shared = [event for event in events if event.store_id is None]
    own: dict[str, list[CalendarEvent]] = {}
    for event in events:
        if event.store_id is not None:
            own.setdefault(event.store_id, []).append(event)
    distinct: dict[tuple[SignalSpan, ...], int] = {}
    of_clock: dict[str, int] = {}
    which = {}
    for store in stores:
        mine = own.get(store.store_id)
        if mine is None and store.timezone in of_clock:
            which[store.store_id] = of_clock[store.timezone]
            continue
        clock = load_zone(store.timezone)
        made = build_signal_spans([*shared, *(mine or [])], store.store_id, clock, config.events)
        spans = tuple(span for span in made if span.known_on <= known_by)
        which[store.store_id] = distinct.setdefault(spans, len(distinct))
        if mine is None:
            of_clock[store.timezone] = which[store.store_id]
    return list(distinct), which


def _event_columns(places: Iterable[Sequence[SignalSpan]], config: RetailConfig) -> list[RegressorColumn]:
    classes = {span.signal: span.signal_class for place in places for span in place}
    columns = []
    for name, group in sorted(classes.items()):
        settings = config.events.get(group.removesuffix("_window"))
        mean = 0.0 if group.endswith("_window") else settings.prior_mean
        columns.append(RegressorColumn(name, group, settings.prior_sd, float(np.log1p(mean))))
    return columns


def _indexed(spans: Sequence[SignalSpan], numbers: dict[str, int], days: Dates) -> Integers:
    origin = int(days[0].astype(np.int64)) + EPOCH_ORDINAL
    rows = [
        (numbers[span.signal], *(day.toordinal() - origin for day in (span.start, span.end, span.known_on)))
        for span in spans
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return table[(table[:, 2] >= 0) & (table[:, 1] < len(days))]


def _over_the_week(rows: Floats) -> Floats:
    """Each row becomes the mean of its last seven days (of those there are)."""
    sums = np.cumsum(rows, axis=0)
    sums[WEEK:] -= sums[:-WEEK].copy()
    means: Floats = sums / np.minimum(np.arange(1, len(rows) + 1), WEEK)[:, None]
    return means
