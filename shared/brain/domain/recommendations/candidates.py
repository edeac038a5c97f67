"""Every move that could be shown now with its score, and every one that could not with the reason."""

from dataclasses import dataclass
from datetime import timedelta

from brain.domain.recommendations.arms import Arm, arm
from brain.domain.recommendations.conditions import Verdict, judge_all, subjects
from brain.domain.recommendations.context import Context, Reading
from brain.domain.recommendations.eligibility import why_not
from brain.domain.recommendations.identity import recommendation_id
from brain.domain.recommendations.triggers import Move, Policy, Triggers


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A move that may be shown: what it is about, what is known, and its score (0 to 1, more for validation)."""

    recommendation_id: str
    reason_code: str
    subject: str | None
    move: Move
    verdict: Verdict
    confidence: float
    freshness: float
    score: float
    validates: bool
    arm: Arm


@dataclass(frozen=True, slots=True)
class Excluded:
    """A move that may not be shown now, and why."""

    reason_code: str
    subject: str | None
    why: str


def candidates(context: Context, triggers: Triggers) -> tuple[list[Candidate], list[Excluded]]:
    """Return the eligible moves in the order of their scores, and the others in the catalogue's order."""
    eligible: list[Candidate] = []
    excluded: list[Excluded] = []
    for code, move in triggers.moves.items():
        belief = arm(code, context, triggers.policy)
        for subject in subjects(move, context):
            verdict = judge_all(move.conditions, context, subject)
            why = why_not(code, subject, move, verdict, belief, context, triggers.policy)
            if why is None:
                eligible.append(_candidate(code, subject, move, verdict, belief, context, triggers.policy))
            else:
                excluded.append(Excluded(code, subject, why))
    return sorted(eligible, key=lambda c: (-c.score, c.recommendation_id)), excluded


def freshness(age: timedelta, policy: Policy) -> float:
    """Return 1 for evidence of this moment, falling in a straight line to the floor and staying there."""
    share = min(1.0, age / timedelta(days=policy.freshness_days))
    return 1 - (1 - policy.freshness_floor) * share


def _candidate(
    code: str, subject: str | None, move: Move, verdict: Verdict, belief: Arm, context: Context, policy: Policy
) -> Candidate:
    readings = [context.reading(condition.metric, subject) for condition in move.conditions]
    confidence = min(_confidence(reading, context) for reading in readings)
    fresh = min((freshness(context.age(r), policy) for r in readings if r), default=policy.freshness_floor)
    validates = confidence < policy.validation_below_confidence
    weights = policy.score_weights
    score = (
        weights.priority * policy.priorities[move.priority]
        + weights.effort * policy.efforts[move.effort]
        + weights.confidence * confidence
        + weights.freshness * fresh
        + (policy.validation_bonus if validates else 0.0)
    )
    return Candidate(
        recommendation_id=recommendation_id(context.client_id, code, subject, context.named_period),
        reason_code=code,
        subject=subject,
        move=move,
        verdict=verdict,
        confidence=confidence,
        freshness=fresh,
        score=score,
        validates=validates,
        arm=belief,
    )


def _confidence(reading: Reading | None, context: Context) -> float:
    if reading is None or reading.value is None:
        return 0.0
    return context.confidence if reading.confidence is None else reading.confidence
