"""The probability that a shop opens on a future day, estimated from the days on which it did."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.retail.forecast.levels import WEEK
from brain.domain.retail.series import Store
from brain.domain.retail.signals.calendar_days import CalendarDays, build_calendar_days
from brain.domain.types import Booleans, Dates, Floats

MEMORY_WEEKS = 8
FIXED_DATES = frozenset({(1, 1), (12, 24), (12, 25), (12, 26), (12, 31)})
"""Month and day of the occasions around Christmas and New Year."""

EASTER_DAYS = frozenset({-2, 0, 1})
MOVING_HOLIDAYS = frozenset({-48, -47, -46, -3, -2, -1, 0, 1, 39, 49, 50, 60})
"""Days from Easter Sunday on which public holidays move with it."""

MAX_DAYS_FROM_EASTER = 60


@dataclass(frozen=True, slots=True)
class _Occasion:
    """A day on which shops often close; ``key`` is the same for one occasion in all years."""

    day: int
    key: tuple[str, int, int]


def estimate_opening_probability(
    opened: Booleans, days: Dates, stores: Sequence[Store], cutoff: int, horizon: int
) -> Floats:
    """Estimate the probability that each series trades on the days after ``cutoff``: (series, horizon).

    It is the share of the last eight same weekdays, and on holidays, Christmas, New Year and Easter that times the
    share of the same occasion in former years (of any occasion, if this one was not observed). ``days`` includes the
    horizon.
    """
    probability = np.zeros((len(opened), horizon))
    occasions_by_region: dict[Store, list[_Occasion]] = {}
    for row, store in enumerate(stores):
        region = Store("", country=store.country, subdivision=store.subdivision)
        if region not in occasions_by_region:
            calendar = build_calendar_days(days[: cutoff + 1 + horizon], region)
            occasions_by_region[region] = _find_occasions(calendar)
        occasions = occasions_by_region[region]
        history = opened[row, : cutoff + 1]
        first = int(np.argmax(history)) if history.any() else cutoff + 1
        probability[row] = _estimate_by_weekday(history, first, horizon)
        for occasion in occasions:
            if occasion.day > cutoff:
                same_occasion = [past for past in occasions if past.key == occasion.key]
                shares = (_share_open(history, first, same_occasion), _share_open(history, first, occasions))
                factor = next((share for share in shares if share is not None), 1.0)
                probability[row, occasion.day - cutoff - 1] *= factor
    return probability


def _estimate_by_weekday(history: Booleans, first: int, horizon: int) -> Floats:
    cutoff = len(history) - 1
    shares = np.ones(WEEK)
    for step in range(1, WEEK + 1):
        same_weekdays = list(range(cutoff + step - WEEK, first - 1, -WEEK))[:MEMORY_WEEKS]
        shares[step - 1] = history[same_weekdays].mean() if same_weekdays else 1.0
    if not history[first:].any():
        return np.ones(horizon)
    return shares[np.arange(horizon) % WEEK]


def _share_open(history: Booleans, first: int, occasions: list[_Occasion]) -> float | None:
    past_days = [occasion.day for occasion in occasions if first <= occasion.day < len(history)]
    return float(history[past_days].mean()) if past_days else None


def _find_occasions(calendar: CalendarDays) -> list[_Occasion]:
    occasions = []
    for index in range(len(calendar.days)):
        month_day = (int(calendar.month[index]), int(calendar.day[index]))
        from_easter = int(calendar.from_easter[index])
        is_holiday = bool(calendar.holiday[index])
        if month_day in FIXED_DATES:
            occasions.append(_Occasion(index, ("date", *month_day)))
        elif from_easter in EASTER_DAYS or (is_holiday and abs(from_easter) <= MAX_DAYS_FROM_EASTER):
            moves = from_easter in MOVING_HOLIDAYS
            occasions.append(_Occasion(index, ("easter", from_easter, 0) if moves else ("date", *month_day)))
        elif is_holiday:
            occasions.append(_Occasion(index, ("date", *month_day)))
    return occasions
