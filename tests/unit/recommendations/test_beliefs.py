"""What is believed about a move: pooled from enough others, moved by answers and by measured outcomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.recommendations.advice_cases import CATALOGUE, context, days_ago

from brain.domain.recommendations.beliefs import build_belief, pool_outcomes, probability_better

POLICY = CATALOGUE.policy


def _past(number, effect=None, *, move_type="exploit", held_back=False):
    outcome = None
    if effect is not None:
        outcome = {"measured_at": days_ago(1), "effect": effect, "standard_error": 0.02}
    return {
        "recommendation_id": f"rec_{number}",
        "reason_code": "format_wins",
        "shown_at": days_ago(60 + number),
        "move_type": move_type,
        "held_back": held_back,
        "outcome": outcome,
    }


def _believed(**more):
    return build_belief("format_wins", context(**more), POLICY)


def test_nothing_measured_is_the_policys_prior_and_no_effect():
    """Before any outcome a move works as often as not, and nobody claims by how much."""
    belief = _believed()
    assert belief.works.mean == pytest.approx(POLICY.prior_mean)
    assert (belief.effect, belief.own_outcomes, belief.other_clients) == (None, 0, 0)


def test_outcomes_move_the_belief_and_control_does_not():
    """Three good outcomes raise it, three bad ones lower it, and what was kept back says nothing about the move."""
    good = _believed(history=[_past(k, 0.2) for k in range(3)])
    bad = _believed(history=[_past(k, -0.2) for k in range(3)])
    control = _believed(history=[_past(k, 0.2, held_back=True) for k in range(3)])
    assert bad.works.mean < POLICY.prior_mean < good.works.mean
    assert good.effect.mean == pytest.approx(0.2)
    assert control.works.mean == pytest.approx(POLICY.prior_mean)
    assert control.effect is None


def test_an_outcome_counts_once_and_explored_ones_count_less():
    """The same record twice is once; a self-generated move teaches half as much."""
    once = _believed(history=[_past(1, 0.2)])
    twice = _believed(history=[_past(1, 0.2), _past(1, 0.2)])
    explored = _believed(history=[_past(1, 0.2, move_type="self_generated")])
    assert once.works == twice.works
    assert POLICY.prior_mean < explored.works.mean < once.works.mean


@pytest.mark.parametrize(("status", "direction"), [("accepted", 1), ("done", 1), ("dismissed", -1)])
def test_an_answer_without_an_outcome_moves_the_belief_a_little(status, direction):
    """Accepted speaks for a move and dismissed against it, both less than a measurement."""
    answer = {"recommendation_id": "rec_1", "status": status, "at": days_ago(1)}
    believed = _believed(history=[_past(1)], feedback=[answer])
    measured = _believed(history=[_past(1, 0.2 * direction)])
    assert 0 < (believed.works.mean - 0.5) * direction < (measured.works.mean - 0.5) * direction


def test_a_snooze_says_nothing_about_the_move():
    """Later is not never."""
    answer = {"recommendation_id": "rec_1", "status": "snoozed", "at": days_ago(1), "until": days_ago(-5)}
    assert _believed(history=[_past(1)], feedback=[answer]).works.mean == pytest.approx(0.5)


SHARED = {"clients": 7, "successes": 16.0, "failures": 4.0, "effect_mean": 0.1, "effect_sd": 0.05}


def test_other_clients_count_from_five_on():
    """Four clients could be told apart; their outcomes stay where they are."""
    many = _believed(priors={"format_wins": SHARED})
    few = _believed(priors={"format_wins": SHARED | {"clients": 4}})
    assert many.works.mean == pytest.approx(0.8)
    assert (many.effect.mean, many.other_clients) == (0.1, 7)
    assert (few.works.mean, few.effect, few.other_clients) == (0.5, None, 0)


def test_own_outcomes_are_pooled_with_those_of_others():
    """One own outcome of 0.3 and a shared 0.1 meet between, and the interval narrows."""
    pooled = _believed(priors={"format_wins": SHARED}, history=[_past(1, 0.3)])
    assert 0.1 < pooled.effect.mean < 0.3
    assert pooled.effect.sd < SHARED["effect_sd"]
    without = _believed(priors={"format_wins": SHARED | {"effect_mean": None}}, history=[_past(1, 0.3)])
    assert without.effect.mean == pytest.approx(0.3)


def test_a_prior_is_shared_by_five_clients_and_not_by_four():
    """What is shared is the class's, never a client's."""
    records = {f"client-{k}": [(0.1 + 0.02 * k, 0.05), (0.12, 0.05)] for k in range(5)}
    shared = pool_outcomes(records, POLICY)
    assert shared is not None
    assert shared.clients == 5
    assert shared.successes > shared.failures
    assert 0.1 < shared.effect_mean < 0.2
    assert pool_outcomes(dict(list(records.items())[:4]) | {"client-9": []}, POLICY) is None


@given(st.floats(min_value=-1, max_value=1), st.floats(min_value=0.01, max_value=1))
def test_better_and_worse_are_one(effect, error):
    """The probability that an effect is above 0 and that its mirror image is add up to 1."""
    assert probability_better(effect, error) + probability_better(-effect, error) == pytest.approx(1)
