"""Errors and coverage of off-policy estimates against known values, and verdicts on real logs.

``python -m benchmarks policy_evaluation``. Contenders on the same logs: IPS, SNIPS, and the doubly robust estimate
with shrunk weights (DRos of Su et al. 2020). ``BRAIN_BENCH_RUNS`` is the number of logs per simulation (100). The last
table reads the Open Bandit logs under ``../shared/data`` (``BRAIN_DATA``).
"""

import csv
import math
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from brain.domain.learning.config import LearningConfig
from brain.domain.policy_evaluation import PolicyLog, PolicyVerdict, build_policy_log, evaluate_policy
from brain.domain.policy_evaluation.reward_model import predict_rewards
from brain.settings.files import load_config
from brain.testing.simulations.bandits import CLICKS, HEAVY, RARE, REVENUE, SAME, Bandit, simulate_contextual_log

CONFIG = load_config("brain_learning", LearningConfig).policy_evaluation
World = Callable[[int, np.random.Generator], tuple[PolicyLog, float]]


def without_context(bandit: Bandit) -> World:
    """Return a simulation whose true value is the same in every log."""
    return lambda n, chance: (bandit.log(n, chance), bandit.value)


WORLDS: dict[str, World] = {
    "clicks, 10 actions": without_context(CLICKS),
    "revenue, log sd 1": without_context(REVENUE),
    "heavy weights": without_context(HEAVY),
    "rare clicks, 34 actions": without_context(RARE),
    "categorical context": lambda n, chance: simulate_contextual_log(n, chance, levels=True),
    "numeric context": simulate_contextual_log,
    "action has no effect": without_context(SAME),
}


def run() -> None:
    """Print the three tables."""
    runs = int(os.environ.get("BRAIN_BENCH_RUNS", "100"))
    for n in (1000, 10_000):
        print(f"mean absolute relative error in %, {runs} logs of {n} decisions; coverage of 95 % intervals in %")
        heads = f"{'simulation':<26}{'IPS':>7}{'SNIPS':>7}{'DRos':>7}{'DR':>7}"
        print(f"{heads}{'coverage':>10}{'normal':>8}{'ESS':>8}   {'better':>6}{'worse':>7}{'cannot tell':>13}")
        for number, (name, world) in enumerate(WORLDS.items()):
            print(f"{name:<26}{_row(world, n, runs, seed=200 + number)}", flush=True)
    _open_bandit()


def _row(world: World, n: int, runs: int, seed: int) -> str:
    chance = np.random.default_rng(seed)
    errors, held, normal, effective = [], 0, 0, 0.0
    verdicts: Counter[PolicyVerdict] = Counter()
    for _ in range(runs):
        log, truth = world(n, chance)
        value = evaluate_policy(log, CONFIG)
        assert value.interval
        assert value.snips is not None
        assert value.dr is not None
        shrunk, reach = shrunk_doubly_robust(log)
        errors.append([abs(v / truth - 1) for v in (value.ips, value.snips, shrunk, value.dr)])
        held += value.interval[0] <= truth <= value.interval[1]
        normal += abs(value.dr - truth) <= reach
        effective += value.effective_sample_size / runs
        verdicts[value.verdict] += 1
    means = "".join(f"{100 * error:>7.1f}" for error in np.mean(errors, axis=0))
    better, worse = verdicts[PolicyVerdict.BETTER], verdicts[PolicyVerdict.WORSE]
    counts = f"{better:>6}{worse:>7}{verdicts[PolicyVerdict.CANNOT_TELL]:>13}"
    return f"{means}{100 * held / runs:>10.0f}{100 * normal / runs:>8.0f}{effective:>8.0f}   {counts}"


def shrunk_doubly_robust(log: PolicyLog) -> tuple[float, float]:
    """Return DRos, its shrinkage chosen by estimated bias and variance, and the half width of DR's normal interval."""
    predicted = predict_rewards(log)
    weights = np.asarray(log.weights)
    residuals = np.asarray(log.rewards) - np.asarray(predicted.logged)
    target, n = np.asarray(predicted.target), len(log)
    found = []
    for shrinkage in (*np.geomspace(1, 100 * float((weights**2).max()), 20), math.inf):
        kept = weights if math.isinf(shrinkage) else shrinkage * weights / (weights**2 + shrinkage)
        values, lost = target + kept * residuals, (kept - weights) * residuals
        bias = abs(lost.mean()) + lost.std() / math.sqrt(n)
        found.append((bias**2 + values.var() / n, values.mean()))
    reach = 1.96 * (target + weights * residuals).std() / math.sqrt(n)
    return min(found)[1], float(reach)


def _open_bandit() -> None:
    folder = Path(os.environ.get("BRAIN_DATA", "../shared/data")) / "bandit"
    if not folder.is_dir():
        print(f"Open Bandit logs: not measured, {folder} does not exist")
        return
    random_rows, thompson_rows = (_rows(folder / f"men_{name}.csv") for name in ("random", "bts"))
    shares = Counter((row["position"], row["action"]) for row in thompson_rows)
    places = Counter(row["position"] for row in thompson_rows)
    logs = {
        "uniform, from Thompson's log": _log(thompson_rows, lambda _: 1 / 34),
        "Thompson's shares, from uniform": _log(
            random_rows,
            lambda row: shares[row["position"], row["action"]] / places[row["position"]],
        ),
        "uniform, from uniform": _log(random_rows, lambda _: 1 / 34),
    }
    print("Open Bandit, men, 10 000 logged decisions each: clicks per thousand")
    for name, log in logs.items():
        value = evaluate_policy(log, CONFIG)
        assert value.interval
        assert value.dr is not None
        low, high = value.interval
        print(
            f"{name:<34}logged {1000 * value.logged_value:.2f}, DR {1000 * value.dr:.2f} "
            f"({1000 * low:.2f} to {1000 * high:.2f}), ESS {value.effective_sample_size:.0f}: "
            f"{value.verdict.value}\n    {value.reason}"
        )


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def _log(rows: list[dict[str, str]], target: Callable[[dict[str, str]], float]) -> PolicyLog:
    return build_policy_log(
        [row["action"] for row in rows],
        [float(row["reward"]) for row in rows],
        [float(row["propensity"]) for row in rows],
        [target(row) for row in rows],
        {"context_position": [row["position"] for row in rows]},
    )


if __name__ == "__main__":
    run()
