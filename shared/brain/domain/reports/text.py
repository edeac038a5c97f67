"""A report as plain text: for the terminal, and as the text part of a message."""

from brain.domain.reports.report import Report, Section, SectionStatus

STATUS_SUFFIXES = {
    SectionStatus.OK: "",
    SectionStatus.NOT_ENOUGH_DATA: " (not enough data yet)",
    SectionStatus.ABSENT: " (not switched on)",
    SectionStatus.FAILED: " (failed)",
}


def render(report: Report) -> str:
    """Return the report as text, with sentences and aligned tables."""
    header = [f"{report.client_name}: {report.kind} report {report.period}", report.headline, ""]
    lines = [line for section in report.sections for line in _render_section(section)]
    return "\n".join([*header, *lines])


def _render_section(section: Section) -> list[str]:
    title = section.title + STATUS_SUFFIXES[section.status]
    return [title, "-" * len(title), *section.lines, *_render_table(section), ""]


def _render_table(section: Section) -> list[str]:
    if not section.rows:
        return []
    table = [section.columns, *section.rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(section.columns))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table)
    return ["", *lines]
