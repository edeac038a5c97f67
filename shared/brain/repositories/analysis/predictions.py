"""Predictions as stored: a document a platform's content type and week, for pages, and the jobs' own outlook."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict

from brain.domain.predictions.outlook import Cell, Grid
from brain.ports.document_store import Set, Write
from brain.repositories import paths

OUTLOOK = "predictions"
_DIGITS = 12


def grid_writes(client_id: str, grid: Grid, level: float) -> list[Write]:
    """Return the writes that show a grid to its readers."""
    kinds = sorted({(cell.platform, cell.content_type) for cell in grid.cells})
    return [
        _kind_write(client_id, grid, level, [c for c in grid.cells if (c.platform, c.content_type) == kind])
        for kind in kinds
    ]


def _kind_write(client_id: str, grid: Grid, level: float, cells: Sequence[Cell]) -> Write:
    platform, content_type = cells[0].platform, cells[0].content_type
    digest = hashlib.sha256(f"{platform}|{content_type}".encode()).hexdigest()[:_DIGITS]
    named = {"client_id": client_id, "period": grid.period, "made_at": grid.made_at, "level": level}
    times = [
        {name: value for name, value in asdict(cell).items() if name not in ("platform", "content_type")}
        for cell in cells
    ]
    what = {"platform": platform, "content_type": content_type, "target": "engagements", "times": times}
    return Set(paths.prediction(client_id, f"{grid.period}-{digest}"), named | what)
