"""Predictions against outcomes: what usual content should bring this week, and how often such intervals were right."""

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist

from brain.domain.predictions.outlook import NOMINAL_LEVEL, ContentOutlook, GridCell, PredictionGrid
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus

NAME, TITLE = "predictions", "Predictions against outcomes"
COLUMNS = (
    "platform",
    "content",
    "at its usual times",
    "engagements expected",
    "8 of 10 lie between",
    "within twice or half",
)
COVERAGE_TEST_LEVEL = 0.99
MIN_JUDGED = 20
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NOTABLE_RATIO = 1.1


def build_section(facts: ReportFacts) -> Section:
    """Return the newest grid, one row per platform and content type, and the record of all intervals so far."""
    outlook = facts.outlook
    if outlook is None:
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, ("Nothing was predicted yet.",))
    lines = [*_describe_coverage(outlook), *_describe_shortage(outlook)]
    if not outlook.grids:
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, tuple(lines), figures=_list_figures(outlook))
    cells_by_type = _group_cells(outlook.grids[-1])
    lines += [line for cells in cells_by_type for line in _describe_best_time(cells)]
    rows = tuple(_build_row(cells) for cells in cells_by_type)
    return Section(NAME, TITLE, SectionStatus.OK, tuple(lines), COLUMNS, rows, _list_figures(outlook))


def _group_cells(grid: PredictionGrid) -> list[list[GridCell]]:
    """Return the cells of each platform and content type, in the order of the grid."""
    groups: dict[tuple[str, str], list[GridCell]] = {}
    for cell in grid.cells:
        groups.setdefault((cell.platform, cell.content_type), []).append(cell)
    return list(groups.values())


def _describe_coverage(outlook: ContentOutlook) -> Iterator[str]:
    """Yield how often the intervals covered the outcome, and whether that agrees with their level."""
    judged, covered = outlook.judged_count, outlook.covered_count
    if not judged:
        yield "No content has met its prediction yet; each piece is judged two days after it was published."
        return
    coverage = covered / judged
    record = f"Intervals that said {NOMINAL_LEVEL:.0%} held {covered} of {judged} pieces ({coverage:.0%})"
    standard_error = math.sqrt(NOMINAL_LEVEL * (1 - NOMINAL_LEVEL) / judged)
    if judged < MIN_JUDGED:
        yield f"{record}; too few yet to tell whether they are right."
    elif abs(coverage - NOMINAL_LEVEL) <= NormalDist().inv_cdf((1 + COVERAGE_TEST_LEVEL) / 2) * standard_error:
        yield f"{record}: they can be relied on."
    else:
        yield f"{record}: they are too {'narrow' if coverage < NOMINAL_LEVEL else 'wide'}, read them with care."


def _describe_shortage(outlook: ContentOutlook) -> Iterator[str]:
    if outlook.shortage:
        yield f"{outlook.shortage[0].upper()}{outlook.shortage[1:]}."
        return
    missing = [cell.missing for grid in outlook.grids[-1:] for cell in grid.cells if cell.missing]
    yield from (f"What the predictions lack: {first_missing}." for first_missing in missing[:1])


def _describe_best_time(cells: Sequence[GridCell]) -> Iterator[str]:
    best, usual = max(cells, key=lambda cell: cell.predicted), _select_median(cells)
    if best.predicted > NOTABLE_RATIO * usual.predicted:
        yield (
            f"Most is expected of {best.content_type} on {best.platform} on {WEEKDAYS[best.weekday]} at "
            f"{best.hour:02d}:00: {best.predicted:,.0f} instead of {usual.predicted:,.0f} engagements."
        )


def _build_row(cells: Sequence[GridCell]) -> tuple[str, ...]:
    usual = _select_median(cells)
    lower = "0" if usual.lower is None else f"{usual.lower:,.0f}"
    upper = "any number" if usual.upper is None else f"{usual.upper:,.0f}"
    return (
        usual.platform,
        usual.content_type,
        ", ".join(f"{hour:02d}:00" for hour in sorted({cell.hour for cell in cells})),
        f"{usual.predicted:,.0f}",
        f"{lower} and {upper}",
        f"{usual.confidence:.0%}",
    )


def _select_median(cells: Sequence[GridCell]) -> GridCell:
    ordered = sorted(cells, key=lambda cell: (cell.predicted, cell.weekday, cell.hour))
    return ordered[len(ordered) // 2]


def _list_figures(outlook: ContentOutlook) -> dict[str, object]:
    return {
        "period": outlook.period,
        "said": NOMINAL_LEVEL,
        "judged": outlook.judged_count,
        "right": outlook.covered_count,
        "predicted": len(outlook.grids[-1].cells) if outlook.grids else 0,
    }
