"""Predict rewards for the doubly robust estimator, so that what context and action explain adds no noise.

Every row is predicted by a model fitted without it (cross-fitting, Chernozhukov et al. 2018). The effect of the context
is a ridge regression. The effect of the action needs the target policy's probability of *every* action, and a log has
only that of the action taken: it is used where the log itself shows the whole policy exactly (``_recover_policy``), and
left out of both terms of the estimator elsewhere, so that it never adds bias. 10 000 rows by 30 features take 40 ms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.policy_evaluation.policy_log import PolicyLog
from brain.domain.types import Floats, Integers

FOLDS = 5
MAX_LEVELS = 12
NUMBER_BINS = 5
ROWS_PER_STRATUM = 20
SHRINKAGE_ROWS = 5.0
PROBABILITY_TOLERANCE = 1e-6
LARGEST_CONTEXT = 1e100


@dataclass(frozen=True, slots=True)
class PredictedRewards:
    """The predicted reward of each row: of the logged action, and the expectation under the target policy."""

    logged: list[float]
    target: list[float]


def predict_rewards(log: PolicyLog) -> PredictedRewards:
    """Return cross-fitted predictions; zeros with fewer than two rows per fold, so that only the weights count.

    >>> from brain.domain.policy_evaluation.policy_log import build_policy_log
    >>> log = build_policy_log(["a", "b"] * 50, [1.0, 0.0] * 50, [0.5, 0.5] * 50, [0.9, 0.1] * 50)
    >>> predicted = predict_rewards(log)
    >>> [round(reward, 1) for reward in predicted.logged[:2]], round(predicted.target[0], 1)
    ([1.0, 0.0], 0.9)
    """
    n = len(log)
    if n < 2 * FOLDS:
        return PredictedRewards([0.0] * n, [0.0] * n)
    rewards, weights = np.asarray(log.rewards, float), np.asarray(log.weights, float)
    features = _build_features(log)
    actions = _encode_labels(log.actions)
    strata = _number_strata(log)
    policy = _recover_policy(strata, actions, np.asarray(log.target_probabilities, float))
    is_recovered = policy.sum(axis=1) > 0
    logged, target = np.empty(n), np.empty(n)
    fold_of = np.arange(n) % FOLDS
    for fold in range(FOLDS):
        train, test = fold_of != fold, fold_of == fold
        beta = _fit_ridge(features[train], rewards[train], weights[train])
        context_part = features @ beta
        effects = _estimate_action_effects(strata[train], actions[train], (rewards - context_part)[train], policy.shape)
        effects[~is_recovered] = 0.0
        logged[test] = context_part[test] + effects[strata[test], actions[test]]
        target[test] = context_part[test] + (policy * effects).sum(axis=1)[strata[test]]
    return PredictedRewards(logged.tolist(), target.tolist())


def _encode_labels(labels: Sequence[str]) -> Integers:
    return np.unique(np.asarray(labels, dtype=str), return_inverse=True)[1].astype(np.int64).reshape(-1)


def _number_strata(log: PolicyLog) -> Integers:
    """Return a number (rows,) for each distinct context, or 0 for all if contexts hardly ever repeat."""
    single_stratum = np.zeros(len(log), dtype=np.int64)
    if not log.contexts:
        return single_stratum
    strata = _encode_labels(["\x1f".join(row) for row in zip(*log.contexts.values(), strict=True)])
    return strata if strata.max() < len(log) / ROWS_PER_STRATUM else single_stratum


def _recover_policy(strata: Integers, actions: Integers, targets: Floats) -> Floats:
    """Return the target policy (strata, actions), with zeros in strata where the log does not show it exactly.

    The log shows it if all rows of an action have the same probability and these add up to 1, in the stratum or, for a
    policy that ignores the context, in the whole log.
    """
    overall = _read_exact_policy(np.zeros_like(strata), actions, targets)
    per_stratum = _read_exact_policy(strata, actions, targets)
    return np.broadcast_to(overall, per_stratum.shape).copy() if overall.any() else per_stratum


def _read_exact_policy(strata: Integers, actions: Integers, targets: Floats) -> Floats:
    """Return the target policy (strata, actions), with zeros in strata where its probabilities are inconsistent."""
    shape = (int(strata.max()) + 1, int(actions.max()) + 1)
    low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
    np.minimum.at(low, (strata, actions), targets)
    np.maximum.at(high, (strata, actions), targets)
    is_logged = high >= low
    policy = np.where(is_logged, high, 0.0)
    spread = np.where(is_logged, high - np.where(is_logged, low, 0.0), 0.0).max(axis=1)
    exact = (spread <= PROBABILITY_TOLERANCE) & (np.abs(policy.sum(axis=1) - 1) <= PROBABILITY_TOLERANCE)
    return np.where(exact[:, None], policy, 0.0)


def _estimate_action_effects(strata: Integers, actions: Integers, residuals: Floats, shape: tuple[int, int]) -> Floats:
    """Return mean residuals (strata, actions), shrunk towards the mean of the action, and that towards 0."""
    count = np.bincount(actions, minlength=shape[1])
    effect: Floats = np.asarray(
        np.bincount(actions, residuals, minlength=shape[1]) / (count + SHRINKAGE_ROWS), dtype=np.float64
    )
    cells = strata * shape[1] + actions
    cell_count = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    cell_sum = np.bincount(cells, residuals, minlength=shape[0] * shape[1]).reshape(shape)
    shrunk: Floats = (cell_sum + SHRINKAGE_ROWS * effect) / (cell_count + SHRINKAGE_ROWS)
    return shrunk


def _fit_ridge(features: Floats, rewards: Floats, weights: Floats) -> Floats:
    """Return ridge coefficients (features,) under importance weights.

    The penalty grows as the effective sample shrinks.
    """
    if not weights.any():
        return np.zeros(features.shape[1])
    weighted = features.T * weights
    penalty = np.full(features.shape[1], SHRINKAGE_ROWS * float((weights**2).sum() / weights.sum()))
    penalty[0] = 1e-9 * float(weights.sum())  # the intercept is not shrunk
    solution = np.linalg.solve(weighted @ features + np.diag(penalty), weighted @ rewards)
    return np.asarray(solution, dtype=np.float64)


def _build_features(log: PolicyLog) -> Floats:
    columns = [np.ones((len(log), 1))]
    for labels in log.contexts.values():
        numbers = _parse_numbers(labels)
        has_few_levels = len(set(labels)) <= MAX_LEVELS
        columns.append(_encode_levels(labels) if has_few_levels or numbers is None else _encode_numbers(numbers))
    return np.hstack(columns)


def _parse_numbers(labels: Sequence[str]) -> Floats | None:
    """Return the labels as numbers, or None if one is not a number of usual size."""
    try:
        numbers = np.asarray(labels, dtype=float)
    except ValueError:
        return None
    return numbers if (np.abs(numbers) < LARGEST_CONTEXT).all() else None


def _encode_levels(labels: Sequence[str]) -> Floats:
    """Return an indicator column per frequent level except the most frequent one; rare levels have none."""
    levels, counts = np.unique(np.asarray(labels, dtype=str), return_counts=True)
    frequent = levels[np.argsort(-counts, kind="stable")][1:MAX_LEVELS]
    indicators: Floats = (np.asarray(labels, dtype=str)[:, None] == frequent[None, :]).astype(np.float64)
    return indicators


def _encode_numbers(numbers: Floats) -> Floats:
    """Return the standardised number and an indicator column per quantile bin."""
    bins = np.digitize(numbers, np.quantile(numbers, np.linspace(0, 1, NUMBER_BINS + 1)[1:-1]))
    standard = (numbers - numbers.mean()) / numbers.std()
    return np.column_stack([standard, (bins[:, None] == np.arange(1, NUMBER_BINS)).astype(float)])
