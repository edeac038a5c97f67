"""Predictions as documents: one per platform, content type and week for pages, and the outlook of the jobs."""

import hashlib
from collections.abc import Sequence

from brain.domain.predictions.outlook import GridCell, PredictionGrid
from brain.ports.document_store import Set, Write
from brain.repositories import paths

OUTLOOK = "predictions"
_DIGEST_LENGTH = 12


def grid_writes(client_id: str, grid: PredictionGrid, level: float) -> list[Write]:
    """Return the writes that publish a grid to its readers; ``level`` is the level of its intervals."""
    kinds = sorted({(cell.platform, cell.content_type) for cell in grid.cells})
    return [
        _kind_write(client_id, grid, level, [c for c in grid.cells if (c.platform, c.content_type) == kind])
        for kind in kinds
    ]


def _kind_write(client_id: str, grid: PredictionGrid, level: float, cells: Sequence[GridCell]) -> Write:
    platform, content_type = cells[0].platform, cells[0].content_type
    digest = hashlib.sha256(f"{platform}|{content_type}".encode()).hexdigest()[:_DIGEST_LENGTH]
    times = [_time_document(cell) for cell in cells]
    document = {
        "client_id": client_id,
        "period": grid.period,
        "made_at": grid.predicted_at,
        "level": level,
        "platform": platform,
        "content_type": content_type,
        "target": "engagements",
        "times": times,
    }
    return Set(paths.prediction(client_id, f"{grid.period}-{digest}"), document)


def _time_document(cell: GridCell) -> dict[str, object]:
    document = cell.to_document()
    return {name: document[name] for name in document if name not in ("platform", "content_type")}
