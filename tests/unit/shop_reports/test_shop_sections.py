"""The shop's part of the weekly report: what a manager reads first, and what is said when nothing can be."""

from pathlib import Path
from typing import Any

import pytest
from unit.shop_reports.shop_published import AGENCY, day, facts, pages

from brain.adapters.html_report import render as render_html
from brain.domain.reports import shop, shop_calendar, shop_pages, text
from brain.domain.reports.periodic_reports import build_weekly_report
from brain.domain.reports.report import Report, SectionStatus

GOLDEN = Path(__file__).parent / "weekly.txt"


def raise_error(part: str, error: Exception) -> None:
    """No section may fail here."""
    raise AssertionError(part) from error


def shop_sections(report: Report) -> str:
    """The text of the shop's sections alone."""
    own = Report(
        report.kind,
        report.period,
        report.client_id,
        report.client_name,
        report.as_of,
        report.headline,
        tuple(section for section in report.sections if section.name in shop_pages.NAMES),
    )
    return text.render(own)


def test_the_weekly_report_of_a_shop_reads_as_it_should() -> None:
    """Word for word; the first line says what to do."""
    sections = shop_sections(build_weekly_report(facts(), raise_error))
    assert sections == GOLDEN.read_text(encoding="utf-8"), sections


def test_a_client_without_stores_reads_nothing_of_shops() -> None:
    """Not even that something is absent."""
    report = build_weekly_report(facts(AGENCY), raise_error)
    assert not {section.name for section in report.sections} & set(shop_pages.NAMES)
    assert "rush" not in text.render(report)


def test_what_was_not_published_is_said_once_a_section() -> None:
    """Before the first night, and on a night when the shop's days did not suffice."""
    report = build_weekly_report(
        facts(shop={"shop-week": {"note": "there are no sales up to 2026-11-22"}}), raise_error
    )
    sections = {section.name: section for section in report.sections if section.name in shop_pages.NAMES}
    assert {section.status for section in sections.values()} == {SectionStatus.NOT_ENOUGH_DATA}
    assert sections[shop_pages.WEEK].lines == ("there are no sales up to 2026-11-22",)
    assert "has not published" in sections[shop_pages.CALENDAR].lines[0]
    assert "has not published" in report.headline


def test_days_that_are_over_are_not_planned() -> None:
    """A calendar of three nights ago loses three days; one of a month ago is no plan at all."""
    stale = {"shop-calendar": {"note": None, "rows": [day("north", offset - 3, 1000.0) for offset in range(14)]}}
    report = build_weekly_report(facts(shop=stale), raise_error)
    section = next(section for section in report.sections if section.name == shop_pages.CALENDAR)
    assert (len(section.rows), section.rows[0][0]) == (11, "Mon 23 Nov")
    old = {"shop-calendar": {"note": None, "rows": [day("north", offset - 30, 1000.0) for offset in range(14)]}}
    section = next(
        section
        for section in build_weekly_report(facts(shop=old), raise_error).sections
        if section.name == shop_pages.CALENDAR
    )
    assert section.status is SectionStatus.NOT_ENOUGH_DATA
    assert section.lines == (
        "The calendar ends on 2026-11-06; it is drawn anew when the shop's nightly job runs again.",
    )


def test_empty_pages_say_what_is_missing() -> None:
    """No table without rows, no sentence without a figure."""
    empty: dict[str, dict[str, Any]] = {
        "shop-calendar": {"rows": []},
        "shop-week": {"rows": []},
        "shop-signals": {"rows": [], "retired": []},
        "shop-findings": {"counts": {}, "hypotheses": []},
        "shop-backtest": {"series": [], "overall": None},
    }
    report = build_weekly_report(facts(shop=empty), raise_error)
    sections = {section.name: section.lines for section in report.sections if section.name in shop_pages.NAMES}
    assert sections[shop_pages.CALENDAR] == ("Staff as usual: no rush day is in sight.",)
    assert sections[shop_pages.WEEK] == ("No store traded in these days.",)
    assert sections[shop_pages.SIGNALS] == ("No signal was seen often enough yet.",)
    assert sections[shop_pages.ACCURACY] == ("No day could be scored yet.",)
    assert "none is confirmed" in sections[shop_pages.FINDINGS][0]


def test_a_forecast_that_a_plain_rule_beats_is_not_praised() -> None:
    """The reader is told to plan by the rule."""
    worse = pages()
    worse["shop-backtest"]["overall"]["wape"] = 0.2
    section = next(
        section
        for section in build_weekly_report(facts(shop=worse), raise_error).sections
        if section.name == shop_pages.ACCURACY
    )
    assert any("A plain rule did as well or better" in line for line in section.lines)
    nothing = {"wape": None, "coverage_80": None, "rush_recall": None, "rush_precision": None}
    unknown = pages()["shop-backtest"] | {"overall": pages()["shop-backtest"]["overall"] | nothing}
    assert "unknown" in shop.build_accuracy(unknown).lines[0]


def test_many_days_and_signals_are_cut_and_counted() -> None:
    """A manager reads six days and twelve names; the rest is in the table or counted."""
    busy = [day("north", offset, 2000.0, rush_probability=0.9 - offset / 100) for offset in range(9)]
    section = shop_calendar.build_calendar({"rows": busy})
    assert section.lines[0].endswith("and 7 more below.")
    assert section.lines[-1].startswith("3 more days differ")
    rows = [{"store_id": "*", "signal": f"s{offset:02d}", "claimed": False} for offset in range(20)]
    assert "and 8 more" in shop.build_signals({"rows": rows, "retired": []}).lines[0]


def test_a_chain_of_hundreds_still_fits_into_a_document() -> None:
    """Twelve stores are drawn, days as usual are left out of the table, the rest is counted."""
    rows = [
        day(f"store {store:03d}", offset, 1000.0 if offset else 1300.0) for store in range(400) for offset in range(14)
    ]
    section = shop_calendar.build_calendar({"rows": rows})
    assert len(section.rows) == 240
    assert section.lines[-1] == "160 more are left out here; the dashboard has them."
    assert len({row["store_id"] for row in section.figures["rows"]}) == 12
    report = build_weekly_report(facts(shop={**pages(), "shop-calendar": {"rows": rows}}), raise_error)
    assert len(render_html(report).encode()) + 2 * len(str(report.to_document()).encode()) < 600_000


def test_a_finding_without_an_interval_has_no_figures() -> None:
    """The question stands, the effect is only said to be there."""
    row = pages()["shop-findings"]["hypotheses"][0] | {"lower": None, "product_id": "cake"}
    assert shop.write_finding(row) == "Does rain cost sales? In north, cake: an effect on 41 days."


def test_the_html_page_carries_the_picture_and_nothing_from_outside() -> None:
    """No script, no font, no address but SVG's own name."""
    page = render_html(build_weekly_report(facts(), raise_error))
    assert page.count('<svg class="bc"') == 1
    assert "<script" not in page
    assert page.count("http") == page.count("http://www.w3.org/2000/svg")


@pytest.mark.parametrize(
    ("row", "staffing"),
    [
        (day("n", 0, 1000.0), "as usual"),
        (day("n", 0, 1200.0), "6 where you usually have 5"),
        (day("n", 0, 1500.0), "3 where you usually have 2"),
        (day("n", 0, 660.0), "2 where you usually have 3"),
        (day("n", 0, 1145.0), "7 where you usually have 6"),
        (day("n", 0, 1000.0, rush_probability=0.45), "as usual, one more on call"),
        (day("n", 0, 1000.0, rush_probability=0.39), "as usual"),
        (day("n", 0, 1000.0, rush_probability=0.7), "everybody: rush day"),
        (day("n", 0, 1000.0, open_probability=0.1, rush_probability=0.9), "none, probably closed"),
        (day("n", 0, 1000.0, usual=0.0), "no usual day to compare with yet"),
    ],
)
def test_people_are_said_in_whole_persons(row: dict[str, Any], staffing: str) -> None:
    """Beside the usual weekday, as a manager plans."""
    from brain.domain.reports.shop_wording import describe_staffing  # noqa: PLC0415 - only this test needs it

    assert describe_staffing(row) == staffing
