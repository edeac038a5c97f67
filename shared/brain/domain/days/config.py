"""The shape of ``config/brain_analysis.yaml``: the alarm budget and how sure a comparison must be."""

from typing import Annotated

from pydantic import Field

from brain.domain.types import StrictModel


class Alarms(StrictModel):
    """False alarms allowed a client, and the sums of a platform's day that are watched."""

    budget: Annotated[float, Field(gt=0)]
    per_days: Annotated[int, Field(ge=1)]
    metrics: tuple[str, ...]


class Comparisons(StrictModel):
    """When a report may claim a difference."""

    false_claims: Annotated[float, Field(gt=0, lt=0.5)]
    minimum_events: Annotated[int, Field(ge=2)]
    window_days: Annotated[int, Field(ge=7)]


class AnalysisConfig(StrictModel):
    """All constants of the daily analysis and the reports."""

    alarms: Alarms
    comparisons: Comparisons
