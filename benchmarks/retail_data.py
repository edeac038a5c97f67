"""Read the real shops of the retail benchmarks, whose data are not part of the project."""

import csv
import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from brain.domain.retail.series import CalendarEvent, DailySale, DailySeries, Store, build_daily_series, sum_by_store
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherRow, build_weather_days

DATA = Path(os.environ.get("BRAIN_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@dataclass(frozen=True, slots=True)
class Shop:
    """The series of a shop with their facts, and the period on which forecasts are compared."""

    name: str
    series: list[DailySeries]
    facts: ShopData
    start: date
    end: date
    weekly: bool = False


def shops() -> list[Shop]:
    """Return the shops whose data exist; name the others."""
    found = []
    for folder, read in {"bakery": bakery, "bike_sharing_hourly": bikes, "walmart": walmart}.items():
        if (DATA / folder).is_dir():
            found.append(read())
        else:
            print(f"not measured: {DATA / folder} does not exist; set BRAIN_DATA to the data folder")
    return found


def bakery() -> Shop:
    """Return the daily totals of a German bakery, with observed weather (known only when its day is over)."""
    rows = [
        DailySale(row["store_id"], row["product_id"], date.fromisoformat(row["sold_at"]), float(row["revenue"]))
        for row in _rows("bakery/sales.csv")
    ]
    events = tuple(
        CalendarEvent(row["event"], row["class"], *(date.fromisoformat(row[edge]) for edge in ("start", "end")))
        for row in _rows("bakery/events.csv")
    )
    weather = [
        WeatherRow(
            "kiel",
            date.fromisoformat(row["observed_at"]),
            _number(row["temperature_c"]),
            _number(row["precipitation_mm"]),
            _number(row["wind_kmh"]),
            _number(row["cloud_cover"]),
            row["condition"],
        )
        for row in _rows("bakery/weather.csv")
    ]
    store = Store("kiel", "Europe/Berlin", "DE", "SH")
    facts = ShopData({"kiel": store}, events, {"kiel": build_weather_days("kiel", weather, ZoneInfo(store.timezone))})
    return Shop("bakery", sum_by_store(build_daily_series(rows)), facts, date(2016, 8, 1), date(2017, 7, 31))


def bikes() -> Shop:
    """Return daily bike rentals, with observed hourly weather."""
    hires: dict[date, float] = defaultdict(float)
    weather = []
    for row in _rows("bike_sharing_hourly/hour.csv"):
        hour = datetime.strptime(f"{row['dteday']} {row['hr']}", "%d/%m/%y %H").replace(tzinfo=ZoneInfo("US/Eastern"))
        hires[hour.date()] += float(row["cnt"])
        warm, wind = float(row["temp"]) * 41, float(row["windspeed"]) * 67
        weather.append(WeatherRow("dc", hour, warm, None, wind, condition=row["weathersit"]))
    store = Store("dc", "America/New_York", "US", "DC")
    facts = ShopData({"dc": store}, (), {"dc": build_weather_days("dc", weather, ZoneInfo(store.timezone))})
    series = build_daily_series(DailySale("dc", "hires", day, count) for day, count in hires.items())
    return Shop("bike sharing", series, facts, date(2012, 1, 1), date(2012, 12, 31))


def walmart() -> Shop:
    """Return weekly sales of thirty stores, dated on Fridays."""
    rows = [
        DailySale(
            row["Store"].zfill(2),
            "all",
            datetime.strptime(row["Date"], "%d/%m/%y").date(),  # noqa: DTZ007 - a date without a time
            float(row["Weekly_Sales"]),
        )
        for row in _rows("walmart/weekly.csv")
    ]
    series = build_daily_series(rows)
    facts = ShopData({one.store_id: Store(one.store_id, "America/Chicago", "US") for one in series})
    return Shop("walmart weekly", series, facts, date(2012, 2, 1), date(2012, 10, 26), weekly=True)


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _number(text: str) -> float | None:
    return float(text) if text else None
