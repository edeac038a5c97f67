"""A report as plain text: for the terminal, and as the text part of a message."""

from brain.domain.reports.report import Report, Section, SectionStatus

MARKS = {
    SectionStatus.OK: "",
    SectionStatus.NOT_ENOUGH_DATA: " (not enough data yet)",
    SectionStatus.ABSENT: " (not switched on)",
    SectionStatus.FAILED: " (failed)",
}


def render(report: Report) -> str:
    """Return the report as text, in lines of words and aligned tables."""
    head = [f"{report.client_name}: {report.kind} report {report.period}", report.headline, ""]
    parts = [line for section in report.sections for line in _section(section)]
    return "\n".join([*head, *parts])


def _section(section: Section) -> list[str]:
    title = section.title + MARKS[section.status]
    return [title, "-" * len(title), *section.lines, *_table(section), ""]


def _table(section: Section) -> list[str]:
    if not section.rows:
        return []
    table = [section.columns, *section.rows]
    widths = [max(len(row[k]) for row in table) for k in range(len(section.columns))]
    return [
        "",
        *("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table),
    ]
