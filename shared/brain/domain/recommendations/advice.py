"""The next best moves of one client, with everything that is needed to check them and to learn from them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from brain.domain.recommendations.arms import SELF_GENERATED
from brain.domain.recommendations.candidates import Candidate, Excluded, candidates
from brain.domain.recommendations.conditions import Verdict
from brain.domain.recommendations.context import Context
from brain.domain.recommendations.slate import Place, draw_slate
from brain.domain.recommendations.triggers import Triggers
from brain.domain.recommendations.wording import evidence, expected_effect, sentence, title
from brain.errors import InvalidInputError

EXPLOIT, VALIDATION = "exploit", "validation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A slate with its reasons: what was shown, what was kept back, every candidate's chances, and the rest."""

    context: Context
    triggers: Triggers
    limit: int
    seed: int
    eligible: Sequence[Candidate]
    excluded: Sequence[Excluded]
    places: Sequence[Place]


def advise(context: Context, triggers: Triggers, *, limit: int | None = None, seed: int) -> Advice:
    """Return the moves for a client; the same arguments give the same advice.

    Raises:
        InvalidInputError: the limit is not from 1 to the policy's largest.
    """
    policy = triggers.policy
    limit = policy.default_limit if limit is None else limit
    if not 1 <= limit <= policy.largest_limit:
        raise InvalidInputError(f"The limit is from 1 to {policy.largest_limit}; this is {limit}.")
    eligible, excluded = candidates(context, triggers)
    rng = random.Random(f"{policy.version}:{context.client_id}:{context.named_period}:{seed}")  # noqa: S311 - a draw to be repeated, not a secret
    places = draw_slate(eligible, policy, limit=limit, rng=rng)
    return Advice(
        context=context, triggers=triggers, limit=limit, seed=seed, eligible=eligible, excluded=excluded, places=places
    )


def as_document(advice: Advice) -> dict[str, Any]:
    """Return the advice as JSON-ready values: for the reader, for the log, and for the evaluation of the policy."""
    drawn = [place for place in advice.places if place.drawn]
    return {
        "client_id": advice.context.client_id,
        "as_of": advice.context.as_of.isoformat(),
        "period": advice.context.named_period,
        "policy_version": advice.triggers.policy.version,
        "seed": advice.seed,
        "limit": advice.limit,
        "recommendations": [_card(place, advice) for place in drawn if not place.held_back],
        "held_back": [_card(place, advice) for place in drawn if place.held_back],
        "candidates": [_candidate_row(candidate) for candidate in advice.eligible],
        "places": [_place_row(place) for place in advice.places],
        "excluded": [{"reason_code": e.reason_code, "subject": e.subject, "why": e.why} for e in advice.excluded],
    }


def move_type(place: Place) -> str:
    """Return whether the place explored, validates weak evidence, or exploits what is known."""
    if place.explored:
        return SELF_GENERATED
    return VALIDATION if place.drawn and place.drawn.candidate.validates else EXPLOIT


def _card(place: Place, advice: Advice) -> Mapping[str, Any]:
    chance = place.drawn
    assert chance is not None  # noqa: S101 - only places with a draw become cards
    candidate, move = chance.candidate, chance.candidate.move
    known = candidate.verdict is Verdict.HOLDS
    context, triggers = advice.context, advice.triggers
    return {
        "id": candidate.recommendation_id,
        "position": place.position,
        "reason_code": candidate.reason_code,
        "subject": candidate.subject,
        "title": title(candidate, context, triggers),
        "action": sentence(move.action if known else move.trial or move.action, candidate, context, triggers),
        "evidence": sentence(move.evidence, candidate, context, triggers),
        "measured": evidence(candidate, context),
        "expected_effect": expected_effect(candidate, context, triggers),
        "priority": move.priority,
        "effort": move.effort,
        "confidence": candidate.confidence,
        "freshness": candidate.freshness,
        "score": candidate.score,
        "move_type": move_type(place),
        "propensity": chance.shown,
    }


def _candidate_row(candidate: Candidate) -> Mapping[str, Any]:
    return {
        "id": candidate.recommendation_id,
        "reason_code": candidate.reason_code,
        "subject": candidate.subject,
        "verdict": candidate.verdict.value,
        "safe_to_explore": candidate.move.safe_to_explore,
        "score": candidate.score,
        "confidence": candidate.confidence,
        "freshness": candidate.freshness,
        "works": {"successes": candidate.arm.works.successes, "failures": candidate.arm.works.failures},
    }


def _place_row(place: Place) -> Mapping[str, Any]:
    return {
        "position": place.position,
        "drawn": place.drawn.candidate.recommendation_id if place.drawn else None,
        "explored": place.explored,
        "held_back": place.held_back,
        "chances": {
            c.candidate.recommendation_id: {"thompson": c.thompson, "drawn": c.drawn, "shown": c.shown}
            for c in place.chances
        },
    }
