"""What is believed about each move of a client: how often it works, and by how much.

A belief is about one reason code of one client. Its prior is what other clients saw (if there are enough of them), else
the policy's own; answers and measured outcomes update it. It is computed from the records alone, so that it can be
recomputed at any time.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from brain.domain.recommendations.catalogue import MovePolicy
from brain.domain.recommendations.context import AdviceContext, AnswerStatus, MoveOutcome, PastMove, SharedPrior
from brain.domain.statistics.pooling import Beta, Normal, estimate_common_mean, fit_beta_prior, update_normal

SELF_GENERATED = "self_generated"


@dataclass(frozen=True, slots=True)
class MoveBelief:
    """The probability that a move works here, its effect (None: nothing measured), and what both rest on."""

    works: Beta
    effect: Normal | None
    own_outcomes: int
    other_clients: int

    def harms(self, level: float) -> bool:
        """Return whether the whole interval of the effect measured here lies below 0."""
        return self.effect is not None and self.own_outcomes > 0 and self.effect.interval(level)[1] < 0


def build_belief(reason_code: str, context: AdviceContext, policy: MovePolicy) -> MoveBelief:
    """Return the belief about a move after all answers and outcomes of the context."""
    shared = _select_trusted(context.priors.get(reason_code), policy)
    past_moves = [move for move in context.history if move.reason_code == reason_code]
    successes, failures = _count_evidence(past_moves, context, policy)
    prior = _build_prior(shared, policy)
    outcomes = [move.outcome for move in past_moves if move.outcome is not None and not move.held_back]
    return MoveBelief(
        works=Beta(prior.successes + successes, prior.failures + failures),
        effect=_estimate_effect(outcomes, shared),
        own_outcomes=len(outcomes),
        other_clients=shared.clients if shared else 0,
    )


def pool_outcomes(
    effects_by_client: Mapping[str, Sequence[tuple[float, float]]], policy: MovePolicy
) -> SharedPrior | None:
    """Return the prior of one move from the clients of a class, None if too few to keep each of them anonymous.

    Args:
        effects_by_client: (effect, standard error) of each client's measured outcomes.
        policy: The policy that states the minimum number of clients.
    """
    clients = [effects for effects in effects_by_client.values() if effects]
    if len(clients) < policy.fewest_clients_in_a_prior:
        return None
    works = fit_beta_prior(
        [math.fsum(probability_better(effect, error) for effect, error in effects) for effects in clients],
        [float(len(effects)) for effects in clients],
    )
    mean, between = estimate_common_mean(*zip(*(_average_effect(effects) for effects in clients), strict=True))
    return SharedPrior(
        clients=len(clients),
        successes=works.successes,
        failures=works.failures,
        effect_mean=mean.mean,
        effect_sd=math.sqrt(mean.sd**2 + between),
    )


def probability_better(effect: float, standard_error: float) -> float:
    """Return the probability that the true effect is above 0 (normal error, flat prior)."""
    return 0.5 * math.erfc(-effect / (standard_error * math.sqrt(2)))


def _count_evidence(past_moves: Sequence[PastMove], context: AdviceContext, policy: MovePolicy) -> tuple[float, float]:
    """Return the weighted numbers of successes and failures."""
    weights = policy.feedback_weights
    newest_last = sorted(context.feedback, key=lambda answer: answer.at)
    statuses = {answer.recommendation_id: answer.status for answer in newest_last}
    successes = failures = 0.0
    for move in {move.recommendation_id: move for move in past_moves if not move.held_back}.values():
        if move.outcome is not None:
            weight = weights.self_generated if move.move_type == SELF_GENERATED else 1.0
            better = probability_better(move.outcome.effect, move.outcome.standard_error)
            successes += weight * better
            failures += weight * (1 - better)
        elif statuses.get(move.recommendation_id) in (AnswerStatus.ACCEPTED, AnswerStatus.DONE):
            successes += weights.accepted
        elif statuses.get(move.recommendation_id) is AnswerStatus.DISMISSED:
            failures += weights.dismissed
    return successes, failures


def _select_trusted(shared: SharedPrior | None, policy: MovePolicy) -> SharedPrior | None:
    return shared if shared and shared.clients >= policy.fewest_clients_in_a_prior else None


def _build_prior(shared: SharedPrior | None, policy: MovePolicy) -> Beta:
    if shared:
        return Beta(shared.successes, shared.failures)
    return Beta(policy.prior_mean * policy.prior_strength, (1 - policy.prior_mean) * policy.prior_strength)


def _estimate_effect(outcomes: Sequence[MoveOutcome], shared: SharedPrior | None) -> Normal | None:
    prior = None
    if shared and shared.effect_mean is not None and shared.effect_sd is not None:
        prior = Normal(shared.effect_mean, shared.effect_sd)
    if not outcomes:
        return prior
    mean, variance = _average_effect([(outcome.effect, outcome.standard_error) for outcome in outcomes])
    return update_normal(prior, mean, variance) if prior else Normal(mean, math.sqrt(variance))


def _average_effect(effects: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the mean and its variance of (effect, standard error) pairs."""
    mean, _ = estimate_common_mean([effect for effect, _ in effects], [error * error for _, error in effects])
    return mean.mean, mean.sd**2
