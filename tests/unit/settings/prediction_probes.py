"""Probes of predictions, through ``brain predict`` on simulated posts."""

import math
import random
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from unit.settings.gateway_probes import run_command
from unit.settings.settings_file import SettingsFile

from brain.domain.predictions.config import PredictionConfig

START = datetime(2026, 3, 2, tzinfo=UTC)
TYPES = ("photo", "text", "video")
WORDS = {"photo": 1.6, "text": 1.0, "video": 0.6}


def probe_planned() -> object:
    """Predict posts of the week after a history of half a year."""
    return _predict(150, ahead=True)


def probe_shuffled() -> object:
    """Predict posts whose time is not known, from a short history."""
    return _predict(60, ahead=False)


def probe_short_histories() -> object:
    """Predict posts from histories that are hardly enough, or too short."""
    return [_predict(rows, ahead=False) for rows in (6, 9, 10, 13, 15)]


def probe_long_history() -> object:
    """Predict posts of the week after a history with about as many results as one by stretches of time needs."""
    return [_predict(rows, ahead=True) for rows in (60, 79, 80)]


def probe_fine_effects() -> object:
    """Predict from a number whose effect changes at every 64th of its range."""
    rows = [f"{length},{100 if length // 20 % 2 else 900}" for length in range(0, 1280, 3)]
    plan = [str(length) for length in range(5, 1280, 90)]
    return _run("\n".join(["length,likes", *rows]), "\n".join(["length", *plan]))


def _predict(rows: int, *, ahead: bool) -> object:
    return _run(_write_history(rows, ahead=ahead), _write_plan(rows, ahead=ahead), *(("--time", "at") if ahead else ()))


def _run(history: str, plan: str, *options: str) -> object:
    with tempfile.TemporaryDirectory() as folder:
        files = {"--history": history, "--planned": plan}
        arguments = []
        for option, text in files.items():
            path = Path(folder) / f"{option[2:]}.csv"
            path.write_text(text, encoding="utf-8")
            arguments += [option, str(path)]
        return run_command("predict", *arguments, "--target", "likes", "--json", *options)


@cache
def _write_history(rows: int, *, ahead: bool) -> str:
    """Return posts whose likes depend on type, length, hour and a level that drifts, with a few outliers."""
    rng = random.Random(7)  # noqa: S311 - a simulation
    lines = ["at,type,length,series,likes" if ahead else "type,length,series,likes"]
    for number in range(rows):
        at = START + timedelta(hours=29 * number)
        kind, length, series = rng.choice(TYPES), rng.randrange(20, 2000), rng.randrange(8)
        level = 100 * WORDS[kind] * (1 + 0.4 * (length > 900)) * (1.3 if at.hour < 9 else 1) * (1 + number / rows)
        level *= 1.25 if kind == "photo" and length > 1400 else 1.0
        likes = round(level * (1 + 0.05 * series) * math.exp(rng.gauss(0, 0.25)) * (6 if number % 23 == 22 else 1))
        lines.append((f"{at:%Y-%m-%dT%H:%MZ}," if ahead else "") + f"{kind},{length},{series},{likes}")
    return "\n".join(lines)


@cache
def _write_plan(rows: int, *, ahead: bool) -> str:
    lines = ["at,type,length,series" if ahead else "type,length,series"]
    for number, kind in enumerate(TYPES * 3):
        at = START + timedelta(hours=29 * rows + 17 * number)
        lines.append((f"{at:%Y-%m-%dT%H:%MZ}," if ahead else "") + f"{kind},{200 + 211 * number},{number % 8}")
    return "\n".join(lines)


FILES = (
    SettingsFile(
        "brain_predictions",
        PredictionConfig,
        {
            "reliable_from": [probe_short_histories],
            "confidence_*": [probe_short_histories],
            "level*": [probe_short_histories, probe_shuffled],
            "cutoffs_from": [probe_long_history],
            "finest_bins": [probe_fine_effects],
            "folds": [probe_shuffled],
            "category_up_to_values": [probe_shuffled],
            "*": [probe_planned],
        },
    ),
)
