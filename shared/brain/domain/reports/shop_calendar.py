"""The section on the shop's next days: the plan, a row per store and day, and the rows of the picture."""

from collections.abc import Sequence
from dataclasses import replace

from brain.domain.reports.report import Section
from brain.domain.reports.shop_pages import CALENDAR, MAX_ROWS, ShopPage, build_limited_section
from brain.domain.reports.shop_wording import (
    describe_staffing,
    format_day,
    format_lift,
    format_money,
    format_signal,
    is_closed,
    is_notable,
    is_rush_day,
)

PICTURE_FIELDS = (
    "store_id", "day", "predicted", "lower_80", "upper_80", "open_probability", "rush_probability", "rush",
)  # fmt: skip
MAX_PICTURED_STORES = 12
MAX_NAMED_DAYS = 6
AS_USUAL = "as usual"


def build_calendar(page: ShopPage) -> Section:
    """Return what to expect and how many people to plan, one row per store and day; for a chain unusual days only."""
    rows = page["rows"]
    listed = rows if len(rows) <= MAX_ROWS else [row for row in rows if describe_staffing(row) != AS_USUAL]
    pictured_stores = list(dict.fromkeys(row["store_id"] for row in rows))[:MAX_PICTURED_STORES]
    picture = [
        {name: row[name] for name in PICTURE_FIELDS if name in row}
        for row in rows
        if row["store_id"] in pictured_stores
    ]
    columns = ("day", "store", "people", "sales expected", "8 of 10 lie between", "what acts")
    table = [_build_calendar_row(row) for row in listed]
    return replace(
        build_limited_section(CALENDAR, _write_calendar_lines(rows), columns, table), figures={"rows": picture}
    )


def _build_calendar_row(row: ShopPage) -> tuple[str, ...]:
    closed = is_closed(row)
    signals = [signal for signal in row["signals"][:2] if is_notable(signal)]
    return (
        format_day(row["day"]),
        row["store_id"],
        describe_staffing(row),
        "closed" if closed else format_money(row["predicted"]),
        "" if closed else f"{format_money(row['lower_80'])} to {format_money(row['upper_80'])}",
        ", ".join(f"{format_signal(signal['signal'])} {format_lift(signal['lift'])}" for signal in signals),
    )


def write_plan(rows: Sequence[ShopPage]) -> str:
    """Return what to do about the next days, in one line."""
    rush_days = sorted((row for row in rows if is_rush_day(row)), key=lambda row: -float(row["rush_probability"]))
    if not rush_days:
        return "Staff as usual: no rush day is in sight."
    days = [
        f"{format_day(row['day'])} in {row['store_id']} ({float(row['rush_probability']):.0%})" for row in rush_days[:2]
    ]
    more = f", and {len(rush_days) - 2} more below" if len(rush_days) > 2 else ""  # noqa: PLR2004 - two are named
    return f"Plan for a rush on {' and '.join(days)}{more}."


def _write_calendar_lines(rows: Sequence[ShopPage]) -> list[str]:
    unusual = [row for row in rows if not is_closed(row) and describe_staffing(row) != AS_USUAL]
    lines = [write_plan(rows)]
    lines += [f"{format_day(row['day'])}, {row['store_id']}: {row['advice']}" for row in unusual[:MAX_NAMED_DAYS]]
    if len(unusual) > MAX_NAMED_DAYS:
        lines.append(f"{len(unusual) - MAX_NAMED_DAYS} more days differ from the usual; see the table.")
    return lines
