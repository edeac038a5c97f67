"""Coverage of the value of decisions, and how often a decision without effect is said to have earned.

``python -m benchmarks roi``. Simulated stores, in which the effect of a decision is known: none or a lift; and two real
shops on days on which no decision is known, so that a verdict is most likely false.
"""

import time
from dataclasses import replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.retail_data import DATA, Shop, bakery, bikes
from brain.domain.retail.roi.shop_decision import ShopDecision
from brain.domain.retail.roi.statement import StatementPeriod, build_statement
from brain.testing.simulations.decisions import (
    MARGIN,
    DecisionScenario,
    build_decision,
    build_roi_statement,
    compare_valuations,
    load_roi_config,
    simulate_decisions,
)
from brain.testing.simulations.shop import load_retail_config

WORLDS = 20
KINDS = (
    ("no effect", DecisionScenario()),
    ("the same, noise without autocorrelation", DecisionScenario(autocorrelation=0.0)),
    ("the same, one day", DecisionScenario(duration=1)),
    ("the same, three days", DecisionScenario(duration=3)),
    ("the same, two weeks", DecisionScenario(duration=14)),
    ("the same, two years of history", DecisionScenario(days=730)),
    ("the same, ten months of history", DecisionScenario(days=300)),
    ("the same, stores share 70 % of the noise", DecisionScenario(shared_variance=0.7)),
    ("lift of 10 %", DecisionScenario(lift=0.0953)),
    ("lift of 30 %", DecisionScenario(lift=0.262)),
    ("loss of 20 %", DecisionScenario(lift=-0.223)),
    ("lift of 10 %, stores share 70 %", DecisionScenario(lift=0.0953, shared_variance=0.7)),
)
TOTALS = (
    ("20 stores on their own", DecisionScenario(stores=21, untreated_every=99)),
    ("20 stores that share 70 %", DecisionScenario(stores=21, untreated_every=99, shared_variance=0.7)),
)
MONTHS = 40
EVERY_DAYS = 9


def run() -> None:
    """Print the tables."""
    print(f"{WORLDS} simulations per row, 45 decisions each, residual standard deviation 12 %; shares of decisions")
    _head("simulation", "80 % cov.", "95 % cov.", "earned", "lost", "bias", "half width")
    for name, scenario in KINDS:
        begun = time.perf_counter()
        rows = np.concatenate(
            [compare_valuations(simulate_decisions(50_000 + seed, scenario)) for seed in range(WORLDS)]
        )
        _row(name, rows, time.perf_counter() - begun)
    print()
    print(f"sums over decisions of the same days, {MONTHS} months per row, no effect")
    _head("month", "80 % cov.", "95 % cov.", "earned", "lost", "bias", "half width")
    for name, scenario in TOTALS:
        begun = time.perf_counter()
        rows = np.array([_total(seed, scenario) for seed in range(MONTHS)])
        _row(name, rows, time.perf_counter() - begun)
    print()
    print(f"real shops, an imaginary decision every {EVERY_DAYS} days of the last year, each valued alone")
    _head("shop, days", "80 % cov.", "95 % cov.", "earned", "lost", "bias", "half width")
    for folder, read in (("bakery", bakery), ("bike_sharing_hourly", bikes)):
        if (DATA / folder).is_dir():
            _real(read())
        else:
            print(f"not measured: {DATA / folder} does not exist; set BRAIN_DATA to the data folder")


def _total(seed: int, scenario: DecisionScenario) -> tuple[float, ...]:
    (total,) = build_roi_statement(simulate_decisions(60_000 + seed, scenario)).totals
    found = total.estimate
    return (0.0, found.amount, found.lower_80, found.upper_80, found.lower_95, found.upper_95)


def _real(shop: Shop) -> None:
    for lasts in (3, 7):
        begun = time.perf_counter()
        rows = [row for at in range(0, 365, EVERY_DAYS) if (row := _placebo(shop, at, lasts)) is not None]
        _row(f"{shop.name}, {lasts}", np.array(rows), time.perf_counter() - begun)


def _placebo(shop: Shop, back: int, lasts: int) -> tuple[float, ...] | None:
    """Return the value of an imaginary decision as a share of expected sales; None if it is unknown."""
    end = shop.series[0].last_day - timedelta(days=back)
    made: ShopDecision = replace(build_decision("undone", 0, 1, None), start=end - timedelta(days=lasts - 1), end=end)
    (one,) = build_statement(
        shop.series, shop.facts, [made], StatementPeriod(), load_retail_config(), load_roi_config()
    ).valuations
    if one.estimate is None or one.expected is None:
        return None
    found = one.estimate
    scale = MARGIN * one.expected
    figures_of = (found.amount, found.lower_80, found.upper_80, found.lower_95, found.upper_95)
    return (0.0, *(value / scale for value in figures_of))


def _head(*names: str) -> None:
    print(f"{names[0]:<38}" + "".join(f"{name:>11}" for name in (*names[1:], "decisions", "seconds")))


def _row(name: str, rows: NDArray[np.float64], seconds: float) -> None:
    truth, said, lower, upper, low, high = rows.T
    half = float(np.mean(upper - lower)) / 2
    shown = (
        f"{np.mean((lower <= truth) & (truth <= upper)):.3f}",
        f"{np.mean((low <= truth) & (truth <= high)):.3f}",
        f"{np.mean(low > 0):.3f}",
        f"{np.mean(high < 0):.3f}",
        f"{float(np.mean(said - truth)) / half:+.2f}",
        f"{half:,.3g}",
        f"{len(rows)}",
        f"{seconds:.0f}",
    )
    print(f"{name:<38}" + "".join(f"{cell:>11}" for cell in shown), flush=True)
