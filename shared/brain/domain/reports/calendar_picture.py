"""The shop's next days as a picture: what to expect with its interval, rush days marked, closed days shown.

Pure SVG without scripts, fonts or anything from outside; drawn for the width of a phone, readable in light and dark,
with a title and a description for those who cannot see it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from brain.domain.reports.shop_words import closed, day_words, is_rush_day, money

WIDTH, LEFT, RIGHT = 360.0, 34.0, 6.0
HEAD, PLOT, FOOT, LEGEND = 22.0, 84.0, 30.0, 18.0
PANEL = HEAD + PLOT + FOOT
ROUND = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
DAYS = "MTWTFSS"
NARROWEST_NAMED = 14.0
"""Narrower days are named on Mondays only."""

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

EXPLAINED = "Bar: where 8 of 10 such days lie. Line: expected. !: plan for a rush."

Row = Mapping[str, Any]


def svg(rows: Sequence[Row]) -> str:
    """Return the picture of a published calendar's ``rows``, one panel a store; empty when there is nothing to draw."""
    stores = list(dict.fromkeys(str(row["store_id"]) for row in rows))
    if not stores:
        return ""
    height = PANEL * len(stores) + LEGEND
    panels = "".join(
        _panel(store, [row for row in rows if row["store_id"] == store], at * PANEL) for at, store in enumerate(stores)
    )
    return (
        f'<svg class="bc" viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-labelledby="bc-title bc-desc" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="bc-title">{escape(_title(rows))}</title>'
        f'<desc id="bc-desc">{escape(_description(rows, stores))}</desc><style>{STYLE}</style>'
        f'<rect class="bc-page" width="{WIDTH:.0f}" height="{height:.0f}"/>{panels}'
        f'<text class="bc-soft" x="4" y="{height - 6:.0f}">{EXPLAINED}</text></svg>'
    )


def _title(rows: Sequence[Row]) -> str:
    days = sorted(str(row["day"]) for row in rows)
    return f"Expected sales from {day_words(days[0])} to {day_words(days[-1])}"


def _description(rows: Sequence[Row], stores: Sequence[str]) -> str:
    parts = []
    for store in stores:
        own = [row for row in rows if row["store_id"] == store]
        busy = [day_words(row["day"]) for row in own if is_rush_day(row)]
        shut = [day_words(row["day"]) for row in own if closed(row)]
        said = f"rush days {', '.join(busy)}" if busy else "no rush day"
        parts.append(f"{store}: {said}" + (f"; probably closed {', '.join(shut)}" if shut else ""))
    return "A bar is where 8 of 10 such days lie, its line what is expected. " + ". ".join(parts) + "."


def _panel(store: str, rows: Sequence[Row], top: float) -> str:
    open_rows = [row for row in rows if not closed(row)]
    highest = _rounded(max((float(row["upper_80"]) for row in open_rows), default=1.0))
    floor = top + HEAD + PLOT
    step = (WIDTH - LEFT - RIGHT) / max(1, len(rows))
    parts = [f'<text class="bc-text bc-name" x="4" y="{top + 14:.1f}">{escape(store)}</text>']
    for share in (0.0, 0.5, 1.0):
        y = floor - share * PLOT
        parts.append(f'<line class="bc-line" x1="{LEFT:.0f}" x2="{WIDTH - RIGHT:.0f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        at_scale = f'<text class="bc-soft" text-anchor="end" x="{LEFT - 4:.0f}" y="{y + 3.5:.1f}">'
        parts.append(f"{at_scale}{_short(share * highest)}</text>")
    for at, row in enumerate(rows):
        parts.append(_day(row, LEFT + at * step, step, floor, highest))
    return "".join(parts)


def _day(row: Row, left: float, step: float, floor: float, highest: float) -> str:
    middle, width = left + step / 2, step * 0.62
    on = date.fromisoformat(str(row["day"]))
    foot = _foot(on, middle, floor) if step >= NARROWEST_NAMED or on.weekday() == 0 else ""
    if closed(row):
        mark = (
            f'<rect class="bc-shut" x="{middle - width / 2:.1f}" y="{floor - PLOT * 0.5:.1f}" width="{width:.1f}" '
            f'height="{PLOT * 0.5:.1f}"/><text class="bc-soft" text-anchor="middle" x="{middle:.1f}" '
            f'y="{floor - PLOT * 0.5 - 3:.1f}">shut</text>'
        )
        return f"<g><title>{escape(day_words(row['day']))}: probably closed</title>{mark}{foot}</g>"
    hot = " bc-rush" if is_rush_day(row) else ""
    low, high, mean = (
        floor - max(0.0, float(row[name])) / highest * PLOT for name in ("lower_80", "upper_80", "predicted")
    )
    between = f"8 of 10 between {money(row['lower_80'])} and {money(row['upper_80'])}"
    said = f"{day_words(row['day'])}: {money(row['predicted'])}, {between}"
    flag = f'<text class="bc-hot" text-anchor="middle" x="{middle:.1f}" y="{high - 4:.1f}">!</text>' if hot else ""
    return (
        f"<g><title>{escape(said)}{'; rush day' if hot else ''}</title>"
        f'<rect class="bc-band{hot}" x="{middle - width / 2:.1f}" y="{high:.1f}" width="{width:.1f}" '
        f'height="{max(1.0, low - high):.1f}" rx="2"/>'
        f'<line class="bc-mean{hot}" x1="{middle - width / 2:.1f}" x2="{middle + width / 2:.1f}" y1="{mean:.1f}" '
        f'y2="{mean:.1f}"/>{flag}{foot}</g>'
    )


def _foot(on: date, middle: float, floor: float) -> str:
    """The day's letter and number under its bar."""
    letter = DAYS[on.weekday()]
    return (
        f'<text class="bc-soft" text-anchor="middle" x="{middle:.1f}" y="{floor + 12:.1f}">{letter}</text>'
        f'<text class="bc-text" text-anchor="middle" x="{middle:.1f}" y="{floor + 24:.1f}">{on.day}</text>'
    )


def _rounded(highest: float) -> float:
    """The next round number at or above, with some air for the marks."""
    wanted = max(highest, 1e-9) * 1.12
    size = 10.0 ** len(str(int(wanted))) / 10.0
    return next((size * step for step in ROUND if size * step >= wanted), wanted)


def _short(value: float) -> str:
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:.3g}{letter}"
    return f"{value:.3g}"
