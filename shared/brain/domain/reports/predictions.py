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
SURE = 0.99
FEWEST_JUDGED = 20
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NOTABLE = 1.1


def build_section(facts: ReportFacts) -> Section:
    """Return the newest grid, a row a platform's content type, and the record of all intervals so far."""
    outlook = facts.outlook
    if outlook is None:
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, ("Nothing was predicted yet.",))
    lines = [*_record(outlook), *_needs(outlook)]
    if not outlook.grids:
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, tuple(lines), figures=_figures(outlook))
    grid = outlook.grids[-1]
    kinds = [[c for c in grid.cells if (c.platform, c.content_type) == kind] for kind in _kinds(grid)]
    lines += [line for cells in kinds for line in _best_time(cells)]
    rows = tuple(_row(cells) for cells in kinds)
    return Section(NAME, TITLE, SectionStatus.OK, tuple(lines), COLUMNS, rows, _figures(outlook))


def _kinds(grid: PredictionGrid) -> list[tuple[str, str]]:
    return list(dict.fromkeys((cell.platform, cell.content_type) for cell in grid.cells))


def _record(outlook: ContentOutlook) -> Iterator[str]:
    """Yield how often the intervals held what came, and whether that agrees with what they said."""
    n, right = outlook.judged_count, outlook.covered_count
    if not n:
        yield "No content has met its prediction yet; each piece is judged two days after it was published."
        return
    said = f"Intervals that said {NOMINAL_LEVEL:.0%} held {right} of {n} pieces ({right / n:.0%})"
    reach = NormalDist().inv_cdf((1 + SURE) / 2) * math.sqrt(NOMINAL_LEVEL * (1 - NOMINAL_LEVEL) / n)
    if n < FEWEST_JUDGED:
        yield f"{said}; too few yet to tell whether they are right."
    elif abs(right / n - NOMINAL_LEVEL) <= reach:
        yield f"{said}: they can be relied on."
    else:
        yield f"{said}: they are too {'narrow' if right / n < NOMINAL_LEVEL else 'wide'}, read them with care."


def _needs(outlook: ContentOutlook) -> Iterator[str]:
    if outlook.shortage:
        yield f"{outlook.shortage[0].upper()}{outlook.shortage[1:]}."
        return
    missing = [cell.missing for grid in outlook.grids[-1:] for cell in grid.cells if cell.missing]
    yield from (f"What the predictions lack: {what}." for what in missing[:1])


def _best_time(cells: Sequence[GridCell]) -> Iterator[str]:
    best, usual = max(cells, key=lambda c: c.predicted), _middle(cells)
    if best.predicted > NOTABLE * usual.predicted:
        what = f"{best.content_type} on {best.platform}"
        yield (
            f"Most is expected of {what} on {DAYS[best.weekday]} at {best.hour:02d}:00: "
            f"{best.predicted:,.0f} instead of {usual.predicted:,.0f} engagements."
        )


def _row(cells: Sequence[GridCell]) -> tuple[str, ...]:
    usual = _middle(cells)
    hours = ", ".join(f"{hour:02d}:00" for hour in sorted({cell.hour for cell in cells}))
    low = "0" if usual.lower is None else f"{usual.lower:,.0f}"
    high = "any number" if usual.upper is None else f"{usual.upper:,.0f}"
    between = f"{low} and {high}"
    return (usual.platform, usual.content_type, hours, f"{usual.predicted:,.0f}", between, f"{usual.confidence:.0%}")


def _middle(cells: Sequence[GridCell]) -> GridCell:
    ordered = sorted(cells, key=lambda c: (c.predicted, c.weekday, c.hour))
    return ordered[len(ordered) // 2]


def _figures(outlook: ContentOutlook) -> dict[str, object]:
    return {
        "period": outlook.period,
        "said": NOMINAL_LEVEL,
        "judged": outlook.judged_count,
        "right": outlook.covered_count,
        "predicted": len(outlook.grids[-1].cells) if outlook.grids else 0,
    }
