"""The pages that the shop's nightly jobs publish, and the sections of the reports that are built from them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from brain.domain.reports.report import Section, SectionStatus

ShopPage: TypeAlias = Mapping[str, Any]

CALENDAR, WEEK, SIGNALS, FINDINGS, ACCURACY = (
    "shop_calendar",
    "shop_week",
    "shop_signals",
    "shop_findings",
    "shop_accuracy",
)
NAMES = (CALENDAR, WEEK, SIGNALS, FINDINGS, ACCURACY)
PAGES = {
    CALENDAR: "shop-calendar",
    WEEK: "shop-week",
    SIGNALS: "shop-signals",
    FINDINGS: "shop-findings",
    ACCURACY: "shop-backtest",
}
TITLES = {
    CALENDAR: "The next 14 days",
    WEEK: "What moved sales last week",
    SIGNALS: "What acts on sales",
    FINDINGS: "Findings",
    ACCURACY: "How good the forecast was",
}
MAX_LINES, MAX_ROWS = 24, 240
"""Limits that let the report of a chain with hundreds of stores fit into a document, and into a reader's minute."""


def build_limited_section(
    name: str, lines: Sequence[str], columns: Sequence[str], table: Sequence[tuple[str, ...]], nothing: str = ""
) -> Section:
    """Return the section with at most ``MAX_LINES`` lines and ``MAX_ROWS`` rows; without any it says ``nothing``."""
    if not lines and not table:
        return Section(name, TITLES[name], SectionStatus.NOT_ENOUGH_DATA, (nothing,))
    omitted = [count for count in (len(lines) - MAX_LINES, len(table) - MAX_ROWS) if count > 0]
    limited = (
        *lines[:MAX_LINES],
        *(f"{count} more are left out here; the dashboard has them." for count in omitted),
    )
    shown_columns = tuple(columns) if table else ()
    return Section(name, TITLES[name], SectionStatus.OK, limited, shown_columns, tuple(table[:MAX_ROWS]))
