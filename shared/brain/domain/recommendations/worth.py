"""What the advice is worth to a client: as it was chosen, against chance, against last month's beliefs, against none.

Decisions count once their outcome is measured; the reward is the chance that the metric really improved. Control and
the empty places play no part in the choice among moves, so the chances here are those of a place that draws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from brain.domain.policy_evaluation import PolicyEvaluationConfig, PolicyValue, build_policy_log, evaluate_policy
from brain.domain.recommendations.arms import probability_better
from brain.domain.recommendations.standing import Move
from brain.domain.statistics.welch import Difference, Sample, welch_difference

FEWEST_CONTROLS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceWorth:
    """The value of the choice of moves beside others'; ``better_by`` is that of a move shown over one held back.

    ``measured`` counts shown moves with an outcome, ``controls`` held back ones, ``waiting`` those whose outcome may
    still come, ``unmeasured`` those without. ``enough_by`` is when ``needed`` will be measured at the present pace.
    """

    measured: int
    controls: int
    waiting: int
    unmeasured: int
    needed: int
    enough_by: date | None
    over_random: PolicyValue | None
    over_before: PolicyValue | None
    better_by: Difference | None


def worth_of(moves: Sequence[Move], as_of: datetime, config: PolicyEvaluationConfig) -> AdviceWorth:
    """Return what all measured moves of a client say about the policy that chose them."""
    measured = [move for move in moves if move.outcome]
    shown = [move for move in measured if not move.held_back]
    held = [move for move in measured if move.held_back]
    return AdviceWorth(
        measured=len(shown),
        controls=len(held),
        waiting=sum(move.outcome is None and move.closed is None for move in moves),
        unmeasured=sum(move.closed is not None for move in moves),
        needed=config.minimum_rows,
        enough_by=_enough_by(shown, as_of, config.minimum_rows),
        over_random=_value(shown, [move.chance_even for move in shown], config),
        over_before=_value(shown, [move.chance_before for move in shown], config),
        better_by=_over_control(shown, held, 1 - config.verdict_level),
    )


def reward(move: Move) -> float:
    """Return the chance that the metric of a measured move really improved."""
    outcome = move.outcome or {}
    return probability_better(outcome["effect"], outcome["standard_error"])


def _value(shown: Sequence[Move], target: Sequence[float], config: PolicyEvaluationConfig) -> PolicyValue | None:
    if not shown:
        return None
    names = [move.reason_code for move in shown]
    log = build_policy_log(names, [reward(move) for move in shown], [move.chance for move in shown], target)
    return evaluate_policy(log, config)


def _over_control(shown: Sequence[Move], held: Sequence[Move], alpha: float) -> Difference | None:
    if min(len(shown), len(held)) < FEWEST_CONTROLS:
        return None
    return welch_difference(_sample(shown), _sample(held), alpha=alpha)


def _sample(moves: Sequence[Move]) -> Sample:
    return Sample.of([reward(move) for move in moves])


def _enough_by(shown: Sequence[Move], as_of: datetime, needed: int) -> date | None:
    missing = needed - len(shown)
    if missing <= 0 or not shown:
        return None
    days = max((as_of - min(move.shown_at for move in shown)) / timedelta(days=1), 1.0)
    return (as_of + timedelta(days=math.ceil(missing * days / len(shown)))).date()
