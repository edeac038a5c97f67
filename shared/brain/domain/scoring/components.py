"""The components of V′, each a pure function of what is known; ``None`` means unknown and never 0."""

import math
from datetime import datetime
from itertools import pairwise

from brain.domain.events import Event
from brain.domain.scoring.config import Authenticity, Baseline, Impressions, Quality, ScoringConfig
from brain.domain.scoring.history import PlatformHistory

SECONDS_PER_HOUR = 3600.0


def clamp(value: float, low: float, high: float) -> float:
    """Return ``value`` limited to ``low`` and ``high``."""
    return min(max(value, low), high)


def engagements(event: Event) -> int | None:
    """Return the engagements reported, else the sum of the reactions reported, else None."""
    if event.engagements is not None:
        return event.engagements
    reactions = [n for n in (event.likes, event.comments, event.shares, event.clicks) if n is not None]
    return sum(reactions) if reactions else None


def engagement_rate(event: Event) -> float | None:
    """Return engagements over audience, or None when either is unknown or the audience is empty."""
    engaged = engagements(event)
    return engaged / event.audience_size if engaged is not None and event.audience_size else None


def baseline(platform: str | None, history: PlatformHistory, config: ScoringConfig) -> Baseline:
    """Return the platform's baseline; one that has none is measured by the client's own data when there is enough."""
    known = config.baselines.get(platform or "")
    if known:
        return known
    if history.rated_events >= config.own_baseline_events and history.rated_audience:
        own = history.rated_engagements / history.rated_audience
        return Baseline(rate=max(own, config.engagement.baseline_floor), decay=config.other_baseline.decay)
    return config.other_baseline


def engagement(event: Event, usual: Baseline, config: ScoringConfig) -> float | None:
    """Return E/F over the platform's baseline, within its limits."""
    rate = engagement_rate(event)
    if rate is None:
        return None
    limits = config.engagement
    return clamp(rate / max(usual.rate, limits.baseline_floor), limits.minimum, limits.maximum)


def median_impressions(audience: float, config: Impressions) -> float:
    """Return the median impressions for an audience: log-log interpolated, so that no follower makes a jump."""
    points = config.medians
    if audience <= points[0][0]:
        return points[0][1]
    for (low_audience, low), (high_audience, high) in pairwise(points):
        if audience <= high_audience:
            share = math.log(audience / low_audience) / math.log(high_audience / low_audience)
            return low * math.pow(high / low, share)
    return points[-1][1]


def impressions(event: Event, config: Impressions) -> float | None:
    """Return I, or None when impressions or audience are unknown."""
    if event.impressions is None or not event.audience_size:
        return None
    if event.impressions == 0:
        return config.minimum
    ratio = event.impressions / median_impressions(event.audience_size, config)
    return clamp(math.log10(ratio) + config.offset, config.minimum, config.maximum)


def growth(history: PlatformHistory, config: ScoringConfig) -> float | None:
    """Return G: mean engagements of the last days over the whole window, or None without a history."""
    limits = config.growth
    if history.events < limits.minimum_events or not history.recent_events or not history.engagements:
        return None
    recent = history.recent_engagements / history.recent_events
    return clamp(recent / (history.engagements / history.events), limits.minimum, limits.maximum)


def authenticity(event: Event, config: Authenticity) -> float:
    """Return A; what was not reported takes nothing off, but a velocity no crowd reaches by itself does."""
    bot = event.bot_ratio
    if bot is None:
        fast = event.velocity is not None and event.velocity > config.velocity_above
        bot = config.assumed_bot_ratio if fast else 0.0
    burst = event.first_minute_ratio is not None and event.first_minute_ratio > config.first_minute_above
    penalty = config.bot * bot + config.coordinated * (event.coordinated_ratio or 0.0)
    return clamp(1 - penalty - (config.first_minute if burst else 0.0), config.minimum, 1.0)


def quality(event: Event, config: Quality) -> float:
    """Return Q′ from sentiment, consistency and relevance, each at its default where it was not reported."""
    total = 0.0
    for name in ("sentiment", "consistency", "relevance"):
        part = getattr(config, name)
        reported = getattr(event, name)
        total += part.weight * (part.default if reported is None else reported)
    return clamp(config.base + config.span * total, config.minimum, config.maximum)


def temporal(occurred_at: datetime, as_of: datetime, decay_per_hour: float, minimum: float) -> float:
    """Return T′: what age leaves; an event that lies ahead has age 0."""
    hours = max((as_of - occurred_at).total_seconds() / SECONDS_PER_HOUR, 0.0)
    return max(math.exp(-decay_per_hour * hours), minimum)
