"""The next best moves of one client, with everything needed to verify them and to learn from them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from brain.domain.recommendations.beliefs import SELF_GENERATED
from brain.domain.recommendations.candidates import ExcludedMove, MoveCandidate, rank_candidates
from brain.domain.recommendations.catalogue import MoveCatalogue
from brain.domain.recommendations.conditions import ConditionStatus
from brain.domain.recommendations.context import AdviceContext
from brain.domain.recommendations.slate import SlateSlot, draw_slate
from brain.domain.recommendations.wording import estimate_effect, fill_template, format_title, list_evidence
from brain.errors import InvalidInputError

EXPLOIT, VALIDATION = "exploit", "validation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A slate and how it came about: its inputs, the eligible and the excluded moves, and the slots as drawn."""

    context: AdviceContext
    catalogue: MoveCatalogue
    limit: int
    seed: int
    eligible: Sequence[MoveCandidate]
    excluded: Sequence[ExcludedMove]
    slots: Sequence[SlateSlot]

    def to_document(self) -> dict[str, Any]:
        """Return JSON-ready values: for the reader, for the log, and for the evaluation of the policy."""
        drawn = [slot for slot in self.slots if slot.drawn]
        return {
            "client_id": self.context.client_id,
            "as_of": self.context.as_of.isoformat(),
            "period": self.context.named_period,
            "policy_version": self.catalogue.policy.version,
            "seed": self.seed,
            "limit": self.limit,
            "recommendations": [_card_to_document(slot, self) for slot in drawn if not slot.held_back],
            "held_back": [_card_to_document(slot, self) for slot in drawn if slot.held_back],
            "candidates": [_candidate_to_document(candidate) for candidate in self.eligible],
            "places": [_slot_to_document(slot) for slot in self.slots],
            "excluded": [_excluded_to_document(move) for move in self.excluded],
        }


def advise(context: AdviceContext, catalogue: MoveCatalogue, *, limit: int | None = None, seed: int) -> Advice:
    """Return the moves for a client; the same arguments give the same advice.

    Args:
        context: What is known of the client.
        catalogue: The moves, metrics and policy.
        limit: The most moves to draw, by default the policy's ``default_limit``.
        seed: The seed of the draw.

    Raises:
        InvalidInputError: The limit is below 1 or above the policy's ``largest_limit``.
    """
    policy = catalogue.policy
    limit = policy.default_limit if limit is None else limit
    if not 1 <= limit <= policy.largest_limit:
        raise InvalidInputError(f"limit must be from 1 to {policy.largest_limit}, got {limit}")
    eligible, excluded = rank_candidates(context, catalogue)
    rng = random.Random(f"{policy.version}:{context.client_id}:{context.named_period}:{seed}")  # noqa: S311 - a draw to be repeated, not a secret
    slots = draw_slate(eligible, policy, limit=limit, rng=rng)
    return Advice(
        context=context, catalogue=catalogue, limit=limit, seed=seed, eligible=eligible, excluded=excluded, slots=slots
    )


def classify_move(slot: SlateSlot) -> str:
    """Return whether the slot's move explores, validates weak evidence, or exploits what is known."""
    if slot.explored:
        return SELF_GENERATED
    return VALIDATION if slot.drawn and slot.drawn.candidate.is_validation else EXPLOIT


def _card_to_document(slot: SlateSlot, advice: Advice) -> Mapping[str, Any]:
    drawn = slot.drawn
    assert drawn is not None  # noqa: S101 - only slots with a draw become cards
    candidate, move = drawn.candidate, drawn.candidate.move
    holds = candidate.conditions is ConditionStatus.HOLDS
    context, catalogue = advice.context, advice.catalogue
    return {
        "id": candidate.recommendation_id,
        "position": slot.position,
        "reason_code": candidate.reason_code,
        "subject": candidate.subject,
        "title": format_title(candidate, context, catalogue),
        "action": fill_template(move.action if holds else move.trial or move.action, candidate, context, catalogue),
        "evidence": fill_template(move.evidence, candidate, context, catalogue),
        "measured": list_evidence(candidate, context),
        "expected_effect": estimate_effect(candidate, context, catalogue),
        "priority": move.priority,
        "effort": move.effort,
        "confidence": candidate.confidence,
        "freshness": candidate.freshness,
        "score": candidate.score,
        "move_type": classify_move(slot),
        "propensity": drawn.shown,
    }


def _candidate_to_document(candidate: MoveCandidate) -> Mapping[str, Any]:
    return {
        "id": candidate.recommendation_id,
        "reason_code": candidate.reason_code,
        "subject": candidate.subject,
        "verdict": candidate.conditions.value,
        "safe_to_explore": candidate.move.safe_to_explore,
        "score": candidate.score,
        "confidence": candidate.confidence,
        "freshness": candidate.freshness,
        "works": {"successes": candidate.belief.works.successes, "failures": candidate.belief.works.failures},
    }


def _excluded_to_document(move: ExcludedMove) -> dict[str, Any]:
    return {"reason_code": move.reason_code, "subject": move.subject, "why": move.reason}


def _slot_to_document(slot: SlateSlot) -> Mapping[str, Any]:
    return {
        "position": slot.position,
        "drawn": slot.drawn.candidate.recommendation_id if slot.drawn else None,
        "explored": slot.explored,
        "held_back": slot.held_back,
        "chances": {
            odds.candidate.recommendation_id: {"thompson": odds.thompson, "drawn": odds.drawn, "shown": odds.shown}
            for odds in slot.odds
        },
    }
