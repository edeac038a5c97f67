"""Whether a shop will open on a day ahead, from the days on which it did."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.retail.series import Store
from brain.domain.retail.signals.calendar_days import CalendarDays, build_calendar_days
from brain.domain.types import Booleans, Dates, Floats

WEEKS_REMEMBERED = 8
WEEK = 7
CHRISTMAS = {(1, 1), (12, 24), (12, 25), (12, 26), (12, 31)}
EASTER = {-2, 0, 1}


@dataclass(frozen=True, slots=True)
class _Occasion:
    """A day of the year on which shops often close: ``key`` tells one kind from another."""

    day: int
    key: tuple[str, int, int]


def estimate_opening_probability(
    opened: Booleans, days: Dates, stores: Sequence[Store], cutoff: int, horizon: int
) -> Floats:
    """The chance that each series trades on the days after ``cutoff``: (series, horizon).

    By the share of the last eight same weekdays, and on holidays, Christmas, New Year and Easter by the share of the
    same occasion in former years (of any occasion, where this one was not seen). ``days`` covers the horizon.
    """
    chance = np.zeros((len(opened), horizon))
    by_place: dict[Store, list[_Occasion]] = {}
    for row, store in enumerate(stores):
        place = Store("", country=store.country, subdivision=store.subdivision)
        if place not in by_place:
            by_place[place] = _occasions(build_calendar_days(days[: cutoff + 1 + horizon], place))
        seen = opened[row, : cutoff + 1]
        first = int(np.argmax(seen)) if seen.any() else cutoff + 1
        chance[row] = _of_weekday(seen, first, horizon)
        for occasion in by_place[place]:
            if occasion.day > cutoff:
                same = _share(seen, first, [one for one in by_place[place] if one.key == occasion.key])
                other = _share(seen, first, by_place[place])
                found = next((share for share in (same, other) if share is not None), 1.0)
                chance[row, occasion.day - cutoff - 1] *= found
    return chance


def _of_weekday(seen: Booleans, first: int, horizon: int) -> Floats:
    cutoff = len(seen) - 1
    shares = np.ones(WEEK)
    for step in range(1, WEEK + 1):
        past = list(range(cutoff + step - WEEK, first - 1, -WEEK))[:WEEKS_REMEMBERED]
        shares[step - 1] = seen[past].mean() if past else 1.0
    if not seen[first:].any():
        return np.ones(horizon)
    return shares[np.arange(horizon) % WEEK]


def _share(seen: Booleans, first: int, occasions: list[_Occasion]) -> float | None:
    past = [occasion.day for occasion in occasions if first <= occasion.day < len(seen)]
    return float(seen[past].mean()) if past else None


def _occasions(calendar: CalendarDays) -> list[_Occasion]:
    found = []
    for index in range(len(calendar.days)):
        month_day = (int(calendar.month[index]), int(calendar.day[index]))
        from_easter = int(calendar.from_easter[index])
        if month_day in CHRISTMAS:
            found.append(_Occasion(index, ("date", *month_day)))
        elif from_easter in EASTER or (calendar.holiday[index] and abs(from_easter) <= MOVING_REACH_DAYS):
            moving = from_easter in MOVING
            found.append(_Occasion(index, ("easter", from_easter, 0) if moving else ("date", *month_day)))
        elif calendar.holiday[index]:
            found.append(_Occasion(index, ("date", *month_day)))
    return found


MOVING = frozenset({-48, -47, -46, -3, -2, -1, 0, 1, 39, 49, 50, 60})
MOVING_REACH_DAYS = 60
