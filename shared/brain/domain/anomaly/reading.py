"""What the detector says about one point: expected, came, how unusual, alarm or not, since when, and why."""

from datetime import datetime
from typing import Literal, NamedTuple

State = Literal["warming", "ready"]
Kind = Literal["spike", "drop", "level_shift", "flatline"]


class Reading(NamedTuple):
    """One judged point.

    ``expected``, ``lower`` and ``upper`` are in the value's unit and None while warming; ``anomaly_score`` lies in
    [0, 1], reaches 0.25 where the series' usual peaks end and 0.5 at the limit that the budget allows. ``alarm`` is
    true at most once an incident; ``incident_since`` names the incident's first point as long as it lasts, and
    ``kind`` its nature. ``explanation`` is a sentence for a person, empty while the point lies within its limits.
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
