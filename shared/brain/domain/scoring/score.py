"""V′, the score of one event, with everything needed to compute it again.

V′ = (E/F)^(0.6 w_e) · I^(0.4 w_i) · G^(w_g) · A^(w_a) · M_v · Q′^(w_q) · T′^(w_t) · 1000, within 0 and 10 000. The
learned weights are exponents, so log V′ is linear in them. ``performance`` leaves T′ out and compares across time
and channels; ``attention`` has it and says what is hot now; ``overall`` is V′.
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
    """The learned exponents, 1 until something is learned."""

    engagement: float = 1.0
    impressions: float = 1.0
    growth: float = 1.0
    authenticity: float = 1.0
    quality: float = 1.0
    temporal: float = 1.0
    version: str = "default"

    def as_mapping(self) -> dict[str, float]:
        """Return the exponents by component, without the version."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "version"}


DEFAULT_WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Score:
    """An event's score at a moment; ``neutral`` names the components that were unknown and count as 1."""

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
    """Return the score of ``event`` as of a moment, given its platform's history."""
    values, neutral = _values(event, history, as_of, config)
    multiplier = config.verticals.get(event.vertical or "", NEUTRAL)
    logs = log_components(values, config)
    exponents = weights.as_mapping()
    constant = math.log(multiplier * config.scale)
    timeless = constant + sum(exponents[k] * logs[k] for k in exponents if k != "temporal")
    performance = _clamped_exp(timeless, config.maximum)
    attention = _clamped_exp(timeless + exponents["temporal"] * logs["temporal"], config.maximum)
    return Score(
        event_id=event.event_id,
        client_id=event.client_id,
        as_of=as_of,
        overall=attention,
        performance=performance,
        attention=attention,
        confidence=_confidence(event, history, len(neutral), config),
        components={**values, "vertical": multiplier},
        neutral=neutral,
        model_version=config.model_version,
        weights_version=weights.version,
        inputs=_inputs(event, history),
    )


def log_components(values: Mapping[str, float], config: ScoringConfig) -> dict[str, float]:
    """Return each component's log with its fixed exponent: log V′ = Σ weight · log_component + constant."""
    fixed = {"engagement": config.engagement.exponent, "impressions": config.impressions.exponent}
    return {name: fixed.get(name, 1.0) * math.log(value) for name, value in values.items()}


def _values(
    event: Event, history: PlatformHistory, as_of: datetime, config: ScoringConfig
) -> tuple[dict[str, float], tuple[str, ...]]:
    usual = components.baseline(event.platform, history, config)
    perhaps = {
        "engagement": components.engagement(event, usual, config),
        "impressions": components.impressions(event, config.impressions),
        "growth": components.growth(history, config),
    }
    values = {name: NEUTRAL if value is None else value for name, value in perhaps.items()}
    values["authenticity"] = components.authenticity(event, config.authenticity)
    values["quality"] = components.quality(event, config.quality)
    values["temporal"] = components.temporal(event.occurred_at, as_of, usual.decay, config.temporal.minimum)
    return values, tuple(name for name, value in perhaps.items() if value is None)


def _clamped_exp(log_value: float, maximum: float) -> float:
    """Return e^log_value, at most ``maximum``; compared as logs, so that extreme weights cannot overflow."""
    return maximum if log_value >= math.log(maximum) else math.exp(log_value)


def _confidence(event: Event, history: PlatformHistory, neutral: int, config: ScoringConfig) -> float:
    parts = config.confidence
    rate = components.engagement_rate(event)
    low, high = parts.plausible_rate_range
    shown = event.impressions is not None
    known = (
        (parts.engagements, components.engagements(event) is not None),
        (parts.impressions, shown),
        (parts.audience, bool(event.audience_size)),
        (parts.platform, event.platform in config.baselines),
        (parts.vertical, event.vertical in config.verticals),
        (parts.plausible_rate, rate is not None and low <= rate <= high),
        (parts.plausible_impressions, shown and (event.impressions or 0) < parts.plausible_impressions_below),
        (parts.history, history.events >= parts.history_events),
    )
    total = math.fsum(weight for weight, is_known in known if is_known)
    return min(total, 1.0) * parts.neutral_factor**neutral


def _inputs(event: Event, history: PlatformHistory) -> dict[str, float | int | str | None]:
    return {
        "platform": event.platform,
        "vertical": event.vertical,
        "engagements": components.engagements(event),
        "impressions": event.impressions,
        "audience_size": event.audience_size,
        "occurred_at": event.occurred_at.isoformat(),
        **{f"history_{f.name}": getattr(history, f.name) for f in fields(history)},
    }
