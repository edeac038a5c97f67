"""Pool the score's weights across clients: each client's estimate is shrunk towards its vertical.

Only class-level priors cross clients: a mean and a spread per component, from at least five clients of a vertical or
of all verticals, never an outcome or the weights of another client. Empirical Bayes with the between-client variance
of Paule and Mandel (1982); see ``statistics.pooling``.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.gram import SIZE, Gram
from brain.domain.learning.outcomes import COMPONENTS
from brain.domain.statistics.linear_system import invert, multiply
from brain.domain.statistics.pooling import Normal, estimate_common_mean, update_normal

NOISE_FLOOR = 1e-6  # squared log error; scores are not more precise than a thousandth


@dataclass(frozen=True, slots=True)
class ClientEstimate:
    """The estimate of each weight from a client's own outcomes, and its variance, by component."""

    client_id: str
    vertical: str
    outcomes: int
    weights: Mapping[str, float]
    variances: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WeightPriors:
    """The prior of a client's weights by component: per vertical, and ``overall`` (stored as ``whole``).

    A vertical with fewer clients than the minimum is absent; with too few clients in all, ``overall`` is the default.
    """

    overall: Annotated[Mapping[str, Normal], Field(alias="whole")]
    verticals: Mapping[str, Mapping[str, Normal]]

    def for_vertical(self, vertical: str) -> Mapping[str, Normal]:
        """Return the prior of a client of that vertical."""
        return self.verticals.get(vertical, self.overall)


def estimate_client(
    client_id: str, vertical: str, outcomes: int, sums: Gram, centre: Mapping[str, float], config: LearningConfig
) -> ClientEstimate | None:
    """Return the weights estimated from a client's outcomes alone, or None if there are too few.

    Least squares with a prior around ``centre`` so vague (sd 10) that it matters only for components that never
    varied; those keep a variance so large that pooling ignores them.

    Args:
        client_id: The client.
        vertical: The client's vertical.
        outcomes: The number of outcomes behind ``sums``.
        sums: The sums over the client's outcomes (``gram.sum_outcomes``).
        centre: The mean of the vague prior, by component.
        config: The minimum number of outcomes and the prior's standard deviation.
    """
    if outcomes < config.pooling.minimum_outcomes:
        return None
    prior_means = [centre[name] for name in COMPONENTS]
    noise = max(sums.squared_error(prior_means) / sums.mass, NOISE_FLOOR)
    prior_precision = config.pooling.vague_sd**-2
    for _ in range(2):  # the second pass uses the noise that remains after the first
        precision = [
            [sums.products[j][k] / noise + (prior_precision if j == k else 0.0) for k in range(SIZE)]
            for j in range(SIZE)
        ]
        covariance = invert(precision)
        right_side = [t / noise + prior_precision * m for t, m in zip(sums.targets, prior_means, strict=True)]
        weights = multiply(covariance, right_side)
        noise = max(sums.squared_error(weights) / max(sums.mass - SIZE, 1.0), NOISE_FLOOR)
    return ClientEstimate(
        client_id,
        vertical,
        outcomes,
        dict(zip(COMPONENTS, weights, strict=True)),
        {name: covariance[k][k] for k, name in enumerate(COMPONENTS)},
    )


def fit_priors(estimates: Iterable[ClientEstimate], config: LearningConfig) -> WeightPriors:
    """Return the priors fitted to the estimates of all clients."""
    ordered = sorted(estimates, key=lambda estimate: estimate.client_id)
    minimum = config.pooling.minimum_clients
    default = Normal(config.weights.default, config.pooling.default_sd)
    pooled = len(ordered) >= minimum
    overall = {name: _class_prior(ordered, name) if pooled else default for name in COMPONENTS}
    by_vertical: dict[str, list[ClientEstimate]] = {}
    for estimate in ordered:
        by_vertical.setdefault(estimate.vertical, []).append(estimate)
    large = {vertical: members for vertical, members in sorted(by_vertical.items()) if len(members) >= minimum}
    by_component = {name: _vertical_priors(large, name) for name in COMPONENTS}
    return WeightPriors(overall, {v: {name: by_component[name][v] for name in COMPONENTS} for v in large})


def pool_weights(
    estimate: ClientEstimate | None, vertical: str, priors: WeightPriors, config: LearningConfig
) -> dict[str, Normal]:
    """Return the client's weights, shrunk towards the prior of its vertical, within bounds, with their uncertainty."""
    limits = config.weights
    weights: dict[str, Normal] = {}
    for name, prior in priors.for_vertical(vertical).items():
        posterior = update_normal(prior, estimate.weights[name], estimate.variances[name]) if estimate else prior
        weights[name] = Normal(min(max(posterior.mean, limits.minimum), limits.maximum), posterior.sd)
    return weights


def _class_prior(estimates: Sequence[ClientEstimate], name: str) -> Normal:
    """Return the prior of one more client: the mean of the class, with the between-client variance added."""
    mean, between = _class_mean(estimates, name)
    return Normal(mean.mean, math.sqrt(mean.sd**2 + between))


def _vertical_priors(members: Mapping[str, Sequence[ClientEstimate]], name: str) -> dict[str, Normal]:
    """Return the prior of one more client of each vertical, the verticals' means shrunk towards each other."""
    if not members:
        return {}
    class_means = {vertical: _class_mean(estimates, name) for vertical, estimates in members.items()}
    means = [mean for mean, _ in class_means.values()]
    grand_mean, between_verticals = estimate_common_mean([m.mean for m in means], [m.sd**2 for m in means])
    hyperprior = Normal(grand_mean.mean, math.sqrt(grand_mean.sd**2 + between_verticals))
    priors = {}
    for vertical, (mean, between_clients) in class_means.items():
        shrunk = update_normal(hyperprior, mean.mean, mean.sd**2) if len(members) > 1 else mean
        priors[vertical] = Normal(shrunk.mean, math.sqrt(shrunk.sd**2 + between_clients))
    return priors


def _class_mean(estimates: Sequence[ClientEstimate], name: str) -> tuple[Normal, float]:
    """Return the mean of a class with its uncertainty, and the variance between its clients."""
    return estimate_common_mean([e.weights[name] for e in estimates], [e.variances[name] for e in estimates])
