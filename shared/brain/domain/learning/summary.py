"""What a report may say about learning: weights over time, interval coverage, model comparisons, answered alarms.

Some fields are stored under an older key, which is their alias.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field


@dataclass(frozen=True, slots=True)
class WeightsSnapshot:
    """The weights in use from a moment on, and the number of outcomes they were learned from."""

    as_of: Annotated[datetime, Field(alias="at")]
    version: str
    weights: Mapping[str, float]
    outcomes: int


@dataclass(frozen=True, slots=True)
class ComparisonSummary:
    """The state of a comparison of two models on the same outcomes; ``decision`` is ``continue`` while it is open.

    ``improvement`` is the relative reduction of the mean error by the challenger, ``interval`` its confidence sequence,
    ``n`` the number of outcomes.
    """

    kind: str
    champion: str
    challenger: str
    as_of: Annotated[datetime, Field(alias="at")]
    decision: str
    n: int
    improvement: float | None
    interval: tuple[float, float] | None
    reason: str


@dataclass(frozen=True, slots=True)
class CoverageCount:
    """The number of intervals of an ISO week, and how many of them contained the observation."""

    intervals: Annotated[int, Field(alias="asked")] = 0
    covered: Annotated[int, Field(alias="right")] = 0


@dataclass(frozen=True, slots=True)
class LearningSummary:
    """The input of the report's section on learning.

    ``weights_history`` holds the weights that serve the client, oldest first; ``served_by`` says whether they are the
    client's own, the shared ones or those of the score's definition (which have no history). ``excluded`` counts
    content without an outcome by reason; ``comparisons`` are open or decided; ``alarm_answers`` maps the id of an
    alarm of the period to its answer.
    """

    weights_history: tuple[WeightsSnapshot, ...] = ()
    served_by: Literal["own", "shared", "definition"] = "definition"
    outcome_count: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    nominal_coverage: float = 0.8
    coverage_by_week: Mapping[str, CoverageCount] = field(default_factory=dict)
    comparisons: tuple[ComparisonSummary, ...] = ()
    gold_failures: tuple[str, ...] = ()
    alarm_answers: Mapping[str, str] = field(default_factory=dict)
