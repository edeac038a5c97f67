"""Reads the tickets of each store and says when in the day it sells, and what rain changes about it."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np

from brain.domain.retail.series import load_zone
from brain.domain.retail.time_of_day import (
    HourProfile,
    RainShift,
    build_store_hours,
    measure_rain_shifts,
    profile_hours,
)
from brain.domain.retail.weather_days import VARIABLES, build_weather_days
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import Shop
from brain.services.retail.facts import known_store

RAIN = VARIABLES.index("precipitation_mm")
RAIN_MM = 1.0


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """The hours of every store, and what rain moves."""

    hours: tuple[HourProfile, ...]
    rain: tuple[RainShift, ...]


def time_of_day(warehouse: Shop, store_id: str | None = None) -> TimeOfDay:
    """The hour profiles of one store or of all.

    Raises InvalidInputError for an unknown store, or when sales are daily totals only: those have no hour.
    """
    stores = {store.store_id: store for store in warehouse.stores()}
    if store_id is not None:
        known_store(stores, store_id)
    wanted = [store_id] if store_id is not None else list(stores)
    profiles: list[HourProfile] = []
    shifts: list[RainShift] = []
    seen = False
    for name, rows in groupby(warehouse.hourly_sales(wanted), key=lambda row: row.store_id):
        seen = True
        hours = build_store_hours(name, ((row.day, row.hour, row.revenue, row.tickets) for row in rows))
        profiles += profile_hours(hours)
        shifts += measure_rain_shifts(hours, _wet_days(warehouse, name, stores[name].timezone))
    if not seen:
        raise InvalidInputError("there are no sales with a time of day; import tickets whose sold_at has a time")
    return TimeOfDay(tuple(profiles), tuple(shifts))


def _wet_days(warehouse: Shop, store_id: str, timezone: str) -> dict[date, bool]:
    """Whether each day with known rain was wet, by the last reading of it."""
    weather = build_weather_days(store_id, warehouse.weather([store_id]), load_zone(timezone))
    rain = weather.values[:, RAIN]
    return {day: bool(mm >= RAIN_MM) for day, mm in zip(weather.day.tolist(), rain, strict=True) if np.isfinite(mm)}
