"""The shape of ``config/brain_scoring.yaml``: every constant of the score, none of them in code."""

from collections.abc import Mapping

from brain.domain.types import Fraction, PositiveFloat, StrictModel


class Engagement(StrictModel):
    """E/F: the exponent, and the limits of the ratio to the baseline."""

    exponent: PositiveFloat
    minimum: PositiveFloat
    maximum: PositiveFloat
    baseline_floor: PositiveFloat


class Impressions(StrictModel):
    """I: the exponent, limits, and the median impressions by audience."""

    exponent: PositiveFloat
    minimum: PositiveFloat
    maximum: PositiveFloat
    offset: PositiveFloat
    medians: tuple[tuple[PositiveFloat, PositiveFloat], ...]


class Growth(StrictModel):
    """G: windows in days, and how many events make a history."""

    minimum: PositiveFloat
    maximum: PositiveFloat
    recent_days: int
    window_days: int
    minimum_events: int


class Authenticity(StrictModel):
    """A: what each sign of inauthentic engagement takes off."""

    minimum: PositiveFloat
    bot: Fraction
    coordinated: Fraction
    first_minute: Fraction
    first_minute_above: Fraction
    velocity_above: PositiveFloat
    assumed_bot_ratio: Fraction


class QualityPart(StrictModel):
    """One ingredient of Q′ and what stands in where it was not reported."""

    weight: Fraction
    default: Fraction


class Quality(StrictModel):
    """Q′: base, span, limits and ingredients."""

    base: PositiveFloat
    span: PositiveFloat
    minimum: PositiveFloat
    maximum: PositiveFloat
    sentiment: QualityPart
    consistency: QualityPart
    relevance: QualityPart


class Temporal(StrictModel):
    """T′: the least that age leaves."""

    minimum: PositiveFloat


class Baseline(StrictModel):
    """A platform's usual engagement rate (0 to 1) and decay an hour."""

    rate: PositiveFloat
    decay: PositiveFloat


class Confidence(StrictModel):
    """What each known input adds to the confidence, and what a neutral component does to it."""

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
    engagement: Engagement
    impressions: Impressions
    growth: Growth
    authenticity: Authenticity
    quality: Quality
    temporal: Temporal
    verticals: Mapping[str, PositiveFloat]
    baselines: Mapping[str, Baseline]
    other_baseline: Baseline
    own_baseline_events: int
    confidence: Confidence
