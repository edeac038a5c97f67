"""What the advice is worth to a client: as chosen, against chance, against last month's beliefs, and against none.

Decisions count once their outcome is measured; the reward is the probability that the metric improved. Controls and
empty slots play no part in the choice among moves, so the probabilities here are those of a slot that draws a move.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from operator import attrgetter

from brain.domain.policy_evaluation import PolicyEvaluationConfig, PolicyValue, build_policy_log, evaluate_policy
from brain.domain.recommendations.advice_state import MoveRecord
from brain.domain.recommendations.beliefs import probability_better
from brain.domain.statistics.welch import Difference, Sample, welch_difference

MIN_CONTROLS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceValue:
    """The value of the policy that chose a client's moves, and of moves at all.

    Attributes:
        measured: How many shown moves have an outcome.
        controls: How many moves that were held back have an outcome.
        waiting: How many moves may still get one.
        unmeasurable: How many moves will never get one.
        required: How many measured moves an evaluation needs.
        enough_by: When there will be as many at the present pace.
        random_policy: The value of choosing at random.
        earlier_policy: The value of choosing by the beliefs of four weeks earlier.
        lift_over_control: The reward of shown moves minus that of moves held back.
    """

    measured: int
    controls: int
    waiting: int
    unmeasurable: int
    required: int
    enough_by: date | None
    random_policy: PolicyValue | None
    earlier_policy: PolicyValue | None
    lift_over_control: Difference | None


def estimate_advice_value(moves: Sequence[MoveRecord], as_of: datetime, config: PolicyEvaluationConfig) -> AdviceValue:
    """Return what all measured moves of a client say about the policy that chose them."""
    measured = [move for move in moves if move.outcome]
    shown_moves = [move for move in measured if not move.held_back]
    controls = [move for move in measured if move.held_back]
    return AdviceValue(
        measured=len(shown_moves),
        controls=len(controls),
        waiting=sum(move.outcome is None and move.closed is None for move in moves),
        unmeasurable=sum(move.closed is not None for move in moves),
        required=config.minimum_rows,
        enough_by=_project_enough_by(shown_moves, as_of, config.minimum_rows),
        random_policy=_evaluate(shown_moves, list(map(attrgetter("chance_even"), shown_moves)), config),
        earlier_policy=_evaluate(shown_moves, list(map(attrgetter("chance_before"), shown_moves)), config),
        lift_over_control=_compare_with_control(shown_moves, controls, 1 - config.verdict_level),
    )


def compute_reward(move: MoveRecord) -> float:
    """Return the probability that the metric of a measured move really improved."""
    outcome = move.outcome or {}
    return probability_better(outcome["effect"], outcome["standard_error"])


def _evaluate(
    shown_moves: Sequence[MoveRecord], target_probabilities: Sequence[float], config: PolicyEvaluationConfig
) -> PolicyValue | None:
    if not shown_moves:
        return None
    codes = [move.reason_code for move in shown_moves]
    rewards = [compute_reward(move) for move in shown_moves]
    policy_log = build_policy_log(codes, rewards, [move.chance for move in shown_moves], target_probabilities)
    return evaluate_policy(policy_log, config)


def _compare_with_control(
    shown_moves: Sequence[MoveRecord], controls: Sequence[MoveRecord], alpha: float
) -> Difference | None:
    if min(len(shown_moves), len(controls)) < MIN_CONTROLS:
        return None
    return welch_difference(_sample_rewards(shown_moves), _sample_rewards(controls), alpha=alpha)


def _sample_rewards(moves: Sequence[MoveRecord]) -> Sample:
    return Sample.of([compute_reward(move) for move in moves])


def _project_enough_by(shown_moves: Sequence[MoveRecord], as_of: datetime, required: int) -> date | None:
    missing_count = required - len(shown_moves)
    if missing_count <= 0 or not shown_moves:
        return None
    elapsed_days = max((as_of - min(move.shown_at for move in shown_moves)) / timedelta(days=1), 1.0)
    return (as_of + timedelta(days=ceil(missing_count * elapsed_days / len(shown_moves)))).date()
