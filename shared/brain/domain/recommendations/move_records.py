"""The records of drawn moves: what was drawn, with what probability, and what probability other policies gave it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from brain.domain.recommendations.advice import Advice, classify_move
from brain.domain.recommendations.advice_state import MoveRecord
from brain.domain.recommendations.beliefs import build_belief
from brain.domain.recommendations.candidates import MoveCandidate
from brain.domain.recommendations.context import AdviceContext
from brain.domain.recommendations.slate import SelectionOdds, SlateSlot, build_value_distributions, compute_odds
from brain.domain.recommendations.thompson_sampling import ValueDistribution
from brain.domain.recommendations.wording import format_title

SEED_DIGITS = 8


def derive_seed(client_id: str, period: str) -> int:
    """Return the seed of a client's slate for a period."""
    return int(hashlib.sha256(f"{client_id}|{period}".encode()).hexdigest()[:SEED_DIGITS], 16)


def build_move_records(advice: Advice, platforms: Sequence[str], earlier_by: timedelta) -> list[MoveRecord]:
    """Return a record per drawn move, in the order of the slots.

    Args:
        advice: The advice whose slots were drawn.
        platforms: The client's platforms, which subjects may name.
        earlier_by: How long before the draw the beliefs of ``chance_before`` date from.
    """
    earlier_context, policy = rewind_context(advice.context, earlier_by), advice.catalogue.policy
    earlier_candidates = [
        replace(candidate, belief=build_belief(candidate.reason_code, earlier_context, policy))
        for candidate in advice.eligible
    ]
    earlier = build_value_distributions(earlier_candidates, policy)
    return [_build_record(slot, advice, platforms, earlier) for slot in advice.slots if slot.drawn]


def rewind_context(context: AdviceContext, earlier_by: timedelta) -> AdviceContext:
    """Return the context with only the moves, outcomes and answers that were known so long before."""
    cutoff = context.as_of - earlier_by
    history = [
        past
        if past.outcome is None or past.outcome.measured_at <= cutoff
        else past.model_copy(update={"outcome": None})
        for past in context.history
        if past.shown_at <= cutoff
    ]
    answers = tuple(answer for answer in context.feedback if answer.at <= cutoff)
    return context.model_copy(update={"history": tuple(history), "feedback": answers})


def selection_probability(odds: Sequence[SelectionOdds], candidate: MoveCandidate) -> float:
    """Return the probability that a slot which draws anything draws this candidate."""
    drawn = {candidate_odds.candidate.recommendation_id: candidate_odds.drawn for candidate_odds in odds}
    return drawn[candidate.recommendation_id] / sum(drawn.values())


def parse_subject_platform(subject: str | None, platforms: Sequence[str]) -> str | None:
    """Return the platform that a subject names, such as ``linkedin`` of ``carousel on linkedin``, else None."""
    platform = (subject or "").rpartition(" on ")[2]
    return platform if platform in platforms else None


def _build_record(
    slot: SlateSlot, advice: Advice, platforms: Sequence[str], earlier: Mapping[str, ValueDistribution]
) -> MoveRecord:
    drawn = slot.drawn
    assert drawn is not None  # noqa: S101 - only slots with a draw become records
    candidate, context, policy = drawn.candidate, advice.context, advice.catalogue.policy
    earlier_odds = compute_odds([odds.candidate for odds in slot.odds], earlier, policy)
    return MoveRecord(
        recommendation_id=candidate.recommendation_id,
        reason_code=candidate.reason_code,
        subject=candidate.subject,
        platform=parse_subject_platform(candidate.subject, platforms),
        metric=candidate.move.improves,
        title=format_title(candidate, context, advice.catalogue),
        period=context.named_period,
        shown_at=context.as_of,
        move_type=classify_move(slot),
        held_back=slot.held_back,
        policy_version=policy.version,
        propensity=drawn.shown,
        chance=selection_probability(slot.odds, candidate),
        chance_even=1 / len(slot.odds),
        chance_before=selection_probability(earlier_odds, candidate),
    )
