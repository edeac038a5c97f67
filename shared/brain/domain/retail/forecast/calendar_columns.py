"""The regressors that a calendar alone determines: level, trend, weekday, season, and the calendar's signals."""

from dataclasses import dataclass

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.series import Store
from brain.domain.retail.signals.calendar_days import SATURDAY, CalendarDays
from brain.domain.retail.signals.calendar_signals import CALENDAR_SIGNALS, flag_term_signals
from brain.domain.types import Floats

YEAR_DAYS = 365.25
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND_WAVES = 2
LEVEL_SD, TREND_SD, WEEKDAY_SD, WAVE_SD, WEEKEND_WAVE_SD = 100.0, 0.3, 1.0, 0.3, 0.1
EASTER_REACH_DAYS, EASTER_STEP_DAYS, EASTER_SD = 21, 3, 0.15
TURN_OF_YEAR = (*((12, day) for day in range(15, 32)), *((1, day) for day in range(1, 11)))
TURN_SD = 0.2
SIGNAL_SD = {"observance": 0.2, "holiday": 0.2, "long_weekend": 0.1, "payday": 0.05, "month": 0.05, "term": 0.15}
"""The classes of calendar signals in the forecast, and the prior standard deviation of their effects."""

BASE_GROUPS = ("level", "trend", "weekday", "season")


@dataclass(frozen=True, slots=True)
class RegressorColumn:
    """One regressor with its normal prior; ``group`` is one of ``BASE_GROUPS`` or a signal class.

    ``fine`` marks columns that need a second year of history to be identified.
    """

    name: str
    group: str
    prior_sd: float
    prior_mean: float = 0.0
    fine: bool = False


def build_calendar_columns(
    calendar: CalendarDays, store: Store, config: RetailConfig
) -> list[tuple[RegressorColumn, Floats]]:
    """Return every calendar column with its values (days,), always in the same order."""
    pairs = [
        *_build_base(calendar),
        *_build_waves(calendar, config.forecast.season_waves),
        *_build_easter(calendar),
        *_build_turn_of_year(calendar),
    ]
    for group, sd in SIGNAL_SD.items():
        for name, rule in CALENDAR_SIGNALS.get(group, {}).items():
            pairs.append((RegressorColumn(name, group, sd), rule(calendar).astype(float)))
    if config.terms:
        flags = flag_term_signals(calendar, store, config.terms)
        pairs += [
            (RegressorColumn(name, "term", SIGNAL_SD["term"]), flag.astype(float)) for name, flag in flags.items()
        ]
    return pairs


def _build_base(calendar: CalendarDays) -> list[tuple[RegressorColumn, Floats]]:
    day_number = calendar.days.astype(np.int64)
    pairs = [
        (RegressorColumn("level", "level", LEVEL_SD), np.ones(len(day_number))),
        (RegressorColumn("trend", "trend", TREND_SD), (day_number - day_number[0]) / YEAR_DAYS),
    ]
    for weekday, name in enumerate(WEEKDAYS):
        pairs.append((RegressorColumn(name, "weekday", WEEKDAY_SD), (calendar.weekday == weekday).astype(float)))
    return pairs


def _build_waves(calendar: CalendarDays, waves: tuple[int, ...]) -> list[tuple[RegressorColumn, Floats]]:
    """Build yearly waves up to the largest of ``waves``, fine beyond the smallest, and some for weekends only."""
    angle = 2 * np.pi * calendar.days.astype(np.int64) / YEAR_DAYS
    weekend = np.where(calendar.weekday >= SATURDAY, 5 / 7, -2 / 7)
    pairs = []
    for wave in range(1, max(waves) + 1):
        for name, function in (("sine", np.sin), ("cosine", np.cos)):
            values = function(wave * angle)
            fine = wave > min(waves)
            pairs.append((RegressorColumn(f"{name}_{wave}", "season", WAVE_SD / wave, fine=fine), values))
            if wave <= WEEKEND_WAVES:
                pairs.append((RegressorColumn(f"weekend_{name}_{wave}", "season", WEEKEND_WAVE_SD), weekend * values))
    return pairs


def _build_easter(calendar: CalendarDays) -> list[tuple[RegressorColumn, Floats]]:
    """Build triangular columns around Easter, since school holidays and spring move with it."""
    pairs = []
    for offset in range(-EASTER_REACH_DAYS, EASTER_REACH_DAYS + 1, EASTER_STEP_DAYS):
        triangle = np.maximum(0.0, 1.0 - np.abs(calendar.from_easter - offset) / EASTER_STEP_DAYS)
        pairs.append((RegressorColumn(f"easter{offset:+d}", "season", EASTER_SD, fine=True), triangle))
    return pairs


def _build_turn_of_year(calendar: CalendarDays) -> list[tuple[RegressorColumn, Floats]]:
    """Build a column of its own for each day from mid December to early January."""
    pairs = []
    for month, day in TURN_OF_YEAR:
        is_date = ((calendar.month == month) & (calendar.day == day)).astype(float)
        pairs.append((RegressorColumn(f"date_{month:02d}_{day:02d}", "season", TURN_SD, fine=True), is_date))
    return pairs
