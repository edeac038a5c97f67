"""Measure when in the day each store sells and what rain changes about it; the nightly job publishes the hours."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np

from brain.domain.retail.documents import to_json_value
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
from brain.ports.sales_warehouse import ShopDatabase
from brain.services.retail.client_shop import ClientShop
from brain.services.retail.resumable_job import ShopStep, StepFindings
from brain.services.retail.shop_history import ShopHistory, check_store_exists

RAIN_COLUMN = VARIABLES.index("precipitation_mm")
WET_DAY_MM = 1.0


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """The hour profiles of the stores, and how rain shifts them."""

    hours: tuple[HourProfile, ...]
    rain: tuple[RainShift, ...]


def measure_time_of_day(warehouse: ShopDatabase, store_id: str | None = None) -> TimeOfDay:
    """Measure the hour profiles of one store or of all.

    Raises InvalidInputError for an unknown store, or when all sales are daily totals, which have no hour.
    """
    stores = {store.store_id: store for store in warehouse.stores()}
    if store_id is not None:
        check_store_exists(stores, store_id)
    store_ids = [store_id] if store_id is not None else list(stores)
    profiles: list[HourProfile] = []
    shifts: list[RainShift] = []
    has_tickets = False
    for name, rows in groupby(warehouse.hourly_sales(store_ids), key=lambda row: row.store_id):
        has_tickets = True
        hours = build_store_hours(name, ((row.day, row.hour, row.revenue, row.tickets) for row in rows))
        profiles += profile_hours(hours)
        shifts += measure_rain_shifts(hours, _read_wet_days(warehouse, name, stores[name].timezone))
    if not has_tickets:
        raise InvalidInputError("there are no sales with a time of day; import tickets whose sold_at has a time")
    return TimeOfDay(tuple(profiles), tuple(shifts))


def build_time_of_day_step() -> ShopStep:
    """Return the step that measures and publishes the hours of a client's stores."""
    return ShopStep("time_of_day", "shop-time-of-day", {"hours": [], "rain": []}, _publish_hours)


def _publish_hours(shop: ClientShop, _: ShopHistory) -> StepFindings:
    measured = measure_time_of_day(shop)
    return StepFindings(
        {"hours": len(measured.hours), "rain_shifts_claimed": sum(shift.claimed for shift in measured.rain)},
        {"hours": to_json_value(measured.hours), "rain": to_json_value(measured.rain)},
    )


def _read_wet_days(warehouse: ShopDatabase, store_id: str, timezone: str) -> dict[date, bool]:
    """Return for each day with known rain whether it was wet, by the last reading of it."""
    weather = build_weather_days(store_id, warehouse.weather([store_id]), load_zone(timezone))
    rain = weather.values[:, RAIN_COLUMN]
    return {day: bool(mm >= WET_DAY_MM) for day, mm in zip(weather.day.tolist(), rain, strict=True) if np.isfinite(mm)}
