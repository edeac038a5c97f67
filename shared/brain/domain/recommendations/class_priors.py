"""What clients of a class saw of each move: figures of at least five clients, from which no client can be identified.

A class is a vertical. All clients together are one more class, for verticals that are too small.
"""

from collections.abc import Mapping, Sequence

from brain.domain.recommendations.advice_state import MoveRecord
from brain.domain.recommendations.beliefs import pool_outcomes
from brain.domain.recommendations.catalogue import MovePolicy
from brain.domain.recommendations.context import SharedPrior
from brain.domain.types import to_key_name

EVERY_CLASS = "all"
ClientRecords = Mapping[str, tuple[str | None, Sequence[MoveRecord]]]


def pool_class_priors(records: ClientRecords, policy: MovePolicy) -> dict[str, dict[str, SharedPrior]]:
    """Return the prior of each move by class and reason code.

    Moves that were held back or dismissed show what happens without them, and are left out.

    Args:
        records: Each client's vertical and moves, by client id.
        policy: The policy that states the minimum number of clients.
    """
    effects: dict[str, dict[str, dict[str, list[tuple[float, float]]]]] = {}
    for client_id, (vertical, moves) in sorted(records.items()):
        for code, effect in _list_effects(moves):
            for class_name in dict.fromkeys((EVERY_CLASS, to_key_name(vertical or EVERY_CLASS))):
                by_client = effects.setdefault(class_name, {}).setdefault(code, {})
                by_client.setdefault(client_id, []).append(effect)
    priors = {
        class_name: {code: prior for code, by_client in codes.items() if (prior := pool_outcomes(by_client, policy))}
        for class_name, codes in effects.items()
    }
    return {class_name: class_priors for class_name, class_priors in priors.items() if class_priors}


def _list_effects(moves: Sequence[MoveRecord]) -> list[tuple[str, tuple[float, float]]]:
    """Return (reason code, (effect, standard error)) of each measured move."""
    past_moves = [move.to_past_move() for move in moves if not move.held_back]
    return [
        (move.reason_code, (move.outcome.effect, move.outcome.standard_error)) for move in past_moves if move.outcome
    ]
