"""The model of ``config/brain_analysis.yaml``: the alarm budget and when a report may claim a difference."""

from typing import Annotated

from pydantic import Field

from brain.domain.types import PositiveFloat, PositiveInt, StrictModel


class AlarmConfig(StrictModel):
    """The default alarm budget of a client, and the daily sums of a platform that are watched."""

    budget: PositiveFloat
    per_days: PositiveInt
    metrics: tuple[str, ...]


class ComparisonConfig(StrictModel):
    """When a report may claim a difference."""

    false_claims: Annotated[float, Field(gt=0, lt=0.5)]
    minimum_events: Annotated[int, Field(ge=2)]
    window_days: Annotated[int, Field(ge=7)]


class AnalysisConfig(StrictModel):
    """All constants of the daily analysis and the reports."""

    alarms: AlarmConfig
    comparisons: ComparisonConfig
