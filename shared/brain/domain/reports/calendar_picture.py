"""The picture of the shop's next days: expected sales with intervals, rush days and closed days.

SVG without scripts, fonts or external resources, drawn for the width of a phone, readable in light and dark, with a
title and a description for screen readers.
"""

from collections.abc import Sequence
from datetime import date
from html import escape

from brain.domain.reports.shop_wording import CalendarRow, format_day, format_money, is_closed, is_rush_day

WIDTH, LEFT, RIGHT = 360.0, 34.0, 6.0
HEADER, PLOT, FOOTER, LEGEND = 22.0, 84.0, 30.0, 18.0
PANEL = HEADER + PLOT + FOOTER
ROUND_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
WEEKDAY_LETTERS = "MTWTFSS"
MIN_LABELLED_WIDTH = 14.0
"""Narrower days are labelled on Mondays only."""

STYLE = (
    ".bc{--ink:#1b1f24;--soft:#5b6470;--line:#d0d7de;--band:#8fb8e8;--mean:#0b57a4;--rush:#f0a35e;--hot:#9a3b00;"
    "--page:#ffffff;font-family:system-ui,sans-serif;display:block;max-width:36rem}"
    "@media (prefers-color-scheme:dark){.bc{--ink:#e6e9ed;--soft:#a3adb8;--line:#3a424c;--band:#2f5f96;--mean:#a9d0ff;"
    "--rush:#8a4a14;--hot:#ffb27a;--page:#14171b}}"
    ".bc-page{fill:var(--page)}.bc-text{fill:var(--ink);font-size:11px}.bc-name{font-size:13px;font-weight:600}"
    ".bc-soft{fill:var(--soft);font-size:10px}.bc-line{stroke:var(--line);stroke-width:1}"
    ".bc-band{fill:var(--band)}.bc-band.bc-rush{fill:var(--rush)}"
    ".bc-mean{stroke:var(--mean);stroke-width:2.5}.bc-mean.bc-rush{stroke:var(--hot)}"
    ".bc-hot{fill:var(--hot);font-size:11px;font-weight:700}.bc-shut{fill:none;stroke:var(--soft);stroke-dasharray:2 3}"
)

LEGEND_TEXT = "Bar: where 8 of 10 such days lie. Line: expected. !: plan for a rush."


def draw_svg(rows: Sequence[CalendarRow]) -> str:
    """Return the picture of a published calendar's ``rows``, one panel per store; an empty string without rows."""
    stores = list(dict.fromkeys(str(row["store_id"]) for row in rows))
    if not stores:
        return ""
    height = PANEL * len(stores) + LEGEND
    panels = "".join(
        _draw_panel(store, [row for row in rows if row["store_id"] == store], index * PANEL)
        for index, store in enumerate(stores)
    )
    return (
        f'<svg class="bc" viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-labelledby="bc-title bc-desc" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="bc-title">{escape(_write_title(rows))}</title>'
        f'<desc id="bc-desc">{escape(_write_description(rows, stores))}</desc><style>{STYLE}</style>'
        f'<rect class="bc-page" width="{WIDTH:.0f}" height="{height:.0f}"/>{panels}'
        f'<text class="bc-soft" x="4" y="{height - 6:.0f}">{LEGEND_TEXT}</text></svg>'
    )


def _write_title(rows: Sequence[CalendarRow]) -> str:
    days = sorted(str(row["day"]) for row in rows)
    return f"Expected sales from {format_day(days[0])} to {format_day(days[-1])}"


def _write_description(rows: Sequence[CalendarRow], stores: Sequence[str]) -> str:
    sentences = []
    for store in stores:
        store_rows = [row for row in rows if row["store_id"] == store]
        rush_days = [format_day(row["day"]) for row in store_rows if is_rush_day(row)]
        closed_days = [format_day(row["day"]) for row in store_rows if is_closed(row)]
        rush = f"rush days {', '.join(rush_days)}" if rush_days else "no rush day"
        sentences.append(f"{store}: {rush}" + (f"; probably closed {', '.join(closed_days)}" if closed_days else ""))
    return "A bar is where 8 of 10 such days lie, its line what is expected. " + ". ".join(sentences) + "."


def _draw_panel(store: str, rows: Sequence[CalendarRow], top: float) -> str:
    open_rows = [row for row in rows if not is_closed(row)]
    scale_end = _round_up(max((float(row["upper_80"]) for row in open_rows), default=1.0))
    floor = top + HEADER + PLOT
    step = (WIDTH - LEFT - RIGHT) / max(1, len(rows))
    elements = [f'<text class="bc-text bc-name" x="4" y="{top + 14:.1f}">{escape(store)}</text>']
    for fraction in (0.0, 0.5, 1.0):
        y = floor - fraction * PLOT
        label = f'<text class="bc-soft" text-anchor="end" x="{LEFT - 4:.0f}" y="{y + 3.5:.1f}">'
        elements.append(f'<line class="bc-line" x1="{LEFT:.0f}" x2="{WIDTH - RIGHT:.0f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        elements.append(f"{label}{_abbreviate(fraction * scale_end)}</text>")
    elements += [_draw_day(row, LEFT + index * step, step, floor, scale_end) for index, row in enumerate(rows)]
    return "".join(elements)


def _draw_day(row: CalendarRow, left: float, step: float, floor: float, scale_end: float) -> str:
    """Return a day's bar, mean line and label, or its dashed outline if it is probably closed."""
    middle, width = left + step / 2, step * 0.62
    day = date.fromisoformat(str(row["day"]))
    label = _draw_label(day, middle, floor) if step >= MIN_LABELLED_WIDTH or day.weekday() == 0 else ""
    if is_closed(row):
        outline = (
            f'<rect class="bc-shut" x="{middle - width / 2:.1f}" y="{floor - PLOT * 0.5:.1f}" width="{width:.1f}" '
            f'height="{PLOT * 0.5:.1f}"/><text class="bc-soft" text-anchor="middle" x="{middle:.1f}" '
            f'y="{floor - PLOT * 0.5 - 3:.1f}">shut</text>'
        )
        return f"<g><title>{escape(format_day(row['day']))}: probably closed</title>{outline}{label}</g>"
    rush_class = " bc-rush" if is_rush_day(row) else ""
    lower, upper, mean = (
        floor - max(0.0, float(row[name])) / scale_end * PLOT for name in ("lower_80", "upper_80", "predicted")
    )
    interval = f"8 of 10 between {format_money(row['lower_80'])} and {format_money(row['upper_80'])}"
    title = f"{format_day(row['day'])}: {format_money(row['predicted'])}, {interval}"
    flag = (
        f'<text class="bc-hot" text-anchor="middle" x="{middle:.1f}" y="{upper - 4:.1f}">!</text>' if rush_class else ""
    )
    return (
        f"<g><title>{escape(title)}{'; rush day' if rush_class else ''}</title>"
        f'<rect class="bc-band{rush_class}" x="{middle - width / 2:.1f}" y="{upper:.1f}" width="{width:.1f}" '
        f'height="{max(1.0, lower - upper):.1f}" rx="2"/>'
        f'<line class="bc-mean{rush_class}" x1="{middle - width / 2:.1f}" x2="{middle + width / 2:.1f}" '
        f'y1="{mean:.1f}" y2="{mean:.1f}"/>{flag}{label}</g>'
    )


def _draw_label(day: date, middle: float, floor: float) -> str:
    """Return the day's letter and number below its bar."""
    letter = WEEKDAY_LETTERS[day.weekday()]
    return (
        f'<text class="bc-soft" text-anchor="middle" x="{middle:.1f}" y="{floor + 12:.1f}">{letter}</text>'
        f'<text class="bc-text" text-anchor="middle" x="{middle:.1f}" y="{floor + 24:.1f}">{day.day}</text>'
    )


def _round_up(highest: float) -> float:
    """Return the next round number, with some room above the highest bar for the marks."""
    minimum = max(highest, 1e-9) * 1.12
    magnitude = 10.0 ** len(str(int(minimum))) / 10.0
    return next((magnitude * step for step in ROUND_STEPS if magnitude * step >= minimum), minimum)


def _abbreviate(amount: float) -> str:
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if amount >= unit:
            return f"{amount / unit:.3g}{letter}"
    return f"{amount:.3g}"
