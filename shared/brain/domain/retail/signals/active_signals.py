"""The registry of signals that may move a shop's sales, and which of them are active on which day."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.series import load_zone
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.signals.calendar_days import build_calendar_days
from brain.domain.retail.signals.calendar_signals import CALENDAR_SIGNALS, TERM_SIGNALS, flag_term_signals
from brain.domain.retail.signals.event_signals import build_signal_spans, flag_known_spans
from brain.domain.retail.signals.weather_signals import WEATHER_SIGNALS, flag_weather_signals, select_known_values
from brain.domain.types import Booleans, Dates, Integers

EVENT_CLASSES: Final[tuple[str, ...]] = ("home_game", "festival", "promotion", "competitor", "concert", "market")

BUILT_IN_SIGNALS: Final[dict[str, str]] = {
    **{name: group for group, rules in CALENDAR_SIGNALS.items() for name in rules},
    **dict.fromkeys((*TERM_SIGNALS, "first_days_of_school_holidays", "first_days_back_at_school"), "term"),
    **dict.fromkeys(WEATHER_SIGNALS, "weather"),
    **{f"{window}_{name}": f"{name}_window" for name in EVENT_CLASSES for window in ("before", "after")},
}
"""Built-in signals by name with their class. Each event name in the calendar is a further signal."""


@dataclass(frozen=True, slots=True, eq=False)
class ActiveSignals:
    """``flags`` (days, signals) tells which signal is active on which day; ``names`` and ``classes`` per signal."""

    names: tuple[str, ...]
    classes: tuple[str, ...]
    flags: Booleans

    def count_occurrences(self) -> Integers:
        """Count how often each signal occurred, (signals,); consecutive days are one occurrence."""
        starts = self.flags & ~np.concatenate([np.zeros((1, self.flags.shape[1]), dtype=bool), self.flags[:-1]])
        occurrences: Integers = starts.sum(axis=0)
        return occurrences


def find_active_signals(
    days: Dates, store_id: str, shop_data: ShopData, config: RetailConfig, known_by: date | None = None
) -> ActiveSignals:
    """Find the signals active in a store on any of consecutive ``days``, as known at the end of ``known_by``."""
    store = shop_data.get_store(store_id)
    calendar = build_calendar_days(days, store)
    flags = {name: rule(calendar) for rules in CALENDAR_SIGNALS.values() for name, rule in rules.items()}
    flags |= flag_term_signals(calendar, store, config.terms)
    flags |= flag_weather_signals(
        select_known_values(shop_data.weather.get(store_id), days, known_by), days, config.weather
    )
    spans = build_signal_spans(shop_data.events, store_id, load_zone(store.timezone), config.events)
    flags |= flag_known_spans(spans, days, known_by)
    classes = BUILT_IN_SIGNALS | {span.signal: span.signal_class for span in spans}
    names = [name for name, flag in flags.items() if flag.any()]
    return ActiveSignals(
        names=tuple(names),
        classes=tuple(classes[name] for name in names),
        flags=np.array([flags[name] for name in names], dtype=bool).reshape(len(names), len(days)).T,
    )
