"""The shop's monthly report: what decisions earned, how good the forecast was, what was confirmed and taken back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from brain.domain.clients.client import Client
from brain.domain.reports import shop
from brain.domain.reports.report import Report, Section, SectionStatus
from brain.domain.retail.roi import statement_wording
from brain.domain.retail.roi.statement import RoiStatement
from brain.domain.retail.roi.statement_document import statement_to_document

KIND = "monthly"
MOST = 60
"""Decisions listed one by one; the sums count all."""

HEAD_LINES = 3
COLUMNS = ("decision", "where", "days", "worth", "8 of 10 lie between", "verdict")


def monthly(
    client: Client, first_day: date, as_of: datetime, told: RoiStatement | str, pages: Mapping[str, Mapping[str, Any]]
) -> Report:
    """Return the report on the month of ``first_day``; ``told`` is the statement, or why there is none."""
    headline = told if isinstance(told, str) else statement_wording.write_headline(told)
    return Report(
        kind=KIND,
        period=f"{first_day:%Y-%m}",
        client_id=client.client_id,
        client_name=client.name,
        as_of=as_of,
        headline=headline,
        sections=(
            decisions(told),
            _from_page(shop.ACCURACY, pages),
            _from_page(shop.FINDINGS, pages),
        ),
    )


def decisions(told: RoiStatement | str) -> Section:
    """What decisions earned: the sums, then a row each, wins, losses and unknowns alike."""
    name, title = "shop_roi", "What decisions earned"
    if isinstance(told, str):
        return Section(name, title, SectionStatus.NOT_ENOUGH_DATA, (told,))
    if not told.valuations:
        return Section(name, title, SectionStatus.NOT_ENOUGH_DATA, (statement_wording.NO_DECISIONS,))
    rows = [statement_wording.build_table_cells(one) for one in told.valuations]
    said = statement_wording.write_lines(told)
    figures = {name: value for name, value in statement_to_document(told).items() if name != "decisions"}
    left = max(0, len(rows) - MOST)
    more = (f"{left} more are counted above and left out here; `brain retail roi` lists all.",) if left else ()
    shown = (*said[: MOST + HEAD_LINES], *more)
    return Section(name, title, SectionStatus.OK, shown, COLUMNS, tuple(rows[:MOST]), figures)


def _from_page(name: str, pages: Mapping[str, Mapping[str, Any]]) -> Section:
    return shop.from_page(name, pages.get(shop.PAGES[name]))
