"""The shop's monthly report: what decisions earned, how good the forecast was, and what was confirmed or retracted."""

from collections.abc import Mapping
from datetime import date, datetime

from brain.domain.clients.client import Client
from brain.domain.reports import shop, shop_pages
from brain.domain.reports.report import Report, Section, SectionStatus
from brain.domain.reports.shop_pages import ShopPage
from brain.domain.retail.roi import statement_wording
from brain.domain.retail.roi.statement import RoiStatement
from brain.domain.retail.roi.statement_document import statement_to_document

KIND = "monthly"
MAX_DECISIONS = 60
"""Decisions listed one by one; the totals count all."""

SUMMARY_LINES = 3
NAME, TITLE = "shop_roi", "What decisions earned"
COLUMNS = ("decision", "where", "days", "worth", "8 of 10 lie between", "verdict")


def build_monthly_report(
    client: Client, first_day: date, as_of: datetime, statement: RoiStatement | str, pages: Mapping[str, ShopPage]
) -> Report:
    """Return the report on a month.

    Args:
        client: The client.
        first_day: The first day of the month.
        as_of: When the report is made.
        statement: The month's statement, or the reason why there is none.
        pages: The pages that the shop's jobs published, by name.
    """
    return Report(
        kind=KIND,
        period=f"{first_day:%Y-%m}",
        client_id=client.client_id,
        client_name=client.name,
        as_of=as_of,
        headline=statement if isinstance(statement, str) else statement_wording.write_headline(statement),
        sections=(
            build_decisions_section(statement),
            shop.build_section_from_page(shop_pages.ACCURACY, pages.get(shop_pages.PAGES[shop_pages.ACCURACY])),
            shop.build_section_from_page(shop_pages.FINDINGS, pages.get(shop_pages.PAGES[shop_pages.FINDINGS])),
        ),
    )


def build_decisions_section(statement: RoiStatement | str) -> Section:
    """Return what decisions earned: the totals, then one row per decision, including losses and unknowns."""
    if isinstance(statement, str):
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (statement,))
    if not statement.valuations:
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (statement_wording.NO_DECISIONS,))
    rows = [statement_wording.build_table_cells(valuation) for valuation in statement.valuations]
    lines = statement_wording.write_lines(statement)[: MAX_DECISIONS + SUMMARY_LINES]
    omitted = len(rows) - MAX_DECISIONS
    if omitted > 0:
        lines.append(f"{omitted} more are counted above and left out here; `brain retail roi` lists all.")
    figures = {name: figure for name, figure in statement_to_document(statement).items() if name != "decisions"}
    return Section(NAME, TITLE, SectionStatus.OK, tuple(lines), COLUMNS, tuple(rows[:MAX_DECISIONS]), figures)
