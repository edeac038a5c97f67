"""What a policy is worth from another's log: hand calculation, known truths, and refusals to tell."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.domain.learning.config import LearningConfig
from brain.domain.policy_evaluation import PolicyLog, PolicyVerdict, build_policy_log, evaluate_policy
from brain.errors import InvalidInputError
from brain.settings.files import load_config
from brain.testing.simulations.bandits import CLICKS, HEAVY, RARE, REVENUE, SAME, Bandit, simulate_contextual_log

CONFIG = load_config("brain_learning", LearningConfig).policy_evaluation


def evaluate(log):
    """Evaluate with the product's constants."""
    return evaluate_policy(log, CONFIG)


def test_two_decisions_by_hand():
    """Weights 0.5 / 0.25 = 2 and 0.2 / 0.5 = 0.4, rewards 1 and 5: IPS 4 / 2, SNIPS 4 / 2.4, 2.4^2 / 4.16 decisions."""
    policy_value = evaluate(build_policy_log(["a", "b"], [1.0, 5.0], [0.25, 0.5], [0.5, 0.2]))
    assert policy_value.ips == pytest.approx((2 * 1 + 0.4 * 5) / 2)
    assert policy_value.snips == policy_value.dr == pytest.approx(4 / 2.4)
    assert policy_value.effective_sample_size == pytest.approx(2.4**2 / (4 + 0.16))
    assert policy_value.logged_value == 3
    assert policy_value.verdict is PolicyVerdict.NOT_ENOUGH_DATA


@pytest.mark.parametrize("world", [CLICKS, REVENUE, HEAVY], ids=["clicks", "revenue", "heavy"])
def test_at_ten_thousand_logs_the_truth_is_met_within_a_tenth(world):
    """DR and SNIPS err by at most 10 % in at least 19 of 20 simulated logs."""
    chance = np.random.default_rng(5)
    near = [0, 0]
    for _ in range(20):
        policy_value = evaluate(world.log(10_000, chance))
        for k, estimate in enumerate((policy_value.dr, policy_value.snips)):
            near[k] += abs(estimate / world.value - 1) <= 0.1
    assert min(near) >= 19


@pytest.mark.parametrize("world", [CLICKS, REVENUE, HEAVY], ids=["clicks", "revenue", "heavy"])
def test_intervals_hold_the_truth_as_often_as_they_say(world):
    """At 2 000 decisions 90 to 98 of 100 intervals hold the truth, with skewed rewards and heavy weights too."""
    chance = np.random.default_rng(6)
    held = 0
    for _ in range(100):
        low, high = evaluate(world.log(2000, chance)).interval
        held += low <= world.value <= high
    assert 90 <= held <= 98


@pytest.mark.parametrize("levels", [True, False])
def test_contexts_are_used_and_the_truth_is_met(levels):
    """With context as levels or as numbers, DR is within 10 % of the truth and finds the better policy."""
    log, truth = simulate_contextual_log(10_000, np.random.default_rng(7), levels=levels)
    policy_value = evaluate(log)
    assert policy_value.dr == pytest.approx(truth, rel=0.1)
    assert policy_value.interval[0] < truth < policy_value.interval[1]
    assert policy_value.verdict is PolicyVerdict.BETTER


def test_a_reward_model_takes_out_what_the_action_explains():
    """Where the log shows the whole target policy and actions differ much, DR errs far less than SNIPS."""
    steep = Bandit(np.full(5, 0.2), np.array([0.4, 0.3, 0.1, 0.1, 0.1]), np.array([0.02, 0.98, 0.98, 0.02, 0.98]))
    chance = np.random.default_rng(8)
    values = [evaluate(steep.log(2000, chance)) for _ in range(40)]
    errors = {name: np.std([getattr(policy_value, name) for policy_value in values]) for name in ("dr", "snips")}
    assert errors["dr"] < 0.6 * errors["snips"]


def test_a_policy_without_effect_is_hardly_ever_crowned():
    """Where it does not matter what is shown, at most 5 of 100 logs name a winner."""
    chance = np.random.default_rng(9)
    verdicts = [evaluate(SAME.log(2000, chance)).verdict for _ in range(100)]
    assert sum(verdict is not PolicyVerdict.CANNOT_TELL for verdict in verdicts) <= 5


def test_a_worse_policy_is_called_worse():
    """The target turned round loses against the log."""
    policy_value = evaluate(replace(CLICKS, target=CLICKS.target[::-1]).log(10_000, np.random.default_rng(10)))
    assert policy_value.verdict is PolicyVerdict.WORSE
    assert policy_value.difference_interval[1] < 0


def test_rare_rewards_cannot_crown_a_small_difference():
    """At half a percent of clicks, 10 000 decisions cannot tell a fifth more."""
    policy_value = evaluate(RARE.log(10_000, np.random.default_rng(11)))
    assert policy_value.verdict is PolicyVerdict.CANNOT_TELL
    assert "spans zero" in policy_value.reason


def test_a_difference_that_rests_on_unrewarded_heavy_decisions_is_not_believed():
    """When the few decisions that weigh most all happened to earn nothing, the interval is too sure of itself."""
    logging = np.array([0.005, 0.995])
    actions = np.array([0] * 50 + [1] * 9950)
    rewards = np.where(np.arange(10_000) % 150 == 149, 1.0, 0.0)
    log = build_policy_log(
        actions.astype(str).tolist(), rewards.tolist(), logging[actions].tolist(), np.where(actions, 0.9, 0.1).tolist()
    )
    policy_value = evaluate(log)
    assert policy_value.difference_interval[1] < 0
    assert policy_value.verdict is PolicyVerdict.CANNOT_TELL
    assert "few rewards" in policy_value.reason


def test_too_small_an_effective_sample_cannot_tell():
    """Ten thousand decisions that are worth fewer than a hundred of the target policy tell nothing."""
    rare = Bandit(np.array([0.998, 0.002]), np.array([0.05, 0.95]), np.array([0.1, 0.9]))
    policy_value = evaluate(rare.log(10_000, np.random.default_rng(12)))
    assert policy_value.effective_sample_size < 100
    assert (policy_value.verdict, "100 are needed" in policy_value.reason) == (PolicyVerdict.CANNOT_TELL, True)


def test_propensities_that_do_not_fit_are_noticed():
    """Weights that do not average 1 mean unlogged actions or wrong propensities, and nothing is claimed."""
    log = CLICKS.log(5000, np.random.default_rng(13))
    halved = PolicyLog(log.actions, log.rewards, log.propensities, [p / 2 for p in log.target_probabilities])
    policy_value = evaluate(halved)
    assert policy_value.verdict is PolicyVerdict.CANNOT_TELL
    assert "never logged" in policy_value.reason


def test_a_target_that_would_have_done_none_of_it_has_no_value():
    """With every target probability 0 there is nothing to weigh by."""
    policy_value = evaluate(build_policy_log(["a"] * 200, [1.0] * 200, [0.5] * 200, [0.0] * 200))
    assert (policy_value.ips, policy_value.snips, policy_value.dr, policy_value.interval) == (0.0, None, None, None)
    assert policy_value.verdict is PolicyVerdict.CANNOT_TELL


def test_weights_that_vanish_in_the_other_folds_are_no_fault():
    """A target that takes one logged decision only can be evaluated, and cannot be told."""
    targets = [1.0] + [0.0] * 199
    log = build_policy_log(["a"] * 200, [1.0] * 200, [0.5] * 200, targets)
    assert evaluate(log).verdict is PolicyVerdict.CANNOT_TELL


def test_the_logging_policy_itself_is_worth_what_it_earned():
    """Evaluating the policy that was logged gives its own mean by every estimator, and no difference."""
    log = CLICKS.log(3000, np.random.default_rng(14))
    policy_value = evaluate(PolicyLog(log.actions, log.rewards, log.propensities, log.propensities))
    for estimate in (policy_value.ips, policy_value.snips, policy_value.dr):
        assert estimate == pytest.approx(policy_value.logged_value, rel=0.02)
    assert policy_value.verdict is PolicyVerdict.CANNOT_TELL


def test_the_same_log_gives_the_same_bytes():
    """Nothing is drawn by chance."""
    log, _ = simulate_contextual_log(1000, np.random.default_rng(15))
    assert repr(evaluate(log)) == repr(evaluate(log))


def test_strange_contexts_are_levels_or_left_alone():
    """Names, constants, huge numbers and ids that never repeat neither fail nor move the estimate far."""
    log = CLICKS.log(2000, np.random.default_rng(16))
    contexts = {
        "name": ["x", "y"] * 1000,
        "constant": ["1"] * 2000,
        "huge": [f"1e{300 + k % 9}" for k in range(2000)],
        "many_huge": [f"{k + 1}e200" for k in range(2000)],
        "id": [f"user-{k}" for k in range(2000)],
    }
    with_contexts = PolicyLog(log.actions, log.rewards, log.propensities, log.target_probabilities, contexts)
    assert evaluate(with_contexts).dr == pytest.approx(evaluate(log).dr, rel=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"actions": []}, "at least one"),
        ({"rewards": [1.0]}, "column reward must have 2 values"),
        ({"rewards": [1.0, float("nan")]}, "reward .* row 2"),
        ({"rewards": [1.0, float("inf")]}, "reward .* row 2"),
        ({"propensities": [0.0, 1.0]}, "propensity .* got 0.0 in row 1"),
        ({"propensities": [0.5, 1.5]}, "propensity .* row 2"),
        ({"target_probabilities": [-0.1, 1.0]}, "target_probability .* row 1"),
        ({"contexts": {"context_day": ["mon"]}}, "context_day"),
    ],
)
def test_a_log_that_is_none_is_refused(change, message):
    """Missing values, chances of 0 or above 1 and rewards that are no numbers are named with their row."""
    good = {
        "actions": ["a", "b"],
        "rewards": [1.0, 0.0],
        "propensities": [0.5, 0.5],
        "target_probabilities": [0.5, 0.5],
    }
    with pytest.raises(InvalidInputError, match=message):
        build_policy_log(**{**good, **change})


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.floats(-1e15, 1e15), st.floats(1e-12, 1), st.floats(0, 1), st.text(max_size=2)
        ),
        min_size=1,
        max_size=40,
    )
)
def test_any_log_gives_finite_figures(rows):
    """Whatever was logged, every figure is a finite number or absent, and the interval holds the estimate."""
    actions, rewards, propensities, targets, contexts = map(list, zip(*rows, strict=True))
    policy_value = evaluate(build_policy_log(actions, rewards, propensities, targets, {"context_x": contexts}))
    figures = [
        policy_value.ips,
        policy_value.snips,
        policy_value.dr,
        policy_value.interval,
        policy_value.effective_sample_size,
        policy_value.difference_interval,
    ]
    json.dumps(figures, allow_nan=False)
    if policy_value.interval:
        low, high = policy_value.interval
        slack = 1e-6 * max(1.0, abs(low), abs(high))
        assert low - slack <= policy_value.dr <= high + slack
