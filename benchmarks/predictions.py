"""Errors and coverage of predictions of planned content, and the time of a fit, against other models.

``python -m benchmarks predictions``. Contenders: one mean for all, the mean of the type, ridge regression and
gradient boosting of scikit-learn (``requirements/bench.txt``), all on the same folds, columns and logarithm. The posts
are outside the project, in ``../shared/data`` or the folder ``BRAIN_DATA``.
"""

import csv
import importlib
import os
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Series, interleaved, print_ratio
from brain.domain.predictions.additive import StepSearch, fit_steps
from brain.domain.predictions.candidates import build_candidates
from brain.domain.predictions.columns import detect_column
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.prediction_model import ContentHistory, fit_model
from brain.domain.predictions.times import parse_times
from brain.settings.files import load_config

DATA = Path(os.environ.get("BRAIN_DATA", "../shared/data"))
SEEDS = int(os.environ.get("BRAIN_BENCH_SEEDS", "3"))
FOLDS = 5
CUTS = (0.7, 0.75, 0.8, 0.85, 0.9)
STEPS = 20
GOAL = 50
CATEGORIES = frozenset({"Type", "Category", "Paid", "status_type", "page"})
POSTS = {
    "all known beforehand": ("Type", "Category", "Month", "Weekday", "Hour", "Paid", "Page_T_Likes"),
    "without followers": ("Type", "Category", "Month", "Weekday", "Hour", "Paid"),
    "type, time, paid": ("Type", "Weekday", "Hour", "Paid"),
}
LIVE = {"with the page": ("status_type", "page"), "without it": ("status_type",)}
CONFIG = load_config("brain_predictions", PredictionConfig)
Rows = list[dict[str, Any]]
Rival = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def run() -> None:
    """Print errors, coverage and seconds on both data sets."""
    rivals = _rivals()
    names = ["ours", "mean", "type mean", *rivals]
    for file, table in (("facebook_posts/posts.csv", _posts_table), ("facebook_live/posts.csv", _live_tables)):
        if (DATA / file).is_file():
            table(DATA / file, rivals, names)
        else:
            print(f"not measured: {DATA / file} does not exist; set BRAIN_DATA to the data folder")
    if not rivals:
        print("ridge and gradient boosting are not measured: install requirements/bench.txt")


def _rivals() -> dict[str, Rival]:
    try:
        linear, ensemble = (importlib.import_module(f"sklearn.{part}") for part in ("linear_model", "ensemble"))
    except ImportError:
        return {}
    return {
        "ridge": lambda known, target, ahead: linear.Ridge().fit(known, target).predict(ahead),
        "boosting": lambda known, target, ahead: (
            ensemble.GradientBoostingRegressor(random_state=0).fit(known, target).predict(ahead)
        ),
    }


def _posts_table(file: Path, rivals: dict[str, Rival], names: Sequence[str]) -> None:
    rows = _read(file, ";")
    print(f"facebook posts: median absolute log error, {FOLDS} folds, seeds 0 to {SEEDS - 1}; coverage of 80 %")
    _head(names)
    for target in ("T_Interactions", "like", "share", "comment"):
        known = [row for row in rows if row[target]]
        for label, columns in POSTS.items():
            errors: dict[str, list[float]] = {name: [] for name in names}
            inside: list[bool] = []
            for seed in range(SEEDS):
                for fold in np.array_split(np.random.default_rng(seed).permutation(len(known)), FOLDS):
                    out = set(fold.tolist())
                    history = [row for index, row in enumerate(known) if index not in out]
                    _judge(history, [known[index] for index in fold], columns, target, rivals, (errors, inside))
            _line(f"{target}, {label}", names, errors, inside)
    history = _history(rows, POSTS["all known beforehand"], "T_Interactions", timed=False)
    _seconds(history, _matrix(rows, rows, POSTS["all known beforehand"])[0], rivals, "facebook posts", None)


def _live_tables(file: Path, rivals: dict[str, Rival], names: Sequence[str]) -> None:
    rows = _read(file, ",")
    for row, at in zip(rows, parse_times([row["status_published"] for row in rows]), strict=True):
        assert at is not None
        row |= {"at": at, "page": row["status_id"].partition("_")[0], "weekday": at.weekday(), "hour": at.hour}
        row["days"] = at.timestamp() / 86_400
    rows.sort(key=lambda row: row["at"])
    cuts = [(int(len(rows) * cut), len(rows)) for cut in CUTS]
    print(f"\nfacebook live: train before, test after, at {', '.join(f'{cut:.0%}' for cut in CUTS)} of the posts")
    _ahead(rows, cuts, rivals, names)
    edges = np.linspace(len(rows) // 2, len(rows), STEPS + 1).astype(int).tolist()
    print(f"\nfacebook live: the second half in {STEPS} stretches, each predicted from all earlier posts")
    _ahead(rows, list(pairwise(edges)), {}, ["ours", "mean", "type mean"])
    history = _history(rows, LIVE["with the page"], "num_reactions", timed=True)
    columns = (*LIVE["with the page"], "weekday", "hour", "days")
    _seconds(history, _matrix(rows, rows, columns)[0], rivals, "facebook live", 90 * 86_400.0)


def _ahead(rows: Rows, cuts: Sequence[tuple[int, int]], rivals: dict[str, Rival], names: Sequence[str]) -> None:
    _head(names)
    for target in ("num_reactions", "num_comments", "num_shares"):
        for label, columns in LIVE.items():
            errors: dict[str, list[float]] = {name: [] for name in names}
            inside: list[bool] = []
            for start, end in cuts:
                _judge(rows[:start], rows[start:end], columns, target, rivals, (errors, inside))
            _line(f"{target}, {label}", names, errors, inside)


def _judge(
    history: Rows,
    ahead: Rows,
    columns: Sequence[str],
    target: str,
    rivals: dict[str, Rival],
    into: tuple[dict[str, list[float]], list[bool]],
) -> None:
    """Add the errors of each contender and our coverage on ``ahead`` to ``into``."""
    errors, inside = into
    timed = "at" in history[0]
    late = (ahead[-1]["at"] - history[-1]["at"]).total_seconds() if timed else None
    model = fit_model(_history(history, columns, target, timed=timed), CONFIG, ahead_seconds=late)
    times = [row["at"] for row in ahead] if timed else None
    found = model.predict({name: [row[name] for row in ahead] for name in columns}, len(ahead), times)
    truth = np.array([float(row[target]) for row in ahead])
    inside += [bool(each.lower <= true <= each.upper) for each, true in zip(found, truth, strict=True)]
    result = np.log1p([float(row[target]) for row in history])
    kind = next(name for name in columns if name in ("Type", "status_type"))
    means = {value: np.mean([y for row, y in zip(history, result, strict=True) if row[kind] == value]) for value in
             {row[kind] for row in history}}  # fmt: skip
    predicted = {
        "ours": np.log1p([each.predicted for each in found]),
        "mean": np.full(len(ahead), result.mean()),
        "type mean": np.array([means.get(row[kind], result.mean()) for row in ahead]),
    }
    known, planned = _matrix(history, ahead, (*columns, "weekday", "hour", "days") if timed else columns)
    predicted |= {name: rival(known, result, planned) for name, rival in rivals.items()}
    for name, values in predicted.items():
        errors[name] += np.abs(values - np.log1p(truth)).tolist()


def _matrix(history: Rows, ahead: Rows, columns: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return both tables as numbers: categories one-hot, numbers standardized, missing ones as the median."""
    parts = []
    for name in columns:
        if name in CATEGORIES:
            levels = sorted({row[name] for row in history})
            parts.append([[[row[name] == level for level in levels] for row in rows] for rows in (history, ahead)])
            continue
        known, later = (np.array([float(row[name] or "nan") for row in rows]) for rows in (history, ahead))
        middle, spread = np.nanmedian(known), np.nanstd(known) or 1.0
        parts.append([((np.nan_to_num(v, nan=middle) - middle) / spread)[:, None] for v in (known, later)])
    return np.hstack([part[0] for part in parts]).astype(float), np.hstack([part[1] for part in parts]).astype(float)


def _history(rows: Rows, columns: Sequence[str], target: str, *, timed: bool) -> ContentHistory:
    times: list[datetime] | None = [row["at"] for row in rows] if timed else None
    table = {name: [row[name] for row in rows] for name in columns}
    return ContentHistory(table=table, results=[float(row[target]) for row in rows], times=times)


def _seconds(
    history: ContentHistory, known: np.ndarray, rivals: dict[str, Rival], name: str, ahead: float | None
) -> None:
    """Print how many times as fast ours is as boosting: fitting alone, and with the interval."""
    if "boosting" not in rivals:
        return
    target = np.log1p(history.results)
    found = [detect_column(each, values, category_up_to=6) for each, values in history.table.items()]
    grouped = build_candidates([column for column in found if column], history.table, CONFIG)

    def ours() -> None:
        weights = np.ones((1 if ahead is None else 1 + len(CONFIG.half_lives_days), len(target)))
        search = StepSearch(grouped, weights[0], clip=CONFIG.clip_scales, least_gain=CONFIG.least_gain)
        fit_steps(grouped, search.choose(target, CONFIG.most_steps), target, weights, clip=CONFIG.clip_scales)

    boosting = rivals["boosting"]
    _print_pace(f"{name}, fit only", ours, lambda: boosting(known, target, known[:1]))

    def folds() -> None:
        for fold in range(FOLDS + 1):
            kept = np.arange(len(target)) % FOLDS != fold
            boosting(known[kept], target[kept], known[:1])

    _print_pace(
        f"{name}, columns, fit and interval ({FOLDS} folds)",
        lambda: fit_model(history, CONFIG, ahead_seconds=ahead),
        folds,
    )


def _print_pace(text: str, ours: Callable[[], object], boosting: Callable[[], object]) -> None:
    def pace(fit: Callable[[], object], times: int) -> Callable[[], float]:
        def figure() -> float:
            start = time.perf_counter()
            for _ in range(times):
                fit()
            return times / (time.perf_counter() - start)

        return figure

    series: dict[str, Series] = interleaved({"ours": pace(ours, 20), "boosting": pace(boosting, 1)}, rounds=5)
    for one in series.values():
        print(f"  {one.name}: {1000 / one.median:.2f} ms", end=";")
    print()
    print_ratio(f"{text}, speed over gradient boosting", series["ours"], [series["boosting"]], GOAL)


def _read(file: Path, delimiter: str) -> Rows:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))


def _head(names: Sequence[str]) -> None:
    print(f"{'':<40}" + "".join(f"{name:>11}" for name in names) + f"{'coverage':>11}")


def _line(text: str, names: Sequence[str], errors: dict[str, list[float]], inside: Sequence[bool]) -> None:
    figures = "".join(f"{np.median(errors[name]):>11.3f}" for name in names)
    print(f"{text:<40}{figures}{100 * np.mean(inside):>10.1f}%", flush=True)
