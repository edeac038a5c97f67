"""The signals computed from a calendar alone, known for any future day: one rule per signal, grouped by class."""

from typing import Final, Protocol

import numpy as np

from brain.domain.retail.config import SchoolTerm
from brain.domain.retail.series import Store
from brain.domain.retail.signals.calendar_days import SATURDAY, SUNDAY, CalendarDays, mark_spans
from brain.domain.types import Booleans, Integers

FRIDAY, THURSDAY, MONDAY = 4, 3, 0
SPRING, SUMMER, AUTUMN, WINTER = (3, 4, 5), (6, 7, 8), (9, 10, 11), (12, 1, 2)
MAX_WORKING_DAY_GAP = 6
"""The last working day of a month is at most this many days before its end."""

FOUR_WEEKS = 28


class CalendarRule(Protocol):
    """Flags the days of a calendar on which a signal is active."""

    def __call__(self, calendar: CalendarDays, /) -> Booleans:
        """Return one flag per day."""
        ...


def _on_weekdays(weekdays: tuple[int, ...], months: tuple[int, ...]) -> CalendarRule:
    return lambda calendar: np.isin(calendar.weekday, weekdays) & np.isin(calendar.month, months)


def _on_dates(month: int, first: int, last: int | None = None) -> CalendarRule:
    return lambda calendar: (calendar.month == month) & _is_between(calendar.day, first, last or first)


def _on_days_from_easter(first: int, last: int | None = None) -> CalendarRule:
    end = first if last is None else last
    return lambda calendar: _is_between(calendar.from_easter, first, end)


def _on_days_of_month(first: int, last: int) -> CalendarRule:
    return lambda calendar: _is_between(calendar.day, first, last)


def _on_days_before_month_end(first: int, last: int) -> CalendarRule:
    """Count days back from the last of the month, which is 0."""
    return lambda calendar: _is_between(calendar.to_month_end, first, last)


def _on_nth_weekday(month: int, weekday: int, nth: int) -> CalendarRule:
    return lambda calendar: (
        (calendar.month == month) & (calendar.weekday == weekday) & ((calendar.day - 1) // 7 == nth - 1)
    )


def _is_between(values: Integers, first: int, last: int) -> Booleans:
    between: Booleans = (values >= first) & (values <= last)
    return between


def _is_last_working_day(calendar: CalendarDays) -> Booleans:
    """Flag the last day of each month that is no weekend and no holiday, where the days reach the month's end."""
    months = calendar.year * 12 + calendar.month
    working = np.flatnonzero(~calendar.non_working)
    last: Booleans = np.zeros(len(calendar.days), dtype=bool)
    last[working[np.flatnonzero(np.diff(months[working], append=-1))]] = True
    return last & _is_between(calendar.to_month_end, 0, MAX_WORKING_DAY_GAP)


def _is_mid_month_payday(calendar: CalendarDays) -> Booleans:
    """Flag the 15th, or the Friday before when it falls on a weekend."""
    friday_before = _is_between(calendar.day, 13, 14) & (calendar.weekday == FRIDAY)
    payday: Booleans = (calendar.day == 15) & (calendar.weekday <= FRIDAY) | friday_before  # noqa: PLR2004 - the 15th
    return payday


def _is_bridge_day(calendar: CalendarDays) -> Booleans:
    """Flag a working Friday after a holiday Thursday, or a working Monday before a holiday Tuesday."""
    friday = (calendar.weekday == FRIDAY) & calendar.shift_holidays(-1)
    monday = (calendar.weekday == MONDAY) & calendar.shift_holidays(1)
    bridge_day: Booleans = (friday | monday) & ~calendar.holiday
    return bridge_day


def _is_long_weekend(calendar: CalendarDays) -> Booleans:
    """Flag Saturday and Sunday next to a holiday Friday or Monday."""
    saturday = (calendar.weekday == SATURDAY) & (calendar.shift_holidays(-1) | calendar.shift_holidays(2))
    sunday = (calendar.weekday == SUNDAY) & (calendar.shift_holidays(-2) | calendar.shift_holidays(1))
    long_weekend: Booleans = saturday | sunday
    return long_weekend


def _is_before_long_weekend(calendar: CalendarDays) -> Booleans:
    """Flag the last working day before a weekend extended by a holiday Monday, or before a holiday Friday."""
    friday = (calendar.weekday == FRIDAY) & calendar.shift_holidays(3)
    thursday = (calendar.weekday == THURSDAY) & calendar.shift_holidays(1)
    day_before: Booleans = (friday | thursday) & ~calendar.holiday
    return day_before


def _is_advent_sunday(calendar: CalendarDays) -> Booleans:
    """Flag the four Sundays before Christmas Day."""
    december = ((calendar.year - 1970) * 12 + 11).astype("datetime64[M]").astype("datetime64[D]")
    christmas = december + np.timedelta64(24, "D")
    days_to_christmas = christmas.astype(np.int64) - calendar.days.astype(np.int64)
    advent_sunday: Booleans = (calendar.weekday == SUNDAY) & _is_between(days_to_christmas, 1, FOUR_WEEKS)
    return advent_sunday


def _is_weekend_after_payday(calendar: CalendarDays) -> Booleans:
    near_payday = _is_between(calendar.day, 1, 5) | _is_between(calendar.to_month_end, 0, 1)
    weekend: Booleans = (calendar.weekday >= SATURDAY) & near_payday
    return weekend


def _is_end_of_quarter(calendar: CalendarDays) -> Booleans:
    end_of_quarter: Booleans = (calendar.month % 3 == 0) & _is_between(calendar.to_month_end, 0, 2)
    return end_of_quarter


def _is_black_friday(calendar: CalendarDays) -> Booleans:
    """Flag the day after the fourth Thursday of November."""
    black_friday: Booleans = _on_dates(11, 23, 29)(calendar) & (calendar.weekday == FRIDAY)
    return black_friday


CALENDAR_SIGNALS: Final[dict[str, dict[str, CalendarRule]]] = {
    "weekday_season": {
        "weekend_in_spring": _on_weekdays((5, 6), SPRING),
        "weekend_in_summer": _on_weekdays((5, 6), SUMMER),
        "weekend_in_autumn": _on_weekdays((5, 6), AUTUMN),
        "friday_in_summer": _on_weekdays((4,), SUMMER),
        "friday_in_winter": _on_weekdays((4,), WINTER),
        "monday_in_summer": _on_weekdays((0,), SUMMER),
    },
    "observance": {
        "new_years_day": _on_dates(1, 1),
        "epiphany": _on_dates(1, 6),
        "valentines_day": _on_dates(2, 14),
        "womens_day": _on_dates(3, 8),
        "carnival": _on_days_from_easter(-52, -47),
        "maundy_thursday": _on_days_from_easter(-3),
        "good_friday": _on_days_from_easter(-2),
        "easter_saturday": _on_days_from_easter(-1),
        "easter_sunday": _on_days_from_easter(0),
        "easter_monday": _on_days_from_easter(1),
        "labour_day": _on_dates(5, 1),
        "mothers_day": _on_nth_weekday(5, SUNDAY, 2),
        "ascension_day": _on_days_from_easter(39),
        "whit_sunday": _on_days_from_easter(49),
        "whit_monday": _on_days_from_easter(50),
        "halloween": _on_dates(10, 31),
        "black_friday": _is_black_friday,
        "thanksgiving": _on_nth_weekday(11, THURSDAY, 4),
        "st_nicholas_day": _on_dates(12, 6),
        "advent_sunday": _is_advent_sunday,
        "last_days_before_christmas": _on_dates(12, 20, 23),
        "christmas_eve": _on_dates(12, 24),
        "christmas_day": _on_dates(12, 25),
        "boxing_day": _on_dates(12, 26),
        "between_the_years": _on_dates(12, 27, 30),
        "new_years_eve": _on_dates(12, 31),
        "first_days_of_january": _on_dates(1, 2, 5),
    },
    "holiday": {
        "public_holiday": lambda calendar: calendar.holiday,
        "eve_of_holiday": lambda calendar: calendar.shift_holidays(1) & ~calendar.holiday,
        "two_days_before_holiday": lambda calendar: (
            calendar.shift_holidays(2) & ~calendar.shift_holidays(1) & ~calendar.holiday
        ),
        "day_after_holiday": lambda calendar: calendar.shift_holidays(-1) & ~calendar.holiday,
    },
    "long_weekend": {
        "bridge_day": _is_bridge_day,
        "long_weekend": _is_long_weekend,
        "before_long_weekend": _is_before_long_weekend,
    },
    "payday": {
        "payday_end_of_month": _is_last_working_day,
        "payday_mid_month": _is_mid_month_payday,
        "weekend_after_payday": _is_weekend_after_payday,
        "days_before_payday": _on_days_before_month_end(2, 6),
    },
    "month": {
        "first_of_month": _on_days_of_month(1, 1),
        "start_of_month": _on_days_of_month(2, 4),
        "end_of_month": _on_days_before_month_end(0, 1),
        "end_of_quarter": _is_end_of_quarter,
    },
}
"""Class -> signal -> rule; the order is that of the regressor columns."""

TERM_SIGNALS: Final[tuple[str, ...]] = ("school_holidays", "university_term", "academic_finals", "move_in_days")
"""Signals whose dates no calendar can compute: they come from ``terms`` in the configuration."""


def flag_term_signals(calendar: CalendarDays, store: Store, terms: tuple[SchoolTerm, ...]) -> dict[str, Booleans]:
    """Flag the terms of a store's country and subdivision, and the first days of and after its school holidays."""
    local_terms = [term for term in terms if term.applies_to(store.country, store.subdivision)]
    flags = {
        kind: mark_spans(calendar.days, [(term.start, term.end) for term in local_terms if term.kind == kind])
        for kind in TERM_SIGNALS
    }
    school = flags["school_holidays"]
    flags["first_days_of_school_holidays"] = school & ~_delay_flags(school, 3)
    flags["first_days_back_at_school"] = ~school & _delay_flags(school, 1)
    return flags


def _delay_flags(flags: Booleans, days: int) -> Booleans:
    """Return the flags moved ``days`` later."""
    delayed = np.zeros(len(flags), dtype=bool)
    delayed[days:] = flags[:-days]
    return delayed
