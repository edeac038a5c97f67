"""The model of ``config/brain_analysis.yaml``: the alarm budget and when a report may claim a difference."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, field_validator

from brain.domain.clients.alarm_budget import AlarmBudget
from brain.domain.days.sums import VOLUMES
from brain.domain.types import PositiveFloat, PositiveInt, StrictModel


class AlarmConfig(StrictModel):
    """The alarm budget of clients without one of their own, and the daily sums of a platform that are watched."""

    budget: PositiveFloat
    per_days: PositiveInt
    metrics: tuple[str, ...]

    @field_validator("metrics")
    @classmethod
    def _check_metrics(cls, metrics: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [metric for metric in metrics if metric not in VOLUMES]:
            raise ValueError(f"metrics must be of {', '.join(VOLUMES)}, got {', '.join(unknown)}")
        return metrics

    @property
    def default_budget(self) -> AlarmBudget:
        """The alarm budget of a client without one of its own."""
        return AlarmBudget(self.budget, timedelta(days=self.per_days))


class ComparisonConfig(StrictModel):
    """When a report may claim a difference."""

    false_claims: Annotated[float, Field(gt=0, lt=0.5)]
    minimum_events: Annotated[int, Field(ge=2)]
    window_days: Annotated[int, Field(ge=7)]


class AnalysisConfig(StrictModel):
    """All constants of the daily analysis and the reports."""

    alarms: AlarmConfig
    comparisons: ComparisonConfig
