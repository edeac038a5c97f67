"""V′, the score of one event, with everything needed to compute it again.

V′ = (E/F)^(0.6 w_e) · I^(0.4 w_i) · G^(w_g) · A^(w_a) · M_v · Q′^(w_q) · T′^(w_t) · 1000, within 0 and 10 000. The
learned weights are exponents, so log V′ is linear in them. ``performance`` leaves T′ out and compares across time
and channels; ``attention`` includes it and says what is hot now; ``overall`` is V′.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from brain.domain.events import Event
from brain.domain.scoring import components
from brain.domain.scoring.config import ScoringConfig
from brain.domain.scoring.history import NO_HISTORY, PlatformHistory

NEUTRAL = 1.0


@dataclass(frozen=True, slots=True)
class Weights:
    """The learned exponents of the components; 1 until something is learned."""

    engagement: float = 1.0
    impressions: float = 1.0
    growth: float = 1.0
    authenticity: float = 1.0
    quality: float = 1.0
    temporal: float = 1.0
    version: str = "default"

    @property
    def exponents(self) -> dict[str, float]:
        """The exponents by component."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "version"}


DEFAULT_WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Score:
    """An event's score at a moment; ``neutral`` lists the components that were unknown and count as 1."""

    event_id: str
    client_id: str
    as_of: datetime
    overall: float
    performance: float
    attention: float
    confidence: float
    components: Mapping[str, float]
    neutral: tuple[str, ...]
    model_version: str
    weights_version: str
    inputs: Mapping[str, float | int | str | None]


def score(
    event: Event,
    history: PlatformHistory = NO_HISTORY,
    weights: Weights = DEFAULT_WEIGHTS,
    *,
    as_of: datetime,
    config: ScoringConfig,
) -> Score:
    """Score an event.

    Args:
        event: The event; what it does not report is neutral.
        history: The client's earlier events on the same platform.
        weights: The learned exponents.
        as_of: The moment at which the age of the event is taken.
        config: The constants of the score.

    Example:
        A LinkedIn post at the usual engagement rate of 2 %, with impressions at the median of its audience.

        >>> from brain.domain.scoring.gold_standards import SCORED_AT, Scenario
        >>> from brain.settings.files import load_config
        >>> post = {"platform": "linkedin", "engagements": 60, "impressions": 1000, "audience_size": 3000}
        >>> config = load_config("brain_scoring", ScoringConfig)
        >>> post_score = score(Scenario(event=post).to_event(), as_of=SCORED_AT, config=config)
        >>> round(post_score.overall), round(post_score.confidence, 3), post_score.neutral
        (1240, 0.4, ('growth',))
    """
    values, neutral = _compute_components(event, history, as_of, config)
    multiplier = config.verticals.get(event.vertical or "", NEUTRAL)
    logs = compute_log_components(values, config)
    exponents = weights.exponents
    constant = math.log(multiplier * config.scale)
    timeless = constant + sum(exponents[name] * logs[name] for name in exponents if name != "temporal")
    performance = _exp_up_to(timeless, config.maximum)
    attention = _exp_up_to(timeless + exponents["temporal"] * logs["temporal"], config.maximum)
    return Score(
        event_id=event.event_id,
        client_id=event.client_id,
        as_of=as_of,
        overall=attention,
        performance=performance,
        attention=attention,
        confidence=_compute_confidence(event, history, len(neutral), config),
        components={**values, "vertical": multiplier},
        neutral=neutral,
        model_version=config.model_version,
        weights_version=weights.version,
        inputs=_collect_inputs(event, history),
    )


def compute_log_components(values: Mapping[str, float], config: ScoringConfig) -> dict[str, float]:
    """Return the log of each component times its fixed exponent: log V′ = Σ weight · log component + constant.

    Example:
        >>> from brain.settings.files import load_config
        >>> config = load_config("brain_scoring", ScoringConfig)
        >>> logs = compute_log_components({"engagement": 2.0, "quality": 1.0}, config)
        >>> round(logs["engagement"], 4), logs["quality"]
        (0.4159, 0.0)
    """
    fixed = {"engagement": config.engagement.exponent, "impressions": config.impressions.exponent}
    return {name: fixed.get(name, 1.0) * math.log(component) for name, component in values.items()}


def _compute_components(
    event: Event, history: PlatformHistory, as_of: datetime, config: ScoringConfig
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return the components by name, and the names of those that are unknown and therefore neutral."""
    baseline = components.select_baseline(event.platform, history, config)
    optional = {
        "engagement": components.compute_engagement(event, baseline, config),
        "impressions": components.compute_impressions(event, config.impressions),
        "growth": components.compute_growth(history, config),
    }
    values = {name: NEUTRAL if component is None else component for name, component in optional.items()}
    values["authenticity"] = components.compute_authenticity(event, config.authenticity)
    values["quality"] = components.compute_quality(event, config.quality)
    values["temporal"] = components.compute_temporal(event.occurred_at, as_of, baseline.decay, config.temporal.minimum)
    return values, tuple(name for name, component in optional.items() if component is None)


def _exp_up_to(log_score: float, maximum: float) -> float:
    """Return e^log_score, at most ``maximum``; compared as logs, so that extreme weights cannot overflow."""
    return maximum if log_score >= math.log(maximum) else math.exp(log_score)


def _compute_confidence(event: Event, history: PlatformHistory, neutral_count: int, config: ScoringConfig) -> float:
    """Return the confidence in a score: the sum of the weights of known inputs, reduced per neutral component."""
    settings = config.confidence
    rate = components.compute_engagement_rate(event)
    low, high = settings.plausible_rate_range
    has_impressions = event.impressions is not None
    checks = (
        (settings.engagements, components.count_engagements(event) is not None),
        (settings.impressions, has_impressions),
        (settings.audience, bool(event.audience_size)),
        (settings.platform, event.platform in config.baselines),
        (settings.vertical, event.vertical in config.verticals),
        (settings.plausible_rate, rate is not None and low <= rate <= high),
        (
            settings.plausible_impressions,
            has_impressions and (event.impressions or 0) < settings.plausible_impressions_below,
        ),
        (settings.history, history.events >= settings.history_events),
    )
    total = math.fsum(weight for weight, passed in checks if passed)
    return min(total, 1.0) * settings.neutral_factor**neutral_count


def _collect_inputs(event: Event, history: PlatformHistory) -> dict[str, float | int | str | None]:
    return {
        "platform": event.platform,
        "vertical": event.vertical,
        "engagements": components.count_engagements(event),
        "impressions": event.impressions,
        "audience_size": event.audience_size,
        "occurred_at": event.occurred_at.isoformat(),
        **{f"history_{f.name}": getattr(history, f.name) for f in fields(history)},
    }
