"""What is believed about each move of a client: how often it works, and by how much.

One arm is one reason code of one client. Its prior is what other clients saw (from enough of them), else the
policy's own; answers and measured outcomes move it. All is folded from the records, so it can be computed again.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from brain.domain.recommendations.context import Context, Outcome, PastMove, SharedPrior, Status
from brain.domain.recommendations.triggers import Policy
from brain.domain.statistics.pooling import Beta, Normal, estimate_common_mean, fit_beta_prior, update_normal

SELF_GENERATED = "self_generated"


@dataclass(frozen=True, slots=True)
class Arm:
    """The belief that the move works here, the belief about its effect (None: nothing measured), and its data."""

    works: Beta
    effect: Normal | None
    own_outcomes: int
    other_clients: int

    def harms(self, level: float) -> bool:
        """Whether the move did harm here: the whole interval of its measured effect lies below 0."""
        return self.effect is not None and self.own_outcomes > 0 and self.effect.interval(level)[1] < 0


def arm(reason_code: str, context: Context, policy: Policy) -> Arm:
    """Return the belief about a move after every answer and outcome of the context."""
    shared = _trusted(context.priors.get(reason_code), policy)
    past = [move for move in context.history if move.reason_code == reason_code]
    successes, failures = _evidence(past, context, policy)
    prior = _prior(shared, policy)
    outcomes = [move.outcome for move in past if move.outcome is not None and not move.held_back]
    return Arm(
        works=Beta(prior.successes + successes, prior.failures + failures),
        effect=_effect(outcomes, shared),
        own_outcomes=len(outcomes),
        other_clients=shared.clients if shared else 0,
    )


def share_prior(records: Mapping[str, Sequence[tuple[float, float]]], policy: Policy) -> SharedPrior | None:
    """Return what clients of a class saw of one move, or None when they are too few to hide any one of them.

    ``records`` holds, a client, the pairs (effect, standard error) of its measured outcomes.
    """
    groups = [outcomes for outcomes in records.values() if outcomes]
    if len(groups) < policy.fewest_clients_in_a_prior:
        return None
    works = fit_beta_prior(
        [math.fsum(probability_better(e, s) for e, s in outcomes) for outcomes in groups],
        [float(len(outcomes)) for outcomes in groups],
    )
    centre, between = estimate_common_mean(*zip(*(_average(outcomes) for outcomes in groups), strict=True))
    return SharedPrior(
        clients=len(groups),
        successes=works.successes,
        failures=works.failures,
        effect_mean=centre.mean,
        effect_sd=math.sqrt(centre.sd**2 + between),
    )


def probability_better(effect: float, standard_error: float) -> float:
    """Return the probability that a measured effect is really above 0 (normal error, flat prior)."""
    return 0.5 * math.erfc(-effect / (standard_error * math.sqrt(2)))


def _evidence(past: Sequence[PastMove], context: Context, policy: Policy) -> tuple[float, float]:
    weights = policy.feedback_weights
    answers = {answer.recommendation_id: answer.status for answer in sorted(context.feedback, key=lambda a: a.at)}
    successes = failures = 0.0
    for move in {move.recommendation_id: move for move in past if not move.held_back}.values():
        if move.outcome is not None:
            weight = weights.self_generated if move.move_type == SELF_GENERATED else 1.0
            better = probability_better(move.outcome.effect, move.outcome.standard_error)
            successes += weight * better
            failures += weight * (1 - better)
        elif answers.get(move.recommendation_id) in (Status.ACCEPTED, Status.DONE):
            successes += weights.accepted
        elif answers.get(move.recommendation_id) is Status.DISMISSED:
            failures += weights.dismissed
    return successes, failures


def _trusted(shared: SharedPrior | None, policy: Policy) -> SharedPrior | None:
    return shared if shared and shared.clients >= policy.fewest_clients_in_a_prior else None


def _prior(shared: SharedPrior | None, policy: Policy) -> Beta:
    if shared:
        return Beta(shared.successes, shared.failures)
    return Beta(policy.prior_mean * policy.prior_strength, (1 - policy.prior_mean) * policy.prior_strength)


def _effect(outcomes: Sequence[Outcome], shared: SharedPrior | None) -> Normal | None:
    prior = None
    if shared and shared.effect_mean is not None and shared.effect_sd is not None:
        prior = Normal(shared.effect_mean, shared.effect_sd)
    if not outcomes:
        return prior
    mean, variance = _average([(outcome.effect, outcome.standard_error) for outcome in outcomes])
    return update_normal(prior, mean, variance) if prior else Normal(mean, math.sqrt(variance))


def _average(outcomes: Sequence[tuple[float, float]]) -> tuple[float, float]:
    centre, _ = estimate_common_mean([effect for effect, _ in outcomes], [error * error for _, error in outcomes])
    return centre.mean, centre.sd**2
