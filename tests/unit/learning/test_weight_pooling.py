"""A client's own weights: drawn to its kind while its outcomes are few, and never from fewer than five clients."""

from dataclasses import replace

import pytest

from brain.domain.learning.gram import sum_outcomes
from brain.domain.learning.outcomes import COMPONENTS
from brain.domain.learning.weight_pooling import estimate_client, fit_priors, pool_weights
from brain.domain.statistics.linear_system import invert, multiply
from brain.testing.simulations.outcomes import CONFIG, ONES, TRUTH, measure_distance, simulate_outcomes

FAR = {**TRUTH, "engagement": 2.0}


def estimate(client_id, vertical, batch):
    """Return a client's estimate from its outcomes."""
    return estimate_client(client_id, vertical, len(batch), sum_outcomes(batch, CONFIG.move_weights), ONES, CONFIG)


def estimates(count, vertical="d2c", truth=TRUTH, n=60, noise=0.3, first=0):
    """Return estimates of so many clients of a vertical that share one truth."""
    return [
        estimate(f"{vertical}-{i}", vertical, simulate_outcomes(n, truth, noise=noise, seed=first + i))
        for i in range(count)
    ]


def means(weights):
    """Return the mean of each weight."""
    return {name: weight.mean for name, weight in weights.items()}


def test_a_client_with_few_outcomes_has_no_estimate_of_its_own():
    """Nineteen outcomes are not enough."""
    assert estimate("acme", "d2c", simulate_outcomes(19)) is None


def test_a_component_that_never_varied_has_no_say():
    """Its estimate stays at the centre with the vague variance."""
    flat = [replace(o, components={**o.components, "growth": 0.0}) for o in simulate_outcomes(40, TRUTH)]
    estimated = estimate("acme", "d2c", flat)
    assert estimated.weights["growth"] == pytest.approx(1.0)
    assert estimated.variances["growth"] == pytest.approx(CONFIG.pooling.vague_sd**2)
    assert estimated.variances["engagement"] < 0.1


def test_with_four_clients_nothing_crosses():
    """A new client gets the default weights with the default spread, whatever the four have learned."""
    priors = fit_priors(estimates(4), CONFIG)
    assert priors.verticals == {}
    for name, weight in pool_weights(None, "d2c", priors, CONFIG).items():
        assert (name in COMPONENTS, weight.mean, weight.sd) == (True, 1.0, 0.25)


def test_with_five_clients_a_new_one_starts_from_its_kind():
    """Its weights are nearer to the truth that the five share than the default is."""
    priors = fit_priors(estimates(5), CONFIG)
    assert measure_distance(means(pool_weights(None, "d2c", priors, CONFIG))) < 0.3 * measure_distance(ONES)


def test_pooling_beats_going_alone_and_going_along():
    """Clients with little data of their own come nearer to the truth with the others than without."""
    own = estimates(8, n=25, noise=0.6)
    priors = fit_priors(own, CONFIG)
    alone = sum(measure_distance(e.weights) for e in own)
    pooled = sum(measure_distance(means(pool_weights(e, "d2c", priors, CONFIG))) for e in own)
    assert pooled < 0.7 * alone


def test_a_client_with_much_data_keeps_its_own_truth():
    """A client that is different and has the outcomes to show it is hardly drawn to the others."""
    different = estimate("other", "d2c", simulate_outcomes(2000, FAR, noise=0.1))
    priors = fit_priors([*estimates(6), different], CONFIG)
    assert pool_weights(different, "d2c", priors, CONFIG)["engagement"].mean == pytest.approx(2.0, abs=0.05)


def test_verticals_differ_and_a_small_one_takes_the_whole():
    """Two verticals of five keep their own means; a third with one client starts from all."""
    all_estimates = [
        *estimates(6, "d2c"),
        *estimates(6, "agency", FAR, first=50),
        *estimates(1, "enterprise", first=90),
    ]
    priors = fit_priors(all_estimates, CONFIG)
    assert set(priors.verticals) == {"d2c", "agency"}
    d2c, agency, other = (priors.for_vertical(v)["engagement"].mean for v in ("d2c", "agency", "enterprise"))
    assert d2c == pytest.approx(1.4, abs=0.15)
    assert agency == pytest.approx(2.0, abs=0.15)
    assert d2c < other < agency


def test_the_order_of_the_clients_does_not_matter():
    """The same estimates in another order give the same priors, to the last bit."""
    all_estimates = estimates(6)
    assert fit_priors(all_estimates, CONFIG) == fit_priors(all_estimates[::-1], CONFIG)


def test_pooled_weights_stay_within_bounds():
    """An estimate far outside is held at the bound."""
    wild = estimate("acme", "d2c", simulate_outcomes(500, {**ONES, "engagement": 30.0}))
    priors = fit_priors([wild], CONFIG)
    assert pool_weights(wild, "d2c", priors, CONFIG)["engagement"].mean == 10.0


def test_the_inverse_times_the_matrix_is_one():
    """A positive definite matrix times its inverse gives back every vector."""
    matrix = [[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]]
    for vector in ([1.0, 0.0, 0.0], [0.3, -2.0, 5.0]):
        assert multiply(invert(matrix), multiply(matrix, vector)) == pytest.approx(vector)


def test_a_singular_matrix_has_no_inverse():
    """A matrix that says nothing about one unknown is refused."""
    with pytest.raises(ZeroDivisionError):
        invert([[1.0, 0.0], [0.0, 0.0]])
