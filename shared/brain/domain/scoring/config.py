"""The shape of ``config/brain_scoring.yaml``: every constant of the score, none of them in code."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Engagement(_Part):
    """E/F: the exponent, and the limits of the ratio to the baseline."""

    exponent: Positive
    minimum: Positive
    maximum: Positive
    baseline_floor: Positive


class Impressions(_Part):
    """I: the exponent, limits, and the median impressions by audience."""

    exponent: Positive
    minimum: Positive
    maximum: Positive
    offset: Positive
    medians: tuple[tuple[Positive, Positive], ...]


class Growth(_Part):
    """G: windows in days, and how many events make a history."""

    minimum: Positive
    maximum: Positive
    recent_days: int
    window_days: int
    minimum_events: int


class Authenticity(_Part):
    """A: what each sign of inauthentic engagement takes off."""

    minimum: Positive
    bot: Share
    coordinated: Share
    first_minute: Share
    first_minute_above: Share
    velocity_above: Positive
    assumed_bot_ratio: Share


class QualityPart(_Part):
    """One ingredient of Q′ and what stands in where it was not reported."""

    weight: Share
    default: Share


class Quality(_Part):
    """Q′: base, span, limits and ingredients."""

    base: Positive
    span: Positive
    minimum: Positive
    maximum: Positive
    sentiment: QualityPart
    consistency: QualityPart
    relevance: QualityPart


class Temporal(_Part):
    """T′: the least that age leaves."""

    minimum: Positive


class Baseline(_Part):
    """A platform's usual engagement rate (0 to 1) and decay an hour."""

    rate: Positive
    decay: Positive


class Confidence(_Part):
    """What each known input adds to the confidence, and what a neutral component does to it."""

    engagements: Share
    impressions: Share
    audience: Share
    platform: Share
    vertical: Share
    plausible_rate: Share
    plausible_impressions: Share
    history: Share
    plausible_rate_range: tuple[Share, Share]
    plausible_impressions_below: Positive
    history_events: int
    neutral_factor: Share


class ScoringConfig(_Part):
    """All constants of the score."""

    model_version: str
    scale: Positive
    maximum: Positive
    engagement: Engagement
    impressions: Impressions
    growth: Growth
    authenticity: Authenticity
    quality: Quality
    temporal: Temporal
    verticals: Mapping[str, Positive]
    baselines: Mapping[str, Baseline]
    other_baseline: Baseline
    own_baseline_events: int
    confidence: Confidence


def scoring_config(parsed: Mapping[str, Any]) -> ScoringConfig:
    """Return the configuration; pydantic's ``ValidationError`` names every field that is wrong."""
    return ScoringConfig.model_validate(parsed)
