"""What the detector says about one point: expected, came, how unusual, alarm or not, since when, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["warming", "ready"]
Kind = Literal["spike", "drop", "level_shift", "flatline"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One judged point.

    ``expected``, ``lower`` and ``upper`` are in the value's unit and None while warming; ``anomaly_score`` lies in
    [0, 1] and reaches 0.5 at the limit that the budget allows. ``alarm`` is true once an incident, at its first
    point; ``incident_since`` names the incident's first point as long as it lasts, and ``kind`` its nature.
    ``explanation`` is a sentence for a person, empty while nothing is unusual.
    """

    at: datetime
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    anomaly_score: float
    alarm: bool
    state: State
    incident_since: datetime | None = None
    kind: Kind | None = None
    explanation: str = ""
