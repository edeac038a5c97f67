"""The columns of the regression: trend, weekday, season, calendar and events, each day as it was known.

A row that is trained on holds what was known at its own day's end; a row that is forecast holds what was known at
the cutoff. So an event announced tomorrow cannot move today's forecast.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from brain.domain.retail.calendar_days import CalendarDays, calendar_days
from brain.domain.retail.calendar_signals import CALENDAR_SIGNALS, term_flags
from brain.domain.retail.event_signals import DatedSignal, dated_signals
from brain.domain.retail.retail_config import RetailConfig
from brain.domain.retail.series import CalendarEvent, Days, Floats, Store, zone

Whole = NDArray[np.int64]
Rows = NDArray[np.float32]
Key = TypeVar("Key", bound=Hashable)

YEAR_DAYS = 365.25
WEEK = 7
LEVEL_SD, TREND_SD, WEEKDAY_SD, WAVE_SD, WEEKEND_WAVE_SD = 100.0, 0.3, 1.0, 0.3, 0.1
EASTER_REACH_DAYS, EASTER_STEP_DAYS, EASTER_SD = 21, 3, 0.15
TURN_OF_YEAR = (*((12, day) for day in range(15, 32)), *((1, day) for day in range(1, 11)))
TURN_SD = 0.2
SIGNAL_SD = {"observance": 0.2, "holiday": 0.2, "long_weekend": 0.1, "payday": 0.05, "month": 0.05, "term": 0.15}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its group (level, trend, weekday, season, or a signal's class), and its prior."""

    name: str
    group: str
    prior_sd: float
    prior_mean: float = 0.0
    fine: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Events as index arrays: place, column, first and last day (both included), day at whose end it is known."""

    place: Whole
    column: Whole
    start: Whole
    end: Whole
    known: Whole


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Rows of regressors.

    ``steady`` (calendars, days, columns) holds what a calendar knows for ever, ``own``
    (places, days, event columns) the events as known on each day; ``calendar_of`` (places,), ``place_of`` (series,).
    ``store_ids`` (places,) names the store of a place that is its own, else "".
    """

    columns: tuple[Column, ...]
    steady: Rows
    own: Rows
    calendar_of: Whole
    place_of: Whole
    spans: Spans
    weekly: bool
    store_ids: tuple[str, ...]

    @property
    def prior_sd(self) -> Floats:
        """Shape (columns,)."""
        return np.array([column.prior_sd for column in self.columns])

    @property
    def prior_mean(self) -> Floats:
        """Shape (columns,)."""
        return np.array([column.prior_mean for column in self.columns])

    @property
    def coarse(self) -> Whole:
        """The indexes of the columns that need no second year to be told apart."""
        return np.flatnonzero([not column.fine for column in self.columns])

    def rows(self, first: int, stop: int) -> Rows:
        """The rows of days ``first`` to ``stop`` (excluded), as known on each day: (places, days, columns)."""
        start = max(0, first - WEEK + 1) if self.weekly else first
        return self._joined(self.own[:, start:stop], start, first, stop)

    def rows_known_by(self, cutoff: int, stop: int) -> Rows:
        """The rows after ``cutoff`` up to ``stop`` (excluded), as known at the end of ``cutoff``."""
        first = cutoff + 1
        start = max(0, first - WEEK + 1) if self.weekly else first
        own = np.zeros((len(self.own), stop - start, self.own.shape[2]), dtype=np.float32)
        spans = self.spans
        for at in np.flatnonzero((spans.known <= cutoff) & (spans.end >= start) & (spans.start < stop)):
            begins = max(int(spans.start[at]) - start, 0)
            own[spans.place[at], begins : int(spans.end[at]) - start + 1, spans.column[at]] = 1.0
        return self._joined(own, start, first, stop)

    def _joined(self, own: Rows, start: int, first: int, stop: int) -> Rows:
        steady = self.steady[self.calendar_of, start:stop]
        rows = np.concatenate([steady, own], axis=2)
        return _over_the_week(rows)[:, first - start :] if self.weekly else rows


def build_design(
    days: Days,
    stores: Sequence[Store],
    events: Sequence[CalendarEvent],
    config: RetailConfig,
    *,
    weekly: bool = False,
    apart: frozenset[str] = frozenset(),
) -> Design:
    """The design over consecutive ``days`` for ``stores``, one per series and in its order.

    Stores that share calendar and events share a place, except those named in ``apart`` (they have weather of their
    own). With ``weekly``, a row speaks of the seven days up to it.
    """
    per_store = _events_by_store(stores, events, config)
    keys = [
        (
            store.country,
            store.subdivision,
            tuple(per_store[store.store_id]),
            store.store_id if store.store_id in apart else None,
        )
        for store in stores
    ]
    places = _numbered(keys)
    calendars = _numbered([key[:2] for key in places])
    steady = [_steady_columns(calendar_days(days, store), store, config) for store in _first_of(calendars, stores)]
    event_columns = _event_columns([key[2] for key in places], config)
    spans = _index_spans([key[2] for key in places], [column.name for column in event_columns], days)
    return Design(
        columns=(*(column for column, _ in steady[0]), *event_columns),
        steady=np.array([[values for _, values in pairs] for pairs in steady], dtype=np.float32).transpose(0, 2, 1),
        own=_known_on_each_day(spans, (len(places), len(days), len(event_columns))),
        calendar_of=np.array([calendars[key[:2]] for key in places]),
        place_of=np.array([places[key] for key in keys]),
        store_ids=tuple(key[3] or "" for key in places),
        spans=spans,
        weekly=weekly,
    )


def _numbered(keys: Iterable[Key]) -> dict[Key, int]:
    return {key: number for number, key in enumerate(dict.fromkeys(keys))}


def _first_of(calendars: Iterable[tuple[str | None, str | None]], stores: Sequence[Store]) -> list[Store]:
    by_place = {(store.country, store.subdivision): store for store in reversed(stores)}
    return [by_place[calendar] for calendar in calendars]


def _known_on_each_day(spans: Spans, shape: tuple[int, int, int]) -> Rows:
    own = np.zeros(shape, dtype=np.float32)
    for at in range(len(spans.place)):
        first = max(int(spans.start[at]), int(spans.known[at]), 0)
        own[spans.place[at], first : int(spans.end[at]) + 1, spans.column[at]] = 1.0
    return own


def _events_by_store(
    stores: Sequence[Store], events: Sequence[CalendarEvent], config: RetailConfig
) -> dict[str, list[DatedSignal]]:
    shared = [event for event in events if event.store_id is None]
    own: dict[str, list[CalendarEvent]] = {}
    for event in events:
        if event.store_id is not None:
            own.setdefault(event.store_id, []).append(event)
    return {
        store.store_id: dated_signals(
            [*shared, *own.get(store.store_id, [])], store.store_id, zone(store.timezone), config.events
        )
        for store in stores
    }


def _steady_columns(calendar: CalendarDays, store: Store, config: RetailConfig) -> list[tuple[Column, Floats]]:
    """Everything that a calendar knows for ever: season first, then signals that the season does not hold."""
    pairs = [*_season_columns(calendar, config.forecast.season_waves)]
    for group, rules in CALENDAR_SIGNALS.items():
        if group in SIGNAL_SD:
            pairs += [
                (Column(name, group, SIGNAL_SD[group]), rule(calendar).astype(float)) for name, rule in rules.items()
            ]
    if config.terms:
        flags = term_flags(calendar, store, config.terms)
        pairs += [(Column(name, "term", SIGNAL_SD["term"]), flag.astype(float)) for name, flag in flags.items()]
    return pairs


def _season_columns(calendar: CalendarDays, waves: tuple[int, ...]) -> list[tuple[Column, Floats]]:
    days = calendar.days.astype(np.int64)
    ones = np.ones(len(days))
    pairs = [(Column("level", "level", LEVEL_SD), ones)]
    pairs.append((Column("trend", "trend", TREND_SD), (days - days[0]) / YEAR_DAYS))
    for weekday, name in enumerate(WEEKDAYS):
        pairs.append((Column(name, "weekday", WEEKDAY_SD), (calendar.weekday == weekday).astype(float)))
    angle = 2 * np.pi * days / YEAR_DAYS
    weekend = np.where(calendar.weekday >= FIRST_OF_WEEKEND, 5 / 7, -2 / 7)
    for wave in range(1, max(waves) + 1):
        fine = wave > min(waves)
        for name, turn in (("sine", np.sin), ("cosine", np.cos)):
            pairs.append((Column(f"{name}_{wave}", "season", WAVE_SD / wave, fine=fine), turn(wave * angle)))
            if wave <= WEEKEND_WAVES:
                column = Column(f"weekend_{name}_{wave}", "season", WEEKEND_WAVE_SD)
                pairs.append((column, weekend * turn(wave * angle)))
    for offset in range(-EASTER_REACH_DAYS, EASTER_REACH_DAYS + 1, EASTER_STEP_DAYS):
        near = np.maximum(0.0, 1.0 - np.abs(calendar.from_easter - offset) / EASTER_STEP_DAYS)
        pairs.append((Column(f"easter{offset:+d}", "season", EASTER_SD, fine=True), near))
    for month, day in TURN_OF_YEAR:
        on = ((calendar.month == month) & (calendar.day == day)).astype(float)
        pairs.append((Column(f"date_{month:02d}_{day:02d}", "season", TURN_SD, fine=True), on))
    return pairs


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST_OF_WEEKEND = 5
WEEKEND_WAVES = 2
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def _event_columns(spans: Sequence[Sequence[DatedSignal]], config: RetailConfig) -> list[Column]:
    classes = {span.signal: span.signal_class for place in spans for span in place}
    columns = []
    for name, group in sorted(classes.items()):
        settings = config.events.of(group.removesuffix("_window"))
        mean = 0.0 if group.endswith("_window") else settings.prior_mean
        columns.append(Column(name, group, settings.prior_sd, float(np.log1p(mean))))
    return columns


def _index_spans(places: Sequence[Sequence[DatedSignal]], names: Sequence[str], days: Days) -> Spans:
    origin = int(days[0].astype(np.int64)) + EPOCH_ORDINAL
    column_of = {name: index for index, name in enumerate(names)}
    rows = [
        (at, column_of[span.signal], *(day.toordinal() - origin for day in (span.start, span.end, span.known_on)))
        for at, place in enumerate(places)
        for span in place
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    inside = (table[:, 3] >= 0) & (table[:, 2] < len(days))
    return Spans(*(table[inside, column] for column in range(5)))


def _over_the_week(rows: Rows) -> Rows:
    """Each row becomes the mean of its last seven days (of those there are)."""
    sums = np.cumsum(rows, axis=1, dtype=np.float64)
    sums[:, WEEK:] -= sums[:, :-WEEK].copy()
    spans = np.minimum(np.arange(1, rows.shape[1] + 1), WEEK)
    return (sums / spans[:, None]).astype(np.float32)
