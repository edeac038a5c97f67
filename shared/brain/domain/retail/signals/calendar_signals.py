"""The signals that a calendar alone gives, known for any day ahead: one line each, grouped by class."""

from collections.abc import Callable
from typing import Final

import numpy as np

from brain.domain.retail.config import SchoolTerm
from brain.domain.retail.series import Store
from brain.domain.retail.signals.calendar_days import SATURDAY, SUNDAY, CalendarDays, mark_spans
from brain.domain.types import Booleans, Integers

CalendarRule = Callable[[CalendarDays], Booleans]

FRIDAY, THURSDAY, MONDAY = 4, 3, 0
SPRING, SUMMER, AUTUMN, WINTER = (3, 4, 5), (6, 7, 8), (9, 10, 11), (12, 1, 2)


def _in_season(weekdays: tuple[int, ...], months: tuple[int, ...]) -> CalendarRule:
    return lambda c: np.isin(c.weekday, weekdays) & np.isin(c.month, months)


def _date(month: int, first: int, last: int | None = None) -> CalendarRule:
    return lambda c: (c.month == month) & _within(c.day, first, last or first)


def _easter(first: int, last: int | None = None) -> CalendarRule:
    end = first if last is None else last
    return lambda c: _within(c.from_easter, first, end)


def _month_begin(first: int, last: int) -> CalendarRule:
    return lambda c: _within(c.day, first, last)


def _month_end(first: int, last: int) -> CalendarRule:
    """Days counted back from the last of the month, which is 0."""
    return lambda c: _within(c.to_month_end, first, last)


def _within(values: Integers, first: int, last: int) -> Booleans:
    inside: Booleans = (values >= first) & (values <= last)
    return inside


def _nth_weekday(month: int, weekday: int, nth: int) -> CalendarRule:
    return lambda c: (c.month == month) & (c.weekday == weekday) & ((c.day - 1) // 7 == nth - 1)


def _last_working_day(c: CalendarDays) -> Booleans:
    """The last day of each month that is no weekend and no holiday, where the days reach the month's end."""
    months = c.year * 12 + c.month
    working = np.flatnonzero(~c.resting)
    last: Booleans = np.zeros(len(c.days), dtype=bool)
    last[working[np.flatnonzero(np.diff(months[working], append=-1))]] = True
    return last & _within(c.to_month_end, 0, LONGEST_MONTH_TAIL)


def _mid_month_payday(c: CalendarDays) -> Booleans:
    """The 15th, or the Friday before when it falls on a weekend."""
    friday_before = _within(c.day, 13, 14) & (c.weekday == FRIDAY)
    days: Booleans = _date_of_month(c, 15) & (c.weekday <= FRIDAY) | friday_before
    return days


def _date_of_month(c: CalendarDays, day: int) -> Booleans:
    return _within(c.day, day, day)


def _bridge_day(c: CalendarDays) -> Booleans:
    """A working Friday after a holiday Thursday, or a working Monday before a holiday Tuesday."""
    friday = (c.weekday == FRIDAY) & c.shifted_holiday(-1)
    monday = (c.weekday == MONDAY) & c.shifted_holiday(1)
    bridge: Booleans = (friday | monday) & ~c.holiday
    return bridge


def _long_weekend(c: CalendarDays) -> Booleans:
    """Saturday and Sunday beside a holiday Friday or Monday."""
    saturday = (c.weekday == SATURDAY) & (c.shifted_holiday(-1) | c.shifted_holiday(2))
    sunday = (c.weekday == SUNDAY) & (c.shifted_holiday(-2) | c.shifted_holiday(1))
    long: Booleans = saturday | sunday
    return long


def _before_long_weekend(c: CalendarDays) -> Booleans:
    """The last working day before a weekend made longer by a holiday Monday, or before a holiday Friday."""
    friday = (c.weekday == FRIDAY) & c.shifted_holiday(3)
    thursday = (c.weekday == THURSDAY) & c.shifted_holiday(1)
    before: Booleans = (friday | thursday) & ~c.holiday
    return before


def _advent_sunday(c: CalendarDays) -> Booleans:
    """The four Sundays before Christmas Day."""
    christmas = ((c.year - 1970) * 12 + 11).astype("datetime64[M]").astype("datetime64[D]") + np.timedelta64(24, "D")
    to_christmas = christmas.astype(np.int64) - c.days.astype(np.int64)
    days: Booleans = (c.weekday == SUNDAY) & _within(to_christmas, 1, FOUR_WEEKS)
    return days


def _weekend_after_payday(c: CalendarDays) -> Booleans:
    days: Booleans = (c.weekday >= SATURDAY) & (_within(c.day, 1, 5) | _within(c.to_month_end, 0, 1))
    return days


def _end_of_quarter(c: CalendarDays) -> Booleans:
    days: Booleans = (c.month % 3 == 0) & _within(c.to_month_end, 0, 2)
    return days


def _black_friday(c: CalendarDays) -> Booleans:
    """The day after the fourth Thursday of November."""
    days: Booleans = _date(11, 23, 29)(c) & (c.weekday == FRIDAY)
    return days


LONGEST_MONTH_TAIL = 6
FOUR_WEEKS = 28

CALENDAR_SIGNALS: Final[dict[str, dict[str, CalendarRule]]] = {
    "weekday_season": {
        "weekend_in_spring": _in_season((5, 6), SPRING),
        "weekend_in_summer": _in_season((5, 6), SUMMER),
        "weekend_in_autumn": _in_season((5, 6), AUTUMN),
        "friday_in_summer": _in_season((4,), SUMMER),
        "friday_in_winter": _in_season((4,), WINTER),
        "monday_in_summer": _in_season((0,), SUMMER),
    },
    "observance": {
        "new_years_day": _date(1, 1),
        "epiphany": _date(1, 6),
        "valentines_day": _date(2, 14),
        "womens_day": _date(3, 8),
        "carnival": _easter(-52, -47),
        "maundy_thursday": _easter(-3),
        "good_friday": _easter(-2),
        "easter_saturday": _easter(-1),
        "easter_sunday": _easter(0),
        "easter_monday": _easter(1),
        "labour_day": _date(5, 1),
        "mothers_day": _nth_weekday(5, SUNDAY, 2),
        "ascension_day": _easter(39),
        "whit_sunday": _easter(49),
        "whit_monday": _easter(50),
        "halloween": _date(10, 31),
        "black_friday": _black_friday,
        "thanksgiving": _nth_weekday(11, THURSDAY, 4),
        "st_nicholas_day": _date(12, 6),
        "advent_sunday": _advent_sunday,
        "last_days_before_christmas": _date(12, 20, 23),
        "christmas_eve": _date(12, 24),
        "christmas_day": _date(12, 25),
        "boxing_day": _date(12, 26),
        "between_the_years": _date(12, 27, 30),
        "new_years_eve": _date(12, 31),
        "first_days_of_january": _date(1, 2, 5),
    },
    "holiday": {
        "public_holiday": lambda c: c.holiday,
        "eve_of_holiday": lambda c: c.shifted_holiday(1) & ~c.holiday,
        "two_days_before_holiday": lambda c: c.shifted_holiday(2) & ~c.shifted_holiday(1) & ~c.holiday,
        "day_after_holiday": lambda c: c.shifted_holiday(-1) & ~c.holiday,
    },
    "long_weekend": {
        "bridge_day": _bridge_day,
        "long_weekend": _long_weekend,
        "before_long_weekend": _before_long_weekend,
    },
    "payday": {
        "payday_end_of_month": _last_working_day,
        "payday_mid_month": _mid_month_payday,
        "weekend_after_payday": _weekend_after_payday,
        "days_before_payday": _month_end(2, 6),
    },
    "month": {
        "first_of_month": _month_begin(1, 1),
        "start_of_month": _month_begin(2, 4),
        "end_of_month": _month_end(0, 1),
        "end_of_quarter": _end_of_quarter,
    },
}
"""Class -> signal -> rule. Order is the order of columns."""

TERM_SIGNALS: Final[tuple[str, ...]] = ("school_holidays", "university_term", "academic_finals", "move_in_days")
"""Signals whose dates a calendar cannot compute: they come from ``terms`` in the configuration."""


def flag_term_signals(calendar: CalendarDays, store: Store, terms: tuple[SchoolTerm, ...]) -> dict[str, Booleans]:
    """The term signals of one store: spans of its country and subdivision, and the first days after school holidays."""
    here = [term for term in terms if term.applies_to(store.country, store.subdivision)]
    flags = {
        kind: mark_spans(calendar.days, [(term.start, term.end) for term in here if term.kind == kind])
        for kind in TERM_SIGNALS
    }
    school = flags["school_holidays"]
    flags["first_days_of_school_holidays"] = school & ~_earlier(school, 3)
    flags["first_days_back_at_school"] = ~school & _earlier(school, 1)
    return flags


def _earlier(flags: Booleans, days: int) -> Booleans:
    """The flags moved ``days`` later: whether the day ``days`` ago was flagged."""
    moved = np.zeros(len(flags), dtype=bool)
    moved[days:] = flags[:-days]
    return moved
