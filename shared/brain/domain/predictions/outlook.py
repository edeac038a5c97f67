"""What a client's content was predicted to bring, stored beforehand, and how often the intervals were right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

GRID_SPAN = timedelta(days=7)
MAX_GRIDS = 2
MAX_JUDGED = 400
NOMINAL_LEVEL = 0.8
LEVEL_STEP, MIN_LEVEL, MAX_LEVEL = 0.005, 0.5, 0.97
_HOURS_PER_WEEK = 7 * 24


@dataclass(frozen=True, slots=True)
class GridCell:
    """The prediction for a platform's content type on a weekday (0 is Monday) at an hour, both local.

    The numbers are engagements; a bound of the interval is None if too few errors are known. ``missing`` says what
    the prediction lacks.
    """

    platform: str
    content_type: str
    weekday: int
    hour: int
    predicted: float
    lower: float | None
    upper: float | None
    confidence: float
    missing: str | None

    def hours_apart(self, weekday: int, hour: int) -> int:
        """Return the number of hours between the cell and an hour of the week, across the end of the week."""
        apart = abs((self.weekday - weekday) * 24 + self.hour - hour)
        return min(apart, _HOURS_PER_WEEK - apart)

    def to_document(self) -> dict[str, Any]:
        """Return the cell as a document; ``asdict`` would copy each value, which is slow for hundreds of cells."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class PredictionGrid:
    """The predictions made at ``predicted_at`` for the seven days after it."""

    period: str
    predicted_at: datetime
    cells: tuple[GridCell, ...]

    def covers(self, time: datetime) -> bool:
        """Return whether the grid was made before ``time`` and for it."""
        return self.predicted_at < time <= self.predicted_at + GRID_SPAN

    def to_document(self) -> dict[str, Any]:
        """Return the grid as a document."""
        cells = [cell.to_document() for cell in self.cells]
        return {"period": self.period, "made_at": self.predicted_at, "cells": cells}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "PredictionGrid":
        """Return the grid that ``to_document`` wrote."""
        cells = tuple(GridCell(**cell) for cell in document["cells"])
        return cls(document["period"], document["made_at"], cells)


@dataclass(frozen=True, slots=True)
class JudgedContent:
    """Published content with its earlier prediction and the observed engagements."""

    event_id: str
    published_at: datetime
    predicted: float
    lower: float
    upper: float
    observed: float

    @property
    def is_covered(self) -> bool:
        """Whether the interval contains the observation."""
        return self.lower <= self.observed <= self.upper

    def to_document(self) -> dict[str, Any]:
        """Return the judged content as a document."""
        names = ("event_id", "predicted", "lower", "upper", "observed")
        return {name: getattr(self, name) for name in names} | {"at": self.published_at}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "JudgedContent":
        """Return the judged content that ``to_document`` wrote."""
        return cls(published_at=document["at"], **{key: document[key] for key in document if key != "at"})


@dataclass(frozen=True, slots=True)
class ContentOutlook:
    """The latest grids, the latest judged content, and the counts of all judged content.

    ``level`` is the level of the next grid's intervals, adapted so that in the long run ``NOMINAL_LEVEL`` of them are
    right under any drift: it rises with each miss and falls with each hit (adaptive conformal inference; Gibbs, Candès
    2021). ``shortage`` says what is missing if there is too little data for any prediction.

    >>> now = datetime(2026, 11, 2)
    >>> miss = JudgedContent("e1", now, predicted=100.0, lower=50.0, upper=200.0, observed=900.0)
    >>> outlook = ContentOutlook().with_judged([miss])
    >>> outlook.judged_count, outlook.covered_count, round(outlook.level, 3)
    (1, 0, 0.804)
    """

    grids: tuple[PredictionGrid, ...] = ()
    judged: tuple[JudgedContent, ...] = ()
    judged_count: int = 0
    covered_count: int = 0
    level: float = NOMINAL_LEVEL
    shortage: str | None = None

    @property
    def period(self) -> str | None:
        """The week of the latest grid."""
        return self.grids[-1].period if self.grids else None

    def with_grid(self, grid: PredictionGrid) -> "ContentOutlook":
        """Return the outlook with another grid; no new content falls into grids before the last two."""
        return replace(self, grids=(*self.grids, grid)[-MAX_GRIDS:], shortage=None)

    def with_judged(self, new: Sequence[JudgedContent]) -> "ContentOutlook":
        """Return the outlook with more judged content."""
        judged_content = sorted((*self.judged, *new), key=lambda content: (content.published_at, content.event_id))
        covered = sum(content.is_covered for content in new)
        level = self.level + LEVEL_STEP * (NOMINAL_LEVEL * len(new) - covered)
        return replace(
            self,
            judged=tuple(judged_content[-MAX_JUDGED:]),
            judged_count=self.judged_count + len(new),
            covered_count=self.covered_count + covered,
            level=min(max(level, MIN_LEVEL), MAX_LEVEL),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the outlook as a document."""
        return {
            "grids": [grid.to_document() for grid in self.grids],
            "judged": [content.to_document() for content in self.judged],
            "judged_in_all": self.judged_count,
            "right_in_all": self.covered_count,
            "asked": self.level,
            "needed": self.shortage,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ContentOutlook":
        """Return the outlook that ``to_document`` wrote, an empty one for an empty document."""
        return cls(
            grids=tuple(PredictionGrid.from_document(grid) for grid in document.get("grids", ())),
            judged=tuple(JudgedContent.from_document(content) for content in document.get("judged", ())),
            judged_count=document.get("judged_in_all", 0),
            covered_count=document.get("right_in_all", 0),
            level=document.get("asked", NOMINAL_LEVEL),
            shortage=document.get("needed"),
        )
