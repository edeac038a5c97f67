"""Compare the first score of content with its matured score.

The observation is the matured score under neutral weights (all exponents as in the score's definition), so its meaning
does not depend on what was learned meanwhile. Both scores are relative to the baseline of the comparison group: growth
that all content of the group shares is not an error of the weights.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from brain.domain.learning.first_score import FirstScore, compute_ageless_logs, join_counters
from brain.domain.learning.group_baseline import GroupBaseline
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.learning.outcomes import COMPONENTS, ScoreOutcome
from brain.domain.scoring import ScoringConfig


class ExclusionReason(StrEnum):
    """Why matured content gives no outcome."""

    NOT_SEEN_AGAIN = "not_seen_again"
    SEEN_TOO_EARLY = "seen_too_early"
    OTHER_COUNTERS = "other_counters"
    NEW_GROUP = "first_of_its_kind"
    TOO_MANY_GROUPS = "too_many_kinds"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaturedContent:
    """Content at maturity: its first score and the components of its latest score."""

    client_id: str
    event_id: str
    first: FirstScore
    seen_at: datetime | None
    components: Mapping[str, float]
    neutral: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """The result for one piece of content: an outcome with its interval, or the reason why there is none.

    ``baseline`` is the updated baseline of its group; None if the content does not change it.
    """

    outcome: ScoreOutcome | None = None
    interval: tuple[float, float] | None = None
    excluded: ExclusionReason | None = None
    baseline: GroupBaseline | None = None


def observe(
    content: MaturedContent,
    baselines: Mapping[str, GroupBaseline],
    recorded_at: datetime,
    rule: OutcomeRule,
    config: ScoringConfig,
) -> Observation:
    """Return the observation of matured content, given the baseline of each group before it matured."""
    first = content.first
    group = first.comparison_group
    reason = _exclusion_reason(content, rule)
    if reason is None and group not in baselines and len(baselines) >= rule.usual.kinds:
        reason = ExclusionReason.TOO_MANY_GROUPS
    if reason:
        return Observation(excluded=reason)
    baseline = baselines.get(group, GroupBaseline())
    first_log, matured_log = math.log(first.performance), _matured_log(content, config)
    if baseline.count < rule.usual.minimum:
        updated = baseline.update(first_log, matured_log, first.component_logs, None, rule.usual)
        return Observation(excluded=ExclusionReason.NEW_GROUP, baseline=updated)
    predicted_log = baseline.matured_log + first_log - baseline.first_log
    error = predicted_log - matured_log
    updated = baseline.update(first_log, matured_log, first.component_logs, error, rule.usual)
    bound = baseline.error_bound(rule.usual.coverage)
    interval = None if bound is None else (math.exp(predicted_log - bound), math.exp(predicted_log + bound))
    outcome = _build_outcome(content, baseline, predicted_log, matured_log, recorded_at)
    return Observation(outcome, interval, None, updated)


def build_outcome_id(event_id: str, predicted_at: datetime) -> str:
    """Return the id of the outcome of a prediction: each prediction has one outcome."""
    return f"out_{hashlib.sha256(f'{event_id}|{predicted_at.isoformat()}'.encode()).hexdigest()[:24]}"


def _build_outcome(
    content: MaturedContent, baseline: GroupBaseline, predicted_log: float, matured_log: float, recorded_at: datetime
) -> ScoreOutcome:
    """Return the outcome with components relative to the baseline; age is part of neither side."""
    first = content.first
    assert content.seen_at is not None  # noqa: S101 - content that was not seen again is excluded before
    relative_logs = {
        name: component_log - baseline.component_logs[name] for name, component_log in first.component_logs.items()
    }
    return ScoreOutcome(
        outcome_id=build_outcome_id(content.event_id, first.scored_at),
        client_id=content.client_id,
        predicted_at=first.scored_at,
        observed_at=content.seen_at,
        recorded_at=recorded_at,
        predicted=math.exp(predicted_log),
        observed=math.exp(matured_log),
        components={name: relative_logs.get(name, 0.0) for name in COMPONENTS},
        constant=baseline.matured_log,
    )


def _exclusion_reason(content: MaturedContent, rule: OutcomeRule) -> ExclusionReason | None:
    first = content.first
    if content.seen_at is None:
        return ExclusionReason.NOT_SEEN_AGAIN
    wait = max((first.matures_at - first.scored_at) * rule.seen_share, timedelta(minutes=rule.minimum_wait_minutes))
    if content.seen_at - first.scored_at < wait:
        return ExclusionReason.SEEN_TOO_EARLY
    same_counters = first.comparison_group.endswith(f"|{join_counters(content.neutral)}")
    return None if same_counters else ExclusionReason.OTHER_COUNTERS


def _matured_log(content: MaturedContent, config: ScoringConfig) -> float:
    """Return the log of the matured score under neutral weights, without age."""
    component_logs = compute_ageless_logs(content.components, config)
    return math.log(content.components["vertical"] * config.scale) + math.fsum(component_logs.values())
