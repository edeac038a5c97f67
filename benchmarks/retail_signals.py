"""Errors of lifts against known true lifts, compared with the raw mean over the days of an event.

``python -m benchmarks retail_signals``. Two simulated years of one store, residual standard deviation 15 %, events of
one class on 2 to 8 days each. The true lifts of a class are normal around a centre.
"""

import time

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.lifts.signal_lifts import measure_signal_lifts
from brain.settings.files import load_config
from brain.testing.simulations.shop import simulate_lifts

WORLDS = 60
KINDS = (
    # centre of the lifts, their spread, events in the class
    (0.03, 0.05, 20),
    (0.00, 0.05, 20),
    (0.03, 0.05, 5),
    (0.03, 0.05, 40),
    (0.00, 0.02, 20),
    (0.00, 0.08, 20),
    (0.10, 0.15, 20),
    (0.00, 0.00, 20),
)


def run() -> None:
    """Print the errors, the coverage of the 90 % intervals, the claims and the wrong signs of each simulation."""
    config = load_config("brain_retail", RetailConfig)
    print(f"{WORLDS} simulations per row; a raw mean claims a sign if its own 95 % interval excludes zero")
    head = (
        "centre",
        "spread",
        "events",
        "rmse",
        "raw rmse",
        "lower by",
        "coverage",
        "claims",
        "wrong",
        "raw wrong",
        "seconds",
    )
    print("".join(f"{name:>10}" for name in head))
    for center, between, events in KINDS:
        begin = time.perf_counter()
        table = np.concatenate([_world(seed, center, between, events, config) for seed in range(WORLDS)])
        seconds = (time.perf_counter() - begin) / WORLDS
        _print_row((center, between, events), table, seconds)


def _world(seed: int, center: float, between: float, events: int, config: RetailConfig) -> np.ndarray:
    """Return truth, raw mean, its standard error, lift, lower, upper, claimed: (events, 7)."""
    world = simulate_lifts(20_000 + seed, events, center, between)
    rows = {row.signal: row for row in measure_signal_lifts(world.series, world.shop_data, world.last_day, config)}
    answer = []
    for number, lift in enumerate(world.lifts):
        row = rows[f"event_{number:02d}"]
        error = 0.15 / np.sqrt(row.occurrences)
        answer.append(
            (np.expm1(lift), np.expm1(world.raw_means[number]), error, row.lift, row.lower, row.upper, row.claimed)
        )
    return np.array(answer, dtype=float)


def _print_row(kind: tuple[float, float, int], table: np.ndarray, seconds: float) -> None:
    truth, raw, error, lift, lower, upper, claimed = table.T
    rmse, raw_rmse = (float(np.sqrt(np.mean((said - truth) ** 2))) for said in (lift, raw))
    cover = float(np.mean((lower <= truth) & (truth <= upper)))
    sure = claimed > 0
    figures = (
        f"{rmse:.4f}",
        f"{raw_rmse:.4f}",
        f"{1 - rmse / raw_rmse:.0%}",
        f"{cover:.3f}",
        f"{int(sure.sum())}",
        _wrong(lift[sure], truth[sure]),
        _wrong(raw[np.abs(raw) > 1.96 * error], truth[np.abs(raw) > 1.96 * error]),
        f"{seconds:.3f}",
    )
    print("".join(f"{value:>10}" for value in (*kind, *figures)), flush=True)


def _wrong(said: np.ndarray, truth: np.ndarray) -> str:
    """Return the share of claimed signs that are wrong; without any effect, every claim is wrong."""
    return f"{np.mean(np.sign(said) != np.sign(truth)):.3f}" if len(said) else "-"


if __name__ == "__main__":
    run()
