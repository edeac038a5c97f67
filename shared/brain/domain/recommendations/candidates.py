"""The moves that could be shown now with their scores, and those that could not with the reason."""

from dataclasses import dataclass
from datetime import timedelta

from brain.domain.recommendations.beliefs import MoveBelief, build_belief
from brain.domain.recommendations.catalogue import MoveCatalogue, MoveDefinition, MovePolicy
from brain.domain.recommendations.conditions import ConditionStatus, evaluate_conditions, list_subjects
from brain.domain.recommendations.context import AdviceContext, MetricReading
from brain.domain.recommendations.eligibility import find_exclusion_reason
from brain.domain.recommendations.recommendation_ids import derive_recommendation_id


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCandidate:
    """A move that may be shown: its subject, what is known about it, and its score (0 to 1, more for validation)."""

    recommendation_id: str
    reason_code: str
    subject: str | None
    move: MoveDefinition
    conditions: ConditionStatus
    confidence: float
    freshness: float
    score: float
    is_validation: bool
    belief: MoveBelief


@dataclass(frozen=True, slots=True)
class ExcludedMove:
    """A move that may not be shown now, and the reason."""

    reason_code: str
    subject: str | None
    reason: str


def rank_candidates(context: AdviceContext, catalogue: MoveCatalogue) -> tuple[list[MoveCandidate], list[ExcludedMove]]:
    """Return the eligible moves, highest score first, and the excluded ones in the catalogue's order."""
    eligible: list[MoveCandidate] = []
    excluded: list[ExcludedMove] = []
    policy = catalogue.policy
    for code, move in catalogue.moves.items():
        belief = build_belief(code, context, policy)
        for subject in list_subjects(move, context):
            conditions = evaluate_conditions(move.conditions, context, subject)
            reason = find_exclusion_reason(code, subject, move, conditions, belief, context, policy)
            if reason is None:
                eligible.append(_build_candidate(code, subject, move, conditions, belief, context, policy))
            else:
                excluded.append(ExcludedMove(code, subject, reason))
    return sorted(eligible, key=lambda candidate: (-candidate.score, candidate.recommendation_id)), excluded


def compute_freshness(age: timedelta, policy: MovePolicy) -> float:
    """Return the freshness of evidence: 1 at age 0, falling linearly to the policy's floor."""
    elapsed = min(1.0, age / timedelta(days=policy.freshness_days))
    return 1 - (1 - policy.freshness_floor) * elapsed


def _build_candidate(
    code: str,
    subject: str | None,
    move: MoveDefinition,
    conditions: ConditionStatus,
    belief: MoveBelief,
    context: AdviceContext,
    policy: MovePolicy,
) -> MoveCandidate:
    readings = [context.reading(condition.metric, subject) for condition in move.conditions]
    confidence = min(_select_confidence(reading, context) for reading in readings)
    freshness = min(
        (compute_freshness(context.age(reading), policy) for reading in readings if reading),
        default=policy.freshness_floor,
    )
    is_validation = confidence < policy.validation_below_confidence
    weights = policy.score_weights
    score = (
        weights.priority * policy.priorities[move.priority]
        + weights.effort * policy.efforts[move.effort]
        + weights.confidence * confidence
        + weights.freshness * freshness
        + (policy.validation_bonus if is_validation else 0.0)
    )
    return MoveCandidate(
        recommendation_id=derive_recommendation_id(context.client_id, code, subject, context.named_period),
        reason_code=code,
        subject=subject,
        move=move,
        conditions=conditions,
        confidence=confidence,
        freshness=freshness,
        score=score,
        is_validation=is_validation,
        belief=belief,
    )


def _select_confidence(reading: MetricReading | None, context: AdviceContext) -> float:
    if reading is None or reading.value is None:
        return 0.0
    return context.confidence if reading.confidence is None else reading.confidence
