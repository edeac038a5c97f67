"""Reports as self-contained HTML pages, rendered by jinja2 with escaping."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from brain.domain.reports import calendar_picture, chart
from brain.domain.reports.report import Report
from brain.domain.reports.shop_pages import CALENDAR
from brain.domain.reports.text import STATUS_SUFFIXES


@cache
def _load_template() -> Template:
    loader = PackageLoader("brain.adapters.html_report", "")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("report.html.j2")


def render(report: Report) -> str:
    """Return the report as one HTML page without external resources."""
    picture = Markup(chart.draw_svg(report.series))  # noqa: S704 - built from dates and numbers only
    pictures = {
        section.name: Markup(calendar_picture.draw_svg(section.figures["rows"]))  # noqa: S704 - the chart escapes names
        for section in report.sections
        if section.name == CALENDAR and section.figures
    }
    return _load_template().render(report=report, marks=STATUS_SUFFIXES, chart=picture, pictures=pictures)
