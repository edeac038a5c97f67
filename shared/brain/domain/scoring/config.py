"""The model of ``config/brain_scoring.yaml``: every constant of the score, none of them in code."""

from collections.abc import Mapping

from brain.domain.types import Fraction, PositiveFloat, StrictModel


class EngagementConfig(StrictModel):
    """E/F: the exponent, and the limits of the ratio to the baseline."""

    exponent: PositiveFloat
    minimum: PositiveFloat
    maximum: PositiveFloat
    baseline_floor: PositiveFloat


class ImpressionsConfig(StrictModel):
    """I: the exponent, the limits, and the median impressions by audience as (audience, median) points."""

    exponent: PositiveFloat
    minimum: PositiveFloat
    maximum: PositiveFloat
    offset: PositiveFloat
    medians: tuple[tuple[PositiveFloat, PositiveFloat], ...]


class GrowthConfig(StrictModel):
    """G: the windows in days, the limits, and how many events make a history."""

    minimum: PositiveFloat
    maximum: PositiveFloat
    recent_days: int
    window_days: int
    minimum_events: int


class AuthenticityConfig(StrictModel):
    """A: how much each sign of inauthentic engagement subtracts."""

    minimum: PositiveFloat
    bot: Fraction
    coordinated: Fraction
    first_minute: Fraction
    first_minute_above: Fraction
    velocity_above: PositiveFloat
    assumed_bot_ratio: Fraction


class QualityInput(StrictModel):
    """One input of Q′: its weight, and the default where it was not reported."""

    weight: Fraction
    default: Fraction


class QualityConfig(StrictModel):
    """Q′: base, span, limits and inputs."""

    base: PositiveFloat
    span: PositiveFloat
    minimum: PositiveFloat
    maximum: PositiveFloat
    sentiment: QualityInput
    consistency: QualityInput
    relevance: QualityInput


class TemporalConfig(StrictModel):
    """T′: the minimum, however old an event is."""

    minimum: PositiveFloat


class PlatformBaseline(StrictModel):
    """A platform's usual engagement rate (a fraction of the audience) and decay per hour."""

    rate: PositiveFloat
    decay: PositiveFloat


class ConfidenceConfig(StrictModel):
    """How much each known input adds to the confidence, and the factor per neutral component."""

    engagements: Fraction
    impressions: Fraction
    audience: Fraction
    platform: Fraction
    vertical: Fraction
    plausible_rate: Fraction
    plausible_impressions: Fraction
    history: Fraction
    plausible_rate_range: tuple[Fraction, Fraction]
    plausible_impressions_below: PositiveFloat
    history_events: int
    neutral_factor: Fraction


class ScoringConfig(StrictModel):
    """All constants of the score."""

    model_version: str
    scale: PositiveFloat
    maximum: PositiveFloat
    engagement: EngagementConfig
    impressions: ImpressionsConfig
    growth: GrowthConfig
    authenticity: AuthenticityConfig
    quality: QualityConfig
    temporal: TemporalConfig
    verticals: Mapping[str, PositiveFloat]
    baselines: Mapping[str, PlatformBaseline]
    other_baseline: PlatformBaseline
    own_baseline_events: int
    confidence: ConfidenceConfig
