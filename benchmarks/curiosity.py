"""False leads and findings of the curiosity engine without any effect, and how often it finds planted effects.

``python -m benchmarks curiosity``. Shops are simulated (540 days, noise with an autocorrelation of 0.5, wet spells), so
the truth is known. The same questions are also tested by a plain t-test at 5 % and after Benjamini and Hochberg.
"""

import time
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from scipy import stats

from brain.cli.retail.output import print_table
from brain.domain.retail.curiosity.config import CuriosityConfig
from brain.domain.retail.curiosity.ledger import HypothesisEntry, HypothesisState
from brain.domain.retail.curiosity.night import LedgerHistory, run_night
from brain.domain.retail.curiosity.question import QuestionSubject
from brain.domain.retail.curiosity.question_subjects import build_question_batches
from brain.settings.files import load_config
from brain.testing.simulations.curiosity import FIRST_DAY, ShopSimulation, simulate_chain, simulate_shop

WORLDS = 200
YEARS = 20
YEAR_EVERY_DAYS = 7
FIRST_NIGHT = 540
LAST_NIGHT = 905
PLANTED = (0.4, 0.8)


def run() -> None:
    """Print what is claimed without effect, with planted effects and over a year, and how long a night takes."""
    config = load_config("hypotheses", CuriosityConfig)
    _print_nights(config)
    _print_years(config)
    _print_seconds(config)


def _print_nights(config: CuriosityConfig) -> None:
    rows = []
    for effect in (0.0, *PLANTED):
        nights = [_night(simulate_shop(10_000 + seed, effect=effect), config) for seed in range(WORLDS)]
        leads = [[one for one in entries if one.state is HypothesisState.LEAD] for entries in nights]
        plain, hochberg = zip(
            *(_naive(simulate_shop(10_000 + seed, effect=effect), config) for seed in range(WORLDS)), strict=True
        )
        asked = np.mean([sum(one.p_value is not None for one in entries) for entries in nights])
        rows.append(
            (
                f"{effect:.1f} sd on wet days" if effect else "no effect",
                f"{asked:.0f}",
                _share([bool(found) for found in leads]),
                _share([any(one.template == "rain" for one in found) for found in leads]),
                f"{np.mean(plain):.1f}",
                _share(hochberg),
            )
        )
    heads = ("simulation", "questions", "any lead", "rain is a lead", "t-tests < 5 %", "any by Benjamini-Hochberg")
    print_table(
        f"One night after {FIRST_NIGHT} days, {WORLDS} simulations each",
        heads,
        rows,
        "goals: any lead <= 12 % without effect; rain is a lead >= 35 % and >= 95 %",
    )


def _print_years(config: CuriosityConfig) -> None:
    rows = []
    for effect in (0.0, PLANTED[1]):
        findings = [_year(simulate_shop(20_000 + seed, LAST_NIGHT, effect), config) for seed in range(YEARS)]
        false = [any("rain" not in one for one in found) if effect else bool(found) for found in findings]
        rows.append(
            (
                f"{effect:.1f} sd on wet days" if effect else "no effect",
                _share(false),
                _share(["rain" in found for found in findings]) if effect else "",
                f"{np.mean([len(found) for found in findings]):.2f}",
            )
        )
    heads = ("simulation", "years with a false finding", "rain is a finding", "findings per year")
    print_table(
        f"One year, a night every {YEAR_EVERY_DAYS} days, {YEARS} shops each", heads, rows, "goal: false in <= 10 %"
    )


def _print_seconds(config: CuriosityConfig) -> None:
    world = simulate_chain(30_000, stores=10)
    begun = time.perf_counter()
    entries = _night(world, config)
    seconds = time.perf_counter() - begun
    asked = f"{len(config.templates)} templates x 10 stores and the chain, {len(entries)} questions"
    print(f"{asked}: {seconds:.1f} s (goal <= 60 s)")


def _night(world: ShopSimulation, config: CuriosityConfig, past: LedgerHistory | None = None) -> list[HypothesisEntry]:
    last = max(one.last_day for one in world.series)
    return run_night(
        last, build_question_batches(world.series, world.shop_data, config), past or LedgerHistory(), config.limits
    )


def _year(world: ShopSimulation, config: CuriosityConfig) -> set[str]:
    """Return the templates that were a finding at any time in a year of nights."""
    latest: dict[str, HypothesisEntry] = {}
    confirmations: list[bool] = []
    found: set[str] = set()
    for day in range(FIRST_NIGHT, LAST_NIGHT, YEAR_EVERY_DAYS):
        entries = _night(world.until(_day(day)), config, LedgerHistory(latest, confirmations))
        latest |= {one.hypothesis_id: one for one in entries}
        confirmations += [one.state is HypothesisState.FINDING for one in entries if one.alpha is not None]
        found |= {one.template for one in entries if one.state is HypothesisState.FINDING}
    return found


def _naive(world: ShopSimulation, config: CuriosityConfig) -> tuple[int, bool]:
    """Return how many p-values of plain tests are below 5 %, and whether Benjamini and Hochberg keep any."""
    asked = build_question_batches(world.series, world.shop_data, config)[QuestionSubject("kiel")]
    logs = np.log(world.series[0].sales)
    residual = logs - asked.outcome.basis @ (asked.outcome.basis.T @ logs)
    p_values = []
    for row, spells in zip(asked.raw_signals, asked.count_occurrences(), strict=True):
        known = np.isfinite(row)
        if spells >= config.limits.least_spells and known.sum() >= config.limits.least_days and row[known].std() > 0:
            p_values.append(float(stats.pearsonr(row[known], residual[known]).pvalue))
    return sum(p < 0.05 for p in p_values), bool((stats.false_discovery_control(p_values) <= 0.05).any())


def _day(index: int) -> date:
    return FIRST_DAY + timedelta(days=index - 1)


def _share(hits: Sequence[bool]) -> str:
    return f"{np.mean(hits):.1%}"
