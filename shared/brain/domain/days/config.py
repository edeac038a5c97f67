"""The shape of ``config/brain_analysis.yaml``: the alarm budget and how sure a comparison must be."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Alarms(_Part):
    """False alarms allowed a client, and the sums of a platform's day that are watched."""

    budget: Annotated[float, Field(gt=0)]
    per_days: Annotated[int, Field(ge=1)]
    metrics: tuple[str, ...]


class Comparisons(_Part):
    """When a report may claim a difference."""

    false_claims: Annotated[float, Field(gt=0, lt=0.5)]
    minimum_events: Annotated[int, Field(ge=2)]
    window_days: Annotated[int, Field(ge=7)]


class AnalysisConfig(_Part):
    """All constants of the daily analysis and the reports."""

    alarms: Alarms
    comparisons: Comparisons


def analysis_config(parsed: Mapping[str, Any]) -> AnalysisConfig:
    """Return the configuration; pydantic's ``ValidationError`` names every field that is wrong."""
    return AnalysisConfig.model_validate(parsed)
