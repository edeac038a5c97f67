"""What a report may say of learning: beliefs over time, predictions met, models compared, alarms answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Belief:
    """The weights as they were from a moment on; ``outcomes`` is what they were learned from."""

    at: datetime
    version: str
    weights: Mapping[str, float]
    outcomes: int


@dataclass(frozen=True, slots=True)
class Duel:
    """Two models on the same outcomes; ``decision`` is ``continue`` while it is open.

    ``improvement`` is how much lower the challenger's error is, relative, and ``interval`` its confidence sequence.
    """

    kind: str
    champion: str
    challenger: str
    at: datetime
    decision: str
    n: int
    improvement: float | None
    interval: tuple[float, float] | None
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """How often an interval held what came, in one ISO week, of how many that were asked."""

    asked: int = 0
    right: int = 0


@dataclass(frozen=True, slots=True)
class Learned:
    """All that the section on learning is built from.

    ``beliefs`` are of the weights that serve the client (``served_by``: its own, the shared ones, or those of the
    score's definition, which are no beliefs), in time's order. ``left_out`` counts content that made no outcome, by
    reason; ``duels`` are open or decided; ``answers`` has the answer to each alarm of the period that got one.
    """

    beliefs: tuple[Belief, ...] = ()
    served_by: Literal["own", "shared", "definition"] = "definition"
    recorded: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    said: float = 0.8
    weeks: Mapping[str, Record] = field(default_factory=dict)
    duels: tuple[Duel, ...] = ()
    gold_failures: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
