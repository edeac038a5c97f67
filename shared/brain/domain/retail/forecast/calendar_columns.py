"""The regressors that a calendar knows for ever: level, trend, weekday, season, and the calendar's signals."""

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
"""Classes of calendar signals that the forecast reads, and how large they are believed to be."""

BASE_GROUPS = ("level", "trend", "weekday", "season")


@dataclass(frozen=True, slots=True)
class RegressorColumn:
    """One regressor: its group is one of ``BASE_GROUPS`` or a signal's class.

    Its prior is normal; ``fine`` marks those that only a second year can tell apart.
    """

    name: str
    group: str
    prior_sd: float
    prior_mean: float = 0.0
    fine: bool = False


def build_calendar_columns(
    calendar: CalendarDays, store: Store, config: RetailConfig
) -> list[tuple[RegressorColumn, Floats]]:
    """Every steady column with its values over the calendar's days, in an order that depends on nothing else."""
    pairs = [*_base(calendar), *_waves(calendar, config.forecast.season_waves), *_around_easter(calendar)]
    pairs += _turn_of_year(calendar)
    for group, sd in SIGNAL_SD.items():
        for name, rule in CALENDAR_SIGNALS.get(group, {}).items():
            pairs.append((RegressorColumn(name, group, sd), rule(calendar).astype(float)))
    if config.terms:
        flags = flag_term_signals(calendar, store, config.terms)
        pairs += [
            (RegressorColumn(name, "term", SIGNAL_SD["term"]), flag.astype(float)) for name, flag in flags.items()
        ]
    return pairs


def _base(calendar: CalendarDays) -> list[tuple[RegressorColumn, Floats]]:
    number = calendar.days.astype(np.int64)
    pairs = [
        (RegressorColumn("level", "level", LEVEL_SD), np.ones(len(number))),
        (RegressorColumn("trend", "trend", TREND_SD), (number - number[0]) / YEAR_DAYS),
    ]
    for weekday, name in enumerate(WEEKDAYS):
        pairs.append((RegressorColumn(name, "weekday", WEEKDAY_SD), (calendar.weekday == weekday).astype(float)))
    return pairs


def _waves(calendar: CalendarDays, waves: tuple[int, ...]) -> list[tuple[RegressorColumn, Floats]]:
    """The yearly waves, up to the largest of ``waves``; those beyond the smallest are fine. Weekends have their own."""
    angle = 2 * np.pi * calendar.days.astype(np.int64) / YEAR_DAYS
    weekend = np.where(calendar.weekday >= SATURDAY, 5 / 7, -2 / 7)
    pairs = []
    for wave in range(1, max(waves) + 1):
        for name, turn in (("sine", np.sin), ("cosine", np.cos)):
            values = turn(wave * angle)
            fine = wave > min(waves)
            pairs.append((RegressorColumn(f"{name}_{wave}", "season", WAVE_SD / wave, fine=fine), values))
            if wave <= WEEKEND_WAVES:
                pairs.append((RegressorColumn(f"weekend_{name}_{wave}", "season", WEEKEND_WAVE_SD), weekend * values))
    return pairs


def _around_easter(calendar: CalendarDays) -> list[tuple[RegressorColumn, Floats]]:
    """Tents around Easter, since school holidays and spring move with it."""
    pairs = []
    for offset in range(-EASTER_REACH_DAYS, EASTER_REACH_DAYS + 1, EASTER_STEP_DAYS):
        near = np.maximum(0.0, 1.0 - np.abs(calendar.from_easter - offset) / EASTER_STEP_DAYS)
        pairs.append((RegressorColumn(f"easter{offset:+d}", "season", EASTER_SD, fine=True), near))
    return pairs


def _turn_of_year(calendar: CalendarDays) -> list[tuple[RegressorColumn, Floats]]:
    """Each day from mid December to early January is one of its own."""
    pairs = []
    for month, day in TURN_OF_YEAR:
        on = ((calendar.month == month) & (calendar.day == day)).astype(float)
        pairs.append((RegressorColumn(f"date_{month:02d}_{day:02d}", "season", TURN_SD, fine=True), on))
    return pairs
