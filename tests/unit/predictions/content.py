"""Content made by chance with known truths, for the tests of predictions."""

from datetime import datetime, timedelta

import numpy as np

from brain.domain.predictions.config import PredictionConfig
from brain.settings.files import load_config

CONFIG: PredictionConfig = load_config("brain_predictions", PredictionConfig)
FIRST = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - a clock as it was shown
EFFECTS = {"photo": 0.0, "video": 0.8, "link": -0.6}


def posts(count, seed, *, noise=0.5, effects=EFFECTS, drift=0.0, every_hours=12.0):
    """Rows of posts whose log engagement is 4 + the effect of their type + drift a year + noise."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        kind = str(rng.choice(sorted(effects)))
        published_at = FIRST + timedelta(hours=every_hours * number)
        level = 4 + effects[kind] + drift * (published_at - FIRST).days / 365
        rows.append(
            {
                "type": kind,
                "length": str(int(rng.integers(20, 400))),
                "published": published_at.strftime("%Y-%m-%d %H:%M"),
                "likes": str(int(np.expm1(level + noise * rng.standard_normal()).clip(0))),
            }
        )
    return rows


def without_results(rows):
    """The rows as they were planned."""
    return [{name: value for name, value in row.items() if name != "likes"} for row in rows]


def results(rows):
    """What the rows really brought."""
    return np.array([float(row["likes"]) for row in rows])
