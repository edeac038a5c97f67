"""The slate: which move takes which slot, drawn with probabilities that are recorded before the draw.

Each slot is drawn from the moves that remain. With probability ε it explores, uniformly among the safe moves; otherwise
it follows Thompson sampling over the moves whose conditions hold, so p = (1 - ε)·p_TS + ε/K. The drawn move is then
shown or, with the control probability, held back and only measured, so that the effect of advice can be told from what
would have happened anyway.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from brain.domain.recommendations.candidates import MoveCandidate
from brain.domain.recommendations.catalogue import MovePolicy
from brain.domain.recommendations.conditions import ConditionStatus
from brain.domain.recommendations.thompson_sampling import (
    ValueDistribution,
    compute_best_probabilities,
    compute_value_distributions,
)


@dataclass(frozen=True, slots=True)
class SelectionOdds:
    """A candidate's probabilities at one slot before the draw.

    By Thompson sampling alone, by uniform exploration alone, of being drawn, and of being drawn and shown.
    """

    candidate: MoveCandidate
    thompson: float
    uniform: float
    drawn: float
    shown: float


@dataclass(frozen=True, slots=True)
class SlateSlot:
    """One slot of the slate: the odds of all candidates, which was drawn (None: none), and how it was treated."""

    position: int
    odds: tuple[SelectionOdds, ...]
    drawn: SelectionOdds | None
    explored: bool
    held_back: bool


def draw_slate(
    eligible: Sequence[MoveCandidate], policy: MovePolicy, *, limit: int, rng: random.Random
) -> list[SlateSlot]:
    """Return the slots of the slate, first to last.

    There are as many slots as moves whose conditions hold, at most ``limit``, so that the share that explores is ε
    whatever the limit. If no move's conditions hold, there are ``limit`` slots, empty unless they explore.
    """
    remaining = list(eligible)
    applicable = _select_applicable(remaining)
    distributions = build_value_distributions(remaining, policy)
    slots = []
    for position in range(1, min(limit, len(applicable) or limit) + 1):
        slot = draw_slot(position, compute_odds(remaining, distributions, policy), policy, rng)
        slots.append(slot)
        if slot.drawn:
            remaining.remove(slot.drawn.candidate)
    return slots


def build_value_distributions(candidates: Sequence[MoveCandidate], policy: MovePolicy) -> dict[str, ValueDistribution]:
    """Return the value distribution of each candidate whose conditions hold, by recommendation id."""
    applicable = _select_applicable(candidates)
    distributions = compute_value_distributions(
        [candidate.score**policy.score_exponent for candidate in applicable],
        [candidate.belief.works for candidate in applicable],
    )
    ids = [candidate.recommendation_id for candidate in applicable]
    return dict(zip(ids, distributions, strict=True))


def compute_odds(
    remaining: Sequence[MoveCandidate], distributions: Mapping[str, ValueDistribution], policy: MovePolicy
) -> tuple[SelectionOdds, ...]:
    """Return the odds of each remaining candidate.

    Args:
        remaining: The candidates that no earlier slot has drawn.
        distributions: The value distribution of each candidate whose conditions hold, by recommendation id.
        policy: The policy that states exploration and control.
    """
    ids = [candidate.recommendation_id for candidate in _select_applicable(remaining)]
    best = compute_best_probabilities([distributions[recommendation_id] for recommendation_id in ids])
    thompson_by_id = dict(zip(ids, best, strict=True))
    safe_moves = sum(candidate.move.safe_to_explore for candidate in remaining)
    epsilon = policy.exploration if safe_moves else 0.0
    odds = []
    for candidate in remaining:
        thompson = thompson_by_id.get(candidate.recommendation_id, 0.0)
        uniform = 1 / safe_moves if candidate.move.safe_to_explore else 0.0
        drawn = (1 - epsilon) * thompson + epsilon * uniform
        odds.append(SelectionOdds(candidate, thompson, uniform, drawn, drawn * (1 - policy.control)))
    return tuple(odds)


def draw_slot(position: int, odds: tuple[SelectionOdds, ...], policy: MovePolicy, rng: random.Random) -> SlateSlot:
    """Return the slot as drawn; three numbers of ``rng`` decide on exploration, the move, and control."""
    explores, quantile, held_back = rng.random() < policy.exploration, rng.random(), rng.random() < policy.control
    explores = explores and any(candidate_odds.uniform for candidate_odds in odds)
    drawn = _pick(
        [(candidate_odds, candidate_odds.uniform if explores else candidate_odds.thompson) for candidate_odds in odds],
        quantile,
    )
    return SlateSlot(position, odds, drawn, explores, held_back and drawn is not None)


def _select_applicable(candidates: Sequence[MoveCandidate]) -> list[MoveCandidate]:
    return [candidate for candidate in candidates if candidate.conditions is ConditionStatus.HOLDS]


def _pick(pool: Sequence[tuple[SelectionOdds, float]], quantile: float) -> SelectionOdds | None:
    """Return the odds at a quantile of the cumulative probabilities, the last possible ones if rounding falls short."""
    cumulative = 0.0
    last = None
    for candidate_odds, probability in pool:
        if probability > 0:
            last = candidate_odds
            cumulative += probability
            if quantile < cumulative:
                return candidate_odds
    return last
