"""What clients of a class saw of each move: figures of five clients or more, from which none can be told.

A class is a vertical; all clients together are one more, for verticals that are too small.
"""

from collections.abc import Mapping, Sequence

from brain.domain.recommendations.arms import share_prior
from brain.domain.recommendations.context import SharedPrior
from brain.domain.recommendations.standing import Move
from brain.domain.recommendations.triggers import Policy

EVERY_CLASS = "all"
Records = Mapping[str, tuple[str | None, Sequence[Move]]]


def class_priors(records: Records, policy: Policy) -> dict[str, dict[str, SharedPrior]]:
    """Return the prior of each move by class; ``records`` has each client's vertical and moves.

    Moves that were held back or dismissed tell what happens without them, and are left out.
    """
    found: dict[str, dict[str, dict[str, list[tuple[float, float]]]]] = {}
    for client_id, (vertical, moves) in sorted(records.items()):
        for code, effect in _effects(moves):
            for name in dict.fromkeys((EVERY_CLASS, vertical or EVERY_CLASS)):
                found.setdefault(name, {}).setdefault(code, {}).setdefault(client_id, []).append(effect)
    shared = {
        name: {code: prior for code, clients in moves.items() if (prior := share_prior(clients, policy))}
        for name, moves in found.items()
    }
    return {name: priors for name, priors in shared.items() if priors}


def _effects(moves: Sequence[Move]) -> list[tuple[str, tuple[float, float]]]:
    past = [move.past() for move in moves if not move.held_back]
    return [(move.reason_code, (move.outcome.effect, move.outcome.standard_error)) for move in past if move.outcome]
