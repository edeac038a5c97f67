"""From advice to the record of its moves: what was drawn, with what chance, and what chance other choices gave it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from brain.domain.recommendations.advice import Advice, move_type
from brain.domain.recommendations.arms import arm
from brain.domain.recommendations.candidates import Candidate
from brain.domain.recommendations.context import Context
from brain.domain.recommendations.slate import Chance, Place, chances_of, worths_of
from brain.domain.recommendations.standing import Move
from brain.domain.recommendations.thompson import Worth
from brain.domain.recommendations.wording import title

SEED_DIGITS = 8


def seed_of(client_id: str, period: str) -> int:
    """Return the seed of a client's slate for a period."""
    return int(hashlib.sha256(f"{client_id}|{period}".encode()).hexdigest()[:SEED_DIGITS], 16)


def moves_of(advice: Advice, platforms: Sequence[str], before: timedelta) -> list[Move]:
    """Return a record a move drawn, in the order of the places, with its chance by the beliefs of ``before`` ago."""
    earlier, policy = believed(advice.context, before), advice.triggers.policy
    then = [replace(c, arm=arm(c.reason_code, earlier, policy)) for c in advice.eligible]
    worth_of = worths_of(then, policy)
    return [_move(place, advice, platforms, worth_of) for place in advice.places if place.drawn]


def believed(context: Context, before: timedelta) -> Context:
    """Return the context with what was known of earlier moves so long before."""
    then = context.as_of - before
    history = [
        past if past.outcome is None or past.outcome.measured_at <= then else past.model_copy(update={"outcome": None})
        for past in context.history
        if past.shown_at <= then
    ]
    answers = tuple(answer for answer in context.feedback if answer.at <= then)
    return context.model_copy(update={"history": tuple(history), "feedback": answers})


def share(chances: Sequence[Chance], candidate: Candidate) -> float:
    """Return the probability of a candidate among what a place may draw."""
    drawn = {chance.candidate.recommendation_id: chance.drawn for chance in chances}
    return drawn[candidate.recommendation_id] / sum(drawn.values())


def platform_of(subject: str | None, platforms: Sequence[str]) -> str | None:
    """Return the platform that a subject names, such as linkedin or carousel on linkedin."""
    named = (subject or "").rpartition(" on ")[2]
    return named if named in platforms else None


def _move(place: Place, advice: Advice, platforms: Sequence[str], earlier: Mapping[str, Worth]) -> Move:
    chance = place.drawn
    assert chance is not None  # noqa: S101 - only places with a draw become moves
    candidate, context, triggers = chance.candidate, advice.context, advice.triggers
    return Move(
        recommendation_id=candidate.recommendation_id,
        reason_code=candidate.reason_code,
        subject=candidate.subject,
        platform=platform_of(candidate.subject, platforms),
        metric=candidate.move.improves,
        title=title(candidate, context, triggers),
        period=context.named_period,
        shown_at=context.as_of,
        move_type=move_type(place),
        held_back=place.held_back,
        policy_version=triggers.policy.version,
        propensity=chance.shown,
        chance=share(place.chances, candidate),
        chance_even=1 / len(place.chances),
        chance_before=share(chances_of([c.candidate for c in place.chances], earlier, triggers.policy), candidate),
    )
