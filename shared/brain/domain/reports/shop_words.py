"""How the shop's published figures are said: days, money, how many people, where."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from brain.domain.reports import figures
from brain.domain.retail.rush import OPEN_FROM, RushLevel
from brain.domain.retail.wildcards import ALL_STORES

Row = Mapping[str, Any]

MINUS = "\u2212"
AS_USUAL = 0.08
"""Within this share of the usual weekday nobody needs to plan otherwise; the calendar's own advice says the same."""

WHOLE_PERCENT = 0.01
TEAMS = (2, 3, 4, 5, 6, 8, 10)
CLOSE_ENOUGH = 0.04


def closed(row: Row) -> bool:
    """Whether the day is more likely closed than open."""
    return float(row["open_probability"]) < OPEN_FROM


def is_rush_day(row: Row) -> bool:
    """Whether a rush day is called, as the calendar published it; pages of older versions did not say."""
    return bool(row.get("rush", RushLevel.NONE) != RushLevel.NONE)


def day_words(day: str) -> str:
    """A day as people say it."""
    on = date.fromisoformat(day)
    return f"{on:%a} {on.day} {on:%b}"


def money(amount: float | None) -> str:
    """A sum to the unit, with thousands apart; what is unknown is said."""
    return figures.UNKNOWN if amount is None else figures.count(round(amount))


def signed(amount: float) -> str:
    """A difference in money with its sign."""
    return ("+" if amount >= 0 else MINUS) + figures.count(round(abs(amount)))


def lift(value: float) -> str:
    """A lift as a signed percentage."""
    return figures.change(1.0 + value)


def worth_saying(acting: Row) -> bool:
    """Whether a signal moves the day by a whole per cent at least."""
    return abs(float(acting["lift"])) >= WHOLE_PERCENT


def place(store_id: str) -> str:
    """A store, or all of the client's."""
    return "all stores" if store_id == ALL_STORES else store_id


def signal(name: str) -> str:
    """A signal's name in words."""
    return name.removeprefix("weather: ").replace("_", " ")


def people(row: Row) -> str:
    """How many people the day wants, beside the usual weekday, in whole persons."""
    if closed(row):
        return "none, probably closed"
    if row.get("rush") == RushLevel.SURE:
        return "everybody: rush day"
    usual = row["usual"]
    if usual is None or float(usual) <= 0:
        return "no usual day to compare with yet"
    share = float(row["predicted"]) / float(usual)
    if abs(share - 1.0) <= AS_USUAL:
        said = "as usual"
    else:
        team = next((size for size in TEAMS if abs(round(size * share) / size - share) <= CLOSE_ENOUGH), TEAMS[-1])
        said = f"{round(team * share)} where you usually have {team}"
    return f"{said}, one more on call" if is_rush_day(row) else said
