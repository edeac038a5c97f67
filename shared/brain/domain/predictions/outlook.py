"""What a client's content was expected to bring, written down beforehand, and how often that was right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

SPAN = timedelta(days=7)
KEPT_GRIDS = 2
KEPT_JUDGEMENTS = 400
SAID = 0.8
GAIN, LEAST_ASKED, MOST_ASKED = 0.005, 0.5, 0.97


@dataclass(frozen=True, slots=True)
class Cell:
    """One platform's content type on a weekday (0 is Monday) at an hour, both local, and what it should bring.

    The numbers are engagements; an end of the interval is None where too few errors are known to bound it. ``missing``
    says what the prediction lacks.
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

    def distance(self, weekday: int, hour: int) -> int:
        """Return how many hours the cell lies from an hour of the week, around the week's end."""
        apart = abs((self.weekday - weekday) * 24 + self.hour - hour)
        return min(apart, 7 * 24 - apart)


@dataclass(frozen=True, slots=True)
class Grid:
    """What was predicted at a moment for the seven days after it."""

    period: str
    made_at: datetime
    cells: tuple[Cell, ...]

    def covers(self, at: datetime) -> bool:
        """Whether the grid was made before ``at`` and for it."""
        return self.made_at < at <= self.made_at + SPAN


@dataclass(frozen=True, slots=True)
class Judgement:
    """A piece of content that met its interval."""

    event_id: str
    at: datetime
    predicted: float
    lower: float
    upper: float
    observed: float

    @property
    def inside(self) -> bool:
        """Whether the interval was right."""
        return self.lower <= self.observed <= self.upper


@dataclass(frozen=True, slots=True)
class Outlook:
    """The newest grids, the newest judgements, and how many there were and were right since the beginning.

    ``asked`` is the level that the next grid is made with, so that in the long run ``SAID`` is right, whatever
    drifts: it rises with each miss and falls with each hit (adaptive conformal inference; Gibbs, Candès 2021).
    ``needed`` is the answer where there is not enough data for any prediction.
    """

    grids: tuple[Grid, ...] = ()
    judged: tuple[Judgement, ...] = ()
    judged_in_all: int = 0
    right_in_all: int = 0
    asked: float = SAID
    needed: str | None = None

    @property
    def period(self) -> str | None:
        """The week of the newest grid."""
        return self.grids[-1].period if self.grids else None

    def with_grid(self, grid: Grid) -> "Outlook":
        """Return the outlook with one more grid; what is older than the last two can meet nothing any more."""
        return replace(self, grids=(*self.grids, grid)[-KEPT_GRIDS:], needed=None)

    def with_judgements(self, new: Sequence[Judgement]) -> "Outlook":
        """Return the outlook with content that met its intervals since."""
        judged = sorted((*self.judged, *new), key=lambda each: (each.at, each.event_id))
        right = self.right_in_all + sum(each.inside for each in new)
        asked = self.asked + GAIN * (SAID * len(new) - sum(each.inside for each in new))
        return replace(
            self,
            judged=tuple(judged[-KEPT_JUDGEMENTS:]),
            judged_in_all=self.judged_in_all + len(new),
            right_in_all=right,
            asked=min(max(asked, LEAST_ASKED), MOST_ASKED),
        )

    def document(self) -> dict[str, Any]:
        """Return the outlook as a document."""
        grids = [_plain(grid) | {"cells": [_plain(cell) for cell in grid.cells]} for grid in self.grids]
        return _plain(self) | {"grids": grids, "judged": [_plain(each) for each in self.judged]}


def _plain(one: Cell | Grid | Judgement | Outlook) -> dict[str, Any]:
    """Return a value's own fields; ``asdict`` copies all within them too, which is slow for hundreds of rows."""
    return {name: getattr(one, name) for name in one.__slots__}


def outlook_from(document: Mapping[str, Any]) -> Outlook:
    """Return the outlook that a document holds, empty where nothing was predicted yet."""
    grids = tuple(
        Grid(grid["period"], grid["made_at"], tuple(Cell(**cell) for cell in grid["cells"]))
        for grid in document.get("grids", ())
    )
    judged = tuple(Judgement(**each) for each in document.get("judged", ()))
    totals = {name: document[name] for name in ("judged_in_all", "right_in_all", "asked", "needed") if name in document}
    return Outlook(grids, judged, **totals)
