"""The slate: which move takes which place, drawn with probabilities that are written down before the draw.

Each place is drawn from the moves that are left: with probability ε it explores (evenly among the safe ones), else
it follows Thompson sampling over those whose conditions hold, so p = (1 - ε)·p_TS + ε/K. The drawn move is then
shown, or with the control probability kept back and measured, so that what advice changes can be told from what
would have happened anyway.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from brain.domain.recommendations.candidates import Candidate
from brain.domain.recommendations.conditions import Verdict
from brain.domain.recommendations.thompson import Worth, probabilities_of_being_best, worths
from brain.domain.recommendations.triggers import Policy


@dataclass(frozen=True, slots=True)
class Chance:
    """A candidate's chances at one place before the draw: by Thompson sampling, evenly, drawn in all, and shown."""

    candidate: Candidate
    thompson: float
    even: float
    drawn: float
    shown: float


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the slate: every candidate's chances, which was drawn (None: none), and what became of it."""

    position: int
    chances: tuple[Chance, ...]
    drawn: Chance | None
    explored: bool
    held_back: bool


def draw_slate(eligible: Sequence[Candidate], policy: Policy, *, limit: int, rng: random.Random) -> list[Place]:
    """Return the places of the slate, first to last.

    There are as many places as moves whose conditions hold, at most ``limit``, so that the share that explores
    is ε whatever the limit. Where none holds, each of ``limit`` places is left empty but for exploration.
    """
    left = list(eligible)
    sure = [candidate for candidate in left if candidate.verdict is Verdict.HOLDS]
    worth_of = worths_of(left, policy)
    places = []
    for position in range(1, min(limit, len(sure) or limit) + 1):
        place = draw_place(position, chances_of(left, worth_of, policy), policy, rng)
        places.append(place)
        if place.drawn:
            left.remove(place.drawn.candidate)
    return places


def worths_of(candidates: Sequence[Candidate], policy: Policy) -> dict[str, Worth]:
    """Return the believed worth of each candidate whose conditions hold, by id."""
    sure = [candidate for candidate in candidates if candidate.verdict is Verdict.HOLDS]
    beliefs = worths([c.score**policy.score_exponent for c in sure], [c.arm.works for c in sure])
    return {c.recommendation_id: worth for c, worth in zip(sure, beliefs, strict=True)}


def chances_of(left: Sequence[Candidate], worth_of: Mapping[str, Worth], policy: Policy) -> tuple[Chance, ...]:
    """Return the chances of each candidate that is left; ``worth_of`` has those whose conditions hold, by id."""
    sure = [c.recommendation_id for c in left if c.verdict is Verdict.HOLDS]
    thompson = dict(zip(sure, probabilities_of_being_best([worth_of[name] for name in sure]), strict=True))
    safe = sum(candidate.move.safe_to_explore for candidate in left)
    epsilon = policy.exploration if safe else 0.0
    chances = []
    for candidate in left:
        best = thompson.get(candidate.recommendation_id, 0.0)
        even = 1 / safe if candidate.move.safe_to_explore else 0.0
        drawn = (1 - epsilon) * best + epsilon * even
        chances.append(Chance(candidate, best, even, drawn, drawn * (1 - policy.control)))
    return tuple(chances)


def draw_place(position: int, chances: tuple[Chance, ...], policy: Policy, rng: random.Random) -> Place:
    """Return the place as drawn: three numbers of ``rng`` decide whether it explores, which move, and control."""
    explores, at, held = rng.random() < policy.exploration, rng.random(), rng.random() < policy.control
    explores = explores and any(chance.even for chance in chances)
    drawn = _pick([(chance, chance.even if explores else chance.thompson) for chance in chances], at)
    return Place(position, chances, drawn, explores, held and drawn is not None)


def _pick(pool: Sequence[tuple[Chance, float]], at: float) -> Chance | None:
    reached = 0.0
    last = None
    for chance, probability in pool:
        if probability > 0:
            last = chance
            reached += probability
            if at < reached:
                return chance
    return last
