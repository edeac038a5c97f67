"""Gives each client weights of its own, as far as its outcomes carry them; the rest it borrows from its kind.

Only class-level priors cross clients: a mean and a spread for each component, from at least five clients of a
vertical or of the whole, never an outcome or another client's weights. Empirical Bayes with the between-client
variance of Paule and Mandel (1982); see ``statistics.pooling``.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.gram import SIZE, Gram, gram
from brain.domain.learning.outcomes import COMPONENTS, Outcome
from brain.domain.statistics.linear_system import invert, multiply
from brain.domain.statistics.pooling import Normal, estimate_common_mean, update_normal

NOISE_FLOOR = 1e-6  # squared log error; scores are not known better than to a thousandth


@dataclass(frozen=True, slots=True)
class ClientEstimate:
    """What a client's own outcomes say of each weight: the estimate and its variance, by component."""

    client_id: str
    vertical: str
    outcomes: int
    weights: Mapping[str, float]
    variances: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Priors:
    """Beliefs about the weights of a client not yet known, by component: of each vertical, and of the whole.

    A vertical is absent with fewer than the minimum of clients, and ``whole`` is the default then.
    """

    whole: Mapping[str, Normal]
    verticals: Mapping[str, Mapping[str, Normal]]

    def of(self, vertical: str) -> Mapping[str, Normal]:
        """Return the belief about a client of that vertical."""
        return self.verticals.get(vertical, self.whole)


def client_estimate(
    client_id: str,
    vertical: str,
    outcomes: Sequence[Outcome],
    centre: Mapping[str, float],
    config: LearningConfig,
) -> ClientEstimate | None:
    """Return what the client's outcomes say by themselves, or None when they are fewer than 20.

    Least squares with so vague a prior around ``centre`` (sd 10) that it matters only for components which the
    outcomes never varied; those keep a variance that later gives them no say.
    """
    sums = gram(outcomes, config.move_weights)
    return estimate_from(client_id, vertical, len(outcomes), sums, centre, config)


def estimate_from(
    client_id: str, vertical: str, outcomes: int, sums: Gram, centre: Mapping[str, float], config: LearningConfig
) -> ClientEstimate | None:
    """Return ``client_estimate`` from the sums over a client's outcomes and their number."""
    if outcomes < config.pooling.minimum_outcomes:
        return None
    middle = [centre[name] for name in COMPONENTS]
    noise = max(sums.squared_error(middle) / sums.mass, NOISE_FLOOR)
    vague = config.pooling.vague_sd**-2
    for _ in range(2):  # the second pass uses the noise that remains after the first
        precision = [
            [sums.products[j][k] / noise + (vague if j == k else 0.0) for k in range(SIZE)] for j in range(SIZE)
        ]
        covariance = invert(precision)
        right = [target / noise + vague * at for target, at in zip(sums.targets, middle, strict=True)]
        weights = multiply(covariance, right)
        noise = max(sums.squared_error(weights) / max(sums.mass - SIZE, 1.0), NOISE_FLOOR)
    return ClientEstimate(
        client_id,
        vertical,
        outcomes,
        dict(zip(COMPONENTS, weights, strict=True)),
        {name: covariance[k][k] for k, name in enumerate(COMPONENTS)},
    )


def class_priors(estimates: Iterable[ClientEstimate], config: LearningConfig) -> Priors:
    """Return what clients of a vertical, and all clients, have in common."""
    known = sorted(estimates, key=lambda e: e.client_id)
    enough = config.pooling.minimum_clients
    default = {name: Normal(config.weights.default, config.pooling.default_sd) for name in COMPONENTS}
    whole = {name: _shared(known, name) for name in COMPONENTS} if len(known) >= enough else default
    members = {
        vertical: [e for e in known if e.vertical == vertical] for vertical in sorted({e.vertical for e in known})
    }
    large = {vertical: group for vertical, group in members.items() if len(group) >= enough}
    by_component = {name: _verticals_beliefs(large, name) for name in COMPONENTS}
    return Priors(whole, {v: {name: by_component[name][v] for name in COMPONENTS} for v in large})


def pooled_weights(
    estimate: ClientEstimate | None, vertical: str, priors: Priors, config: LearningConfig
) -> dict[str, Normal]:
    """Return the client's weights with their uncertainty: its own estimate drawn to its kind, within the bounds."""
    limits = config.weights
    weights: dict[str, Normal] = {}
    for name, prior in priors.of(vertical).items():
        belief = update_normal(prior, estimate.weights[name], estimate.variances[name]) if estimate else prior
        weights[name] = Normal(min(max(belief.mean, limits.minimum), limits.maximum), belief.sd)
    return weights


def _shared(estimates: Sequence[ClientEstimate], name: str) -> Normal:
    """Return the belief about one more client: the mean of the class, with the spread between clients added."""
    mean, between = _class_mean(estimates, name)
    return Normal(mean.mean, math.sqrt(mean.sd**2 + between))


def _verticals_beliefs(groups: Mapping[str, Sequence[ClientEstimate]], name: str) -> dict[str, Normal]:
    """Return the belief about one more client of each vertical, the verticals' means drawn to each other."""
    if not groups:
        return {}
    found = {vertical: _class_mean(group, name) for vertical, group in groups.items()}
    means = [mean for mean, _ in found.values()]
    over_all, apart = estimate_common_mean([m.mean for m in means], [m.sd**2 for m in means])
    prior = Normal(over_all.mean, math.sqrt(over_all.sd**2 + apart))
    beliefs = {}
    for vertical, (mean, between) in found.items():
        drawn = update_normal(prior, mean.mean, mean.sd**2) if len(groups) > 1 else mean
        beliefs[vertical] = Normal(drawn.mean, math.sqrt(drawn.sd**2 + between))
    return beliefs


def _class_mean(estimates: Sequence[ClientEstimate], name: str) -> tuple[Normal, float]:
    return estimate_common_mean([e.weights[name] for e in estimates], [e.variances[name] for e in estimates])
