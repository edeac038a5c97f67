"""How the shop's published figures are worded: days, money, staff and stores."""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeAlias

from brain.domain.reports.number_format import UNKNOWN, format_change, format_count
from brain.domain.retail.rush import OPEN_FROM, RushLevel
from brain.domain.retail.wildcards import ALL_STORES

CalendarRow: TypeAlias = Mapping[str, Any]

MINUS = "\u2212"
AS_USUAL = 0.08
"""A day within this fraction of the usual weekday needs the usual staff; the calendar's own advice says the same."""

MIN_NOTABLE_LIFT = 0.01
TEAM_SIZES = (2, 3, 4, 5, 6, 8, 10)
TEAM_TOLERANCE = 0.04


def is_closed(row: CalendarRow) -> bool:
    """Return whether the day is more likely closed than open."""
    return float(row["open_probability"]) < OPEN_FROM


def is_rush_day(row: CalendarRow) -> bool:
    """Return whether the calendar calls a rush day; pages of older versions do not say, and count as no."""
    return bool(row.get("rush", RushLevel.NONE) != RushLevel.NONE)


def format_day(day: str) -> str:
    """Return an ISO date as people say it, such as ``Mon 16 Nov``."""
    parsed = date.fromisoformat(day)
    return f"{parsed:%a} {parsed.day} {parsed:%b}"


def format_money(amount: float | None) -> str:
    """Return an amount in whole units, with thousands separators."""
    return UNKNOWN if amount is None else format_count(round(amount))


def format_difference(amount: float) -> str:
    """Return a difference in money with its sign."""
    return ("+" if amount >= 0 else MINUS) + format_count(round(abs(amount)))


def format_lift(lift: float) -> str:
    """Return a lift as a signed percentage."""
    return format_change(1.0 + lift)


def format_share(fraction: float | None) -> str:
    """Return a fraction in whole per cent."""
    return UNKNOWN if fraction is None else f"{fraction * 100:.0f} %"


def is_notable(signal: Mapping[str, Any]) -> bool:
    """Return whether a signal moves the day by at least a whole per cent."""
    return abs(float(signal["lift"])) >= MIN_NOTABLE_LIFT


def format_store(store_id: str) -> str:
    """Return a store's name, or words for all stores."""
    return "all stores" if store_id == ALL_STORES else store_id


def format_signal(name: str) -> str:
    """Return a signal's name in words."""
    return name.removeprefix("weather: ").replace("_", " ")


def describe_staffing(row: CalendarRow) -> str:
    """Return how many people the day needs, in whole persons relative to the usual weekday."""
    if is_closed(row):
        return "none, probably closed"
    if row.get("rush") == RushLevel.SURE:
        return "everybody: rush day"
    usual = row["usual"]
    if usual is None or float(usual) <= 0:
        return "no usual day to compare with yet"
    staffing = _describe_relative_staffing(float(row["predicted"]) / float(usual))
    return f"{staffing}, one more on call" if is_rush_day(row) else staffing


def _describe_relative_staffing(ratio: float) -> str:
    """Return the staff for a ratio to the usual sales, as a team of the smallest size that expresses it closely."""
    if abs(ratio - 1.0) <= AS_USUAL:
        return "as usual"
    close_sizes = (size for size in TEAM_SIZES if abs(round(size * ratio) / size - ratio) <= TEAM_TOLERANCE)
    team = next(close_sizes, TEAM_SIZES[-1])
    return f"{round(team * ratio)} where you usually have {team}"
