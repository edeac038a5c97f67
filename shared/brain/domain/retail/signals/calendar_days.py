"""The calendar of a store as arrays over days, so that each calendar signal is one expression over them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays as public_holidays
import numpy as np

from brain.domain.retail.series import Store
from brain.domain.types import Booleans, Dates, Integers
from brain.errors import InvalidInputError

DAY = np.timedelta64(1, "D")
SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True, slots=True, eq=False)
class CalendarDays:
    """Arrays of shape (days,): ``weekday`` 0 is Monday; ``from_easter`` counts days from the nearest Easter Sunday.

    ``to_month_end`` is 0 on the last day of a month. ``holiday`` flags the public holidays of the store's country
    and subdivision (none when its country is unknown); ``non_working`` flags them and the weekend.
    """

    days: Dates
    year: Integers
    month: Integers
    day: Integers
    weekday: Integers
    from_easter: Integers
    to_month_end: Integers
    holiday: Booleans
    non_working: Booleans

    def shift_holidays(self, offset_days: int) -> Booleans:
        """Flag days ``offset_days`` before (negative: after) a public holiday; False beyond the ends."""
        shifted = np.zeros(len(self.days), dtype=bool)
        if abs(offset_days) >= len(self.days):
            return shifted
        if offset_days >= 0:
            shifted[: len(self.days) - offset_days] = self.holiday[offset_days:]
        else:
            shifted[-offset_days:] = self.holiday[:offset_days]
        return shifted


def build_calendar_days(days: Dates, store: Store) -> CalendarDays:
    """Build the calendar of ``store`` over consecutive ``days``. Raises InvalidInputError for an unknown country."""
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    year = years.astype(np.int64) + 1970
    # 1 January 1970 was a Thursday, 3 counted from Monday
    weekday = (days.astype(np.int64) + 3) % 7
    holiday = np.isin(days, list_holiday_dates(store.country, store.subdivision, tuple(np.unique(year).tolist())))
    return CalendarDays(
        days=days,
        year=year,
        month=(months - years).astype(np.int64) + 1,
        day=(days - months).astype(np.int64) + 1,
        weekday=weekday,
        from_easter=_count_days_from_easter(days, year),
        to_month_end=((months + 1).astype("datetime64[D]") - days).astype(np.int64) - 1,
        holiday=holiday,
        non_working=holiday | (weekday >= SATURDAY),
    )


def compute_easter_sunday(year: Integers) -> Dates:
    """Compute Easter Sunday of Gregorian years by the anonymous algorithm (Meeus 1991, Astronomical Algorithms)."""
    golden, century = year % 19, year // 100
    leap, year_of_century = century // 4, year % 100
    epact = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    to_sunday = (32 + 2 * (century % 4) + 2 * (year_of_century // 4) - epact - year_of_century % 4) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    since_march = epact + to_sunday - 7 * late + 114
    months = (year - 1970) * 12 + since_march // 31 - 1
    sunday: Dates = months.astype("datetime64[M]").astype("datetime64[D]") + (since_march % 31) * DAY
    return sunday


@lru_cache(maxsize=512)
def list_holiday_dates(country: str | None, subdivision: str | None, years: tuple[int, ...]) -> Dates:
    """Return the public holidays of a country as sorted datetime64[D]; empty without a country.

    Raises InvalidInputError when the ``holidays`` library does not know the country or subdivision.
    """
    return np.array(sorted(list_holiday_names(country, subdivision, years)), dtype="datetime64[D]")


@lru_cache(maxsize=512)
def list_holiday_names(country: str | None, subdivision: str | None, years: tuple[int, ...]) -> dict[date, str]:
    """Return the names of a country's public holidays by date, in English where the library has them."""
    if country is None:
        return {}
    try:
        holidays = public_holidays.country_holidays(country, subdiv=subdivision, years=years, language="en_US")
    except NotImplementedError as exc:
        raise InvalidInputError(
            f"a store's country and subdivision must be ISO 3166 codes, got {country!r}, {subdivision!r}; correct them"
        ) from exc
    return dict(holidays.items())


def mark_spans(days: Dates, spans: Iterable[tuple[date, date]]) -> Booleans:
    """Flag the ``days`` that lie in any of the spans, both ends included."""
    inside = np.zeros(len(days), dtype=bool)
    for start, end in spans:
        inside |= (days >= np.datetime64(start)) & (days <= np.datetime64(end))
    return inside


def _count_days_from_easter(days: Dates, year: Integers) -> Integers:
    offsets = [(days - compute_easter_sunday(year + shift)).astype(np.int64) for shift in (-1, 0, 1)]
    stacked = np.stack(offsets)
    nearest: Integers = np.take_along_axis(stacked, np.abs(stacked).argmin(axis=0)[None], axis=0)[0]
    return nearest
