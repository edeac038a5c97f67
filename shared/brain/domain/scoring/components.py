"""The components of V′, each a pure function of what is known; ``None`` means unknown and is never 0.

The method is this project's own: each component is a dimensionless factor, the ratio to what is usual within limits,
and 1 is neutral. :mod:`brain.domain.scoring.score` combines them, and decides what an unknown one does to the score
and its confidence. In the examples, :class:`.Scenario` builds an event
from the fields that matter.
"""

import math
from datetime import datetime
from itertools import pairwise

from brain.domain.events import Event
from brain.domain.scoring.config import (
    AuthenticityConfig,
    ImpressionsConfig,
    PlatformBaseline,
    QualityConfig,
    ScoringConfig,
)
from brain.domain.scoring.history import PlatformHistory

SECONDS_PER_HOUR = 3600.0


def clamp(number: float, low: float, high: float) -> float:
    """Limit a number to the range from ``low`` to ``high``.

    Example:
        >>> clamp(7.5, 0.01, 3.0)
        3.0
    """
    return min(max(number, low), high)


def count_engagements(event: Event) -> int | None:
    """Return the engagements reported, else the sum of the reactions reported, else None.

    Example:
        >>> from brain.domain.scoring.gold_standards import Scenario
        >>> count_engagements(Scenario(event={"likes": 40, "comments": 2}).to_event())
        42
    """
    if event.engagements is not None:
        return event.engagements
    reactions = [count for count in (event.likes, event.comments, event.shares, event.clicks) if count is not None]
    return sum(reactions) if reactions else None


def compute_engagement_rate(event: Event) -> float | None:
    """Return engagements as a fraction of the audience, or None when either is unknown or the audience is empty.

    Example:
        >>> from brain.domain.scoring.gold_standards import Scenario
        >>> compute_engagement_rate(Scenario(event={"engagements": 60, "audience_size": 3000}).to_event())
        0.02
    """
    engagements = count_engagements(event)
    return engagements / event.audience_size if engagements is not None and event.audience_size else None


def select_baseline(platform: str | None, history: PlatformHistory, config: ScoringConfig) -> PlatformBaseline:
    """Return the baseline of a platform; one without a configured baseline uses the client's own history, if enough.

    Example:
        >>> from brain.settings.files import load_config
        >>> config = load_config("brain_scoring", ScoringConfig)
        >>> select_baseline("linkedin", PlatformHistory(), config).rate
        0.02
        >>> history = PlatformHistory(rated_events=10, rated_engagements=5, rated_audience=100)
        >>> select_baseline("mastodon", history, config).rate
        0.05
    """
    configured = config.baselines.get(platform or "")
    if configured:
        return configured
    if history.rated_events >= config.own_baseline_events and history.rated_audience:
        own_rate = history.rated_engagements / history.rated_audience
        return PlatformBaseline(rate=max(own_rate, config.engagement.baseline_floor), decay=config.other_baseline.decay)
    return config.other_baseline


def compute_engagement(event: Event, baseline: PlatformBaseline, config: ScoringConfig) -> float | None:
    """Return E/F, the engagement rate over the platform's baseline within limits, or None when it is unknown.

    Example:
        >>> from brain.domain.scoring.gold_standards import Scenario
        >>> from brain.settings.files import load_config
        >>> event = Scenario(event={"engagements": 60, "audience_size": 2000}).to_event()
        >>> config = load_config("brain_scoring", ScoringConfig)
        >>> compute_engagement(event, PlatformBaseline(rate=0.02, decay=0.01), config)
        1.5
    """
    rate = compute_engagement_rate(event)
    if rate is None:
        return None
    limits = config.engagement
    return clamp(rate / max(baseline.rate, limits.baseline_floor), limits.minimum, limits.maximum)


def interpolate_median_impressions(audience: float, config: ImpressionsConfig) -> float:
    """Return the median impressions for an audience, by log-log interpolation; constant beyond the outer points.

    Example:
        >>> medians = ((100, 10), (10_000, 1000))
        >>> config = ImpressionsConfig(exponent=0.4, minimum=0.1, maximum=3.0, offset=1.5, medians=medians)
        >>> [round(interpolate_median_impressions(audience, config)) for audience in (50, 1000, 20_000)]
        [10, 100, 1000]
    """
    points = config.medians
    if audience <= points[0][0]:
        return points[0][1]
    for (low_audience, low), (high_audience, high) in pairwise(points):
        if audience <= high_audience:
            share = math.log(audience / low_audience) / math.log(high_audience / low_audience)
            return low * math.pow(high / low, share)
    return points[-1][1]


def compute_impressions(event: Event, config: ImpressionsConfig) -> float | None:
    """Return I, the log10 ratio to the median impressions plus an offset, or None when reach or audience are unknown.

    Example:
        >>> from brain.domain.scoring.gold_standards import Scenario
        >>> medians = ((100, 10), (10_000, 1000))
        >>> config = ImpressionsConfig(exponent=0.4, minimum=0.1, maximum=3.0, offset=1.5, medians=medians)
        >>> compute_impressions(Scenario(event={"impressions": 1000, "audience_size": 1000}).to_event(), config)
        2.5
    """
    if event.impressions is None or not event.audience_size:
        return None
    if event.impressions == 0:
        return config.minimum
    ratio = event.impressions / interpolate_median_impressions(event.audience_size, config)
    return clamp(math.log10(ratio) + config.offset, config.minimum, config.maximum)


def compute_growth(history: PlatformHistory, config: ScoringConfig) -> float | None:
    """Return G, the mean engagements of the recent days over those of the whole window, or None without a history.

    Example:
        >>> from brain.settings.files import load_config
        >>> history = PlatformHistory(events=10, engagements=1000, recent_events=4, recent_engagements=600)
        >>> compute_growth(history, load_config("brain_scoring", ScoringConfig))
        1.5
    """
    limits = config.growth
    if history.events < limits.minimum_events or not history.recent_events or not history.engagements:
        return None
    recent_mean = history.recent_engagements / history.recent_events
    return clamp(recent_mean / (history.engagements / history.events), limits.minimum, limits.maximum)


def compute_authenticity(event: Event, config: AuthenticityConfig) -> float:
    """Return A, which is 1 minus penalties for signs of inauthentic engagement.

    What was not reported costs nothing, except a velocity that no crowd reaches by itself.

    Example:
        >>> from brain.domain.scoring.gold_standards import Scenario
        >>> from brain.settings.files import load_config
        >>> config = load_config("brain_scoring", ScoringConfig).authenticity
        >>> compute_authenticity(Scenario(event={"bot_ratio": 0.5}).to_event(), config)
        0.75
    """
    bot_ratio = event.bot_ratio
    if bot_ratio is None:
        too_fast = event.velocity is not None and event.velocity > config.velocity_above
        bot_ratio = config.assumed_bot_ratio if too_fast else 0.0
    has_burst = event.first_minute_ratio is not None and event.first_minute_ratio > config.first_minute_above
    penalty = config.bot * bot_ratio + config.coordinated * (event.coordinated_ratio or 0.0)
    return clamp(1 - penalty - (config.first_minute if has_burst else 0.0), config.minimum, 1.0)


def compute_quality(event: Event, config: QualityConfig) -> float:
    """Return Q′ from sentiment, consistency and relevance (each 0 to 1), with defaults for those not reported.

    Example:
        >>> from brain.domain.scoring.gold_standards import Scenario
        >>> from brain.settings.files import load_config
        >>> config = load_config("brain_scoring", ScoringConfig).quality
        >>> event = Scenario(event={"sentiment": 1.0, "consistency": 1.0, "relevance": 1.0}).to_event()
        >>> round(compute_quality(event, config), 3)
        1.3
    """
    total = 0.0
    for name in ("sentiment", "consistency", "relevance"):
        settings = getattr(config, name)
        reported = getattr(event, name)
        total += settings.weight * (settings.default if reported is None else reported)
    return clamp(config.base + config.span * total, config.minimum, config.maximum)


def compute_temporal(occurred_at: datetime, as_of: datetime, decay_per_hour: float, minimum: float) -> float:
    """Return T′, the exponential decay with age; an event in the future has age 0.

    Example:
        >>> occurred_at, as_of = datetime(2026, 1, 15, 2), datetime(2026, 1, 15, 12)
        >>> round(compute_temporal(occurred_at, as_of, decay_per_hour=0.1, minimum=0.1), 3)
        0.368
    """
    hours = max((as_of - occurred_at).total_seconds() / SECONDS_PER_HOUR, 0.0)
    return max(math.exp(-decay_per_hour * hours), minimum)
