"""Alarms on the Numenta Anomaly Benchmark and in null simulations, against baselines and other detectors.

``python -m benchmarks anomaly``. The labelled series are outside the project, in ``../shared/data/nab`` (or under
``BRAIN_DATA``), and the scorer in ``../shared/tools``. Without them only the null simulations run. A score of 100 means
that every window was found at its first row without a false alarm; 0 is a detector that never fires.
"""

import csv
import importlib.util
import json
import math
import os
import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from brain.domain.anomaly import AlarmBudget, AnomalyConfig
from brain.testing.simulations.series import CONFIG, NOISES, detect_anomalies, simulate_daily, simulate_hourly

DATA = Path(os.environ.get("BRAIN_DATA", "../shared/data"))
POINTS = 365_000
BUDGET_DAYS = (3, 7, 14, 30, 60, 120)
HALVES = 200


def vary(**constants: float) -> AnomalyConfig:
    """Return the configured constants with some changed; ``tail_power`` names the power of the tail."""
    tree = CONFIG.model_dump()
    for name, constant in constants.items():
        section, _, key = name.partition("_")
        holder = tree[section] if isinstance(tree.get(section), dict) else tree
        holder[key if holder is not tree else name] = constant
    return AnomalyConfig.model_validate(tree)


VARIANTS: dict[str, AnomalyConfig] = {
    "as configured": CONFIG,
    "recent median of 12": vary(fast_readings=12),
    "recent median of 36": vary(fast_readings=36),
    "level of 48": vary(level_readings=48),
    "level of 120": vary(level_readings=120),
    "sustained over 6": vary(sustained_readings=6),
    "sustained over 25": vary(sustained_readings=25),
    "lighter prior tail": vary(tail_heaviness=1.0),
    "heavier prior tail": vary(tail_heaviness=1.5),
    "exponential tail": vary(tail_power=1),
    "Pareto-like tail": vary(tail_power=0.1),
    "prior of 4 peaks": vary(tail_prior_peaks=4),
    "blocks of 3 hours": vary(tail_block_hours=3),
    "blocks of 12 hours": vary(tail_block_hours=12),
    "top 3 % of blocks": vary(tail_top_share=0.03),
    "top 8 % of blocks": vary(tail_top_share=0.08),
    "seasons learned faster": vary(season_gain=0.3),
}


class Labelled(NamedTuple):
    """One series of the benchmark: its times, its values, and the windows labelled as anomalous."""

    times: list[datetime]
    values: list[float]
    windows: list[list[str]]


class Score(NamedTuple):
    """The raw score, windows found and labelled, and false alarms of one or more series."""

    raw: float
    found: int
    labelled: int
    false_alarms: int

    @property
    def total(self) -> float:
        """The score on the scale of the benchmark."""
        return 50 * (self.raw + self.labelled) / self.labelled if self.labelled else math.nan

    def row(self) -> str:
        """The figures as the table shows them."""
        return f"{self.total:>8.1f}{self.found:>6}/{self.labelled:<4}{self.false_alarms:>8}"


Alarms = Callable[[Labelled], list[bool]]


def run() -> None:
    """Print the tables."""
    series, scorer = labelled_series(), nab_scorer()
    if series and scorer:
        nab_tables(series, scorer)
    else:
        print(f"not measured: {DATA} has no labelled series with scorer; set BRAIN_DATA to the data folder")
    bike_table()
    null_tables()


def labelled_series() -> dict[str, Labelled]:
    """Return the series by name; none if the data are missing."""
    windows = DATA / "nab" / "windows.json"
    if not windows.exists():
        return {}
    found = {}
    for name, spans in json.loads(windows.read_text()).items():
        with (DATA / "nab" / Path(name).name).open() as lines:
            rows = list(csv.DictReader(lines))
        times = [datetime.fromisoformat(row["timestamp"].split(".")[0]) for row in rows]
        found[name] = Labelled(times, [float(row["value"]) for row in rows], spans)
    return found


def nab_scorer() -> ModuleType | None:
    """Return the scorer of the benchmark, None if it is missing."""
    path = DATA.parent / "tools" / "nab_score.py"
    spec = importlib.util.spec_from_file_location("nab_score", path) if path.exists() else None
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def nab_tables(series: Mapping[str, Labelled], scorer: ModuleType) -> None:
    """Print detectors, budgets and categories, and how constants chosen on one half score on the other."""
    rows = sum(len(one.values) for one in series.values())
    print(f"{len(series)} series, {rows} rows, standard profile; CPU seconds for {POINTS:,} points")
    print(f"{'detector':<44}{'score':>8}{'windows':>11}{'false':>8}{'seconds':>9}")
    for name, alarms in rivals().items():
        began = time.process_time()
        scores = scored(series, scorer, alarms)
        seconds = (time.process_time() - began) / rows * POINTS
        print(f"{name:<44}{added(scores.values()).row()}{seconds:>9.1f}", flush=True)
    print("\nby budget (one false alarm per number of days)")
    for days in BUDGET_DAYS:
        print(f"{days:>6} days{added(scored(series, scorer, brain(days)).values()).row()}", flush=True)
    scores = scored(series, scorer, brain(30))
    print("\nby kind of series, one in 30 days")
    for kind in sorted({name.split("/")[0] for name in series}):
        print(f"  {kind:<24}{added(s for name, s in scores.items() if name.startswith(kind)).row()}")
    cross_validation(series, scorer)


def scored(series: Mapping[str, Labelled], scorer: ModuleType, alarms: Alarms) -> dict[str, Score]:
    """Return the score of each series."""
    found = {}
    for name, one in series.items():
        raw, hits, wrong, labelled = scorer.score_series(
            one.times, alarms(one), one.windows, *scorer.WEIGHTS["standard"]
        )
        found[name] = Score(raw, hits, labelled, wrong)
    return found


def added(scores: Iterable[Score]) -> Score:
    """Return the sum of the scores."""
    listed = list(scores)
    return Score(*(sum(column) for column in zip(*listed, strict=True))) if listed else Score(0, 0, 0, 0)


def brain(days: float, config: AnomalyConfig = CONFIG) -> Alarms:
    """Return the Brain's detector with a budget of one false alarm in ``days``."""
    budget = AlarmBudget(1, timedelta(days=days))
    return lambda one: [
        r.alarm for r in detect_anomalies(zip(one.times, one.values, strict=True), budget, config=config)
    ]


def rivals() -> dict[str, Alarms]:
    """Return the detectors of the first table by name."""
    table: dict[str, Alarms] = {
        "the Brain, one in 30 days": brain(30),
        "never": lambda one: [False] * len(one.values),
        "always": lambda one: [True] * len(one.values),
        "every 200th row": lambda one: [row % 200 == 0 for row in range(len(one.values))],
        "z > 3 on all earlier values": lambda one: z_alarms(one.values),
        "z > 3 on all earlier values, one in 12 h": lambda one: seldom(one, z_alarms(one.values)),
        "z > 3 on the last 250, one alarm in 12 h": lambda one: seldom(one, z_alarms(one.values, window=250)),
    }
    try:
        from river import anomaly, preprocessing  # noqa: PLC0415 - an optional contender
    except ImportError:
        print("river's half-space trees are not measured: install requirements/bench.txt")
        return table

    def trees(one: Labelled) -> list[bool]:
        model = preprocessing.MinMaxScaler() | anomaly.QuantileFilter(anomaly.HalfSpaceTrees(seed=1), q=0.999)
        alarms = []
        for value in one.values:
            point = {"value": value}
            alarms.append(bool(model["QuantileFilter"].classify(model.score_one(point))))
            model.learn_one(point)
        return seldom(one, alarms)

    table["river half-space trees, q 0.999, one in 12 h"] = trees
    return table


def z_alarms(values: Sequence[float], window: int = 10**9) -> list[bool]:
    """Return where a value is more than 3 standard deviations from the mean of the values before it."""
    alarms, total, squares, kept = [], 0.0, 0.0, 0
    for row, value in enumerate(values):
        mean = total / kept if kept else value
        deviation = math.sqrt(max(squares / kept - mean * mean, 0.0)) if kept else 0.0
        alarms.append(kept > 1 and abs(value - mean) > 3 * max(deviation, 0.001))
        total, squares, kept = total + value, squares + value * value, kept + 1
        if kept > window:
            old = values[row - window]
            total, squares, kept = total - old, squares - old * old, kept - 1
    return alarms


def seldom(one: Labelled, alarms: Sequence[bool], rest: timedelta = timedelta(hours=12)) -> list[bool]:
    """Return the alarms without those within ``rest`` of the last remaining one."""
    left, last = [], None
    for at, alarm in zip(one.times, alarms, strict=True):
        rings = alarm and (last is None or at - last > rest)
        last = at if rings else last
        left.append(rings)
    return left


def cross_validation(series: Mapping[str, Labelled], scorer: ModuleType) -> None:
    """Print the score of each variant, and how the best variant on a random half of the series scores on the other."""
    print("\nby constants, one in 30 days")
    scores = {}
    for name, config in VARIANTS.items():
        scores[name] = scored(series, scorer, brain(30, config))
        print(f"  {name:<24}{added(scores[name].values()).row()}", flush=True)
    chance = random.Random(1)  # noqa: S311 - a random half, not a secret
    chosen, configured = [], []
    for _ in range(HALVES):
        names = sorted(series)
        chance.shuffle(names)
        ours, theirs = names[::2], names[1::2]
        best = max(scores, key=lambda variant: added(scores[variant][name] for name in ours).total)
        chosen.append(added(scores[best][name] for name in theirs).total)
        configured.append(added(scores["as configured"][name] for name in theirs).total)
    for label, figures in (("best of the other half", chosen), ("as configured", configured)):
        mean, spread = statistics.fmean(figures), statistics.stdev(figures)
        print(f"over {HALVES} random halves, {label}: {mean:.1f} with standard deviation {spread:.1f}")


def bike_table() -> None:
    """Print the alarms on two years of hourly bike rentals, with both seasons, growth, storms and holidays."""
    path = DATA / "bike_sharing_hourly" / "hour.csv"
    if not path.exists():
        return
    with path.open() as lines:
        hours = [
            (datetime.strptime(row["dteday"], "%d/%m/%y") + timedelta(hours=int(row["hr"])), float(row["cnt"]))  # noqa: DTZ007 - local time
            for row in csv.DictReader(lines)
        ]
    days = (hours[-1][0] - hours[0][0]).days
    alarms = [reading for reading in detect_anomalies(hours) if reading.alarm]
    print(f"\nhourly bike rentals, {days} days, budget one in 30 days: {len(alarms)} alarms, the three most unusual:")
    for reading in sorted(alarms, key=lambda reading: -reading.anomaly_score)[:3]:
        print(f"  {reading.timestamp}, {reading.kind}: {reading.explanation}")


def null_tables() -> None:
    """Print false alarms divided by the budget in null simulations of several spacings."""
    worlds: dict[str, tuple[int, int, Callable[[int, int, str], list[tuple[datetime, float]]]]] = {
        "daily, 60 days": (60, 60, simulate_daily),
        "daily, 400 days": (400, 15, simulate_daily),
        "hourly, 60 days": (60, 8, simulate_hourly),
        "hourly, 300 days": (300, 3, simulate_hourly),
        "5 minutes, 60 days": (60, 2, lambda seed, days, noise: simulate_hourly(seed, days, noise, minutes=5)),
    }
    budgets = (4.0, 1.0, 0.05)
    print("\nfalse alarms divided by the budget, null simulations, after the warm-up")
    print(f"{'simulation':<22}{'noise':<20}" + "".join(f"{f'{budget:g}/30d':>10}" for budget in budgets))
    for world, (days, seeds, make) in worlds.items():
        warm_up = 14 if make is simulate_daily else 2
        for noise in NOISES:
            ratios = []
            for budget in budgets:
                found = sum(
                    reading.alarm
                    for seed in range(seeds)
                    for reading in detect_anomalies(
                        make(500 + seed, days, noise), AlarmBudget(budget, timedelta(days=30))
                    )
                )
                ratios.append(found / (seeds * (days - warm_up) / 30 * budget))
            print(f"{world:<22}{noise:<20}" + "".join(f"{ratio:>10.2f}" for ratio in ratios), flush=True)


if __name__ == "__main__":
    run()
