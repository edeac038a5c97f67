"""The judgement of one point: expected, observed, how unusual, alarm or not, since when, and why."""

from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

DetectorState: TypeAlias = Literal["warming", "ready"]
AnomalyKind: TypeAlias = Literal["spike", "drop", "level_shift", "flatline"]


class DetectorReading(NamedTuple):
    """One judged point.

    ``expected``, ``lower`` and ``upper`` are in the unit of the value, and None while warming. ``anomaly_score`` lies
    in [0, 1]; it reaches 0.25 where the usual peaks of the series end and 0.5 at the limit that the budget allows.
    ``alarm`` is true at most once per incident. ``incident_since`` is the first point of the incident while it lasts,
    and ``kind`` its nature. ``explanation`` is a sentence for a person, empty while the point lies within its limits.
    """

    timestamp: datetime
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    anomaly_score: float
    alarm: bool
    state: DetectorState
    incident_since: datetime | None = None
    kind: AnomalyKind | None = None
    explanation: str = ""
