"""Simulated rows of content with known effects, for predictions."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from brain.domain.predictions.config import PredictionConfig
from brain.domain.types import Floats
from brain.settings.files import load_config

Row = dict[str, str]

CONFIG: PredictionConfig = load_config("brain_predictions", PredictionConfig)
FIRST = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - local time, as exports have it
EFFECTS = {"photo": 0.0, "video": 0.8, "link": -0.6}


def simulate_posts(
    count: int,
    seed: int,
    *,
    noise: float = 0.5,
    effects: Mapping[str, float] = EFFECTS,
    drift: float = 0.0,
    every_hours: float = 12.0,
) -> list[Row]:
    """Simulate posts whose log engagement is 4 + the effect of their type + drift per year + noise."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        content_type = str(rng.choice(sorted(effects)))
        published_at = FIRST + timedelta(hours=every_hours * number)
        level = 4 + effects[content_type] + drift * (published_at - FIRST).days / 365
        rows.append(
            {
                "type": content_type,
                "length": str(int(rng.integers(20, 400))),
                "published": published_at.strftime("%Y-%m-%d %H:%M"),
                "likes": str(int(np.expm1(level + noise * rng.standard_normal()).clip(0))),
            }
        )
    return rows


def drop_results(rows: Sequence[Row]) -> list[Row]:
    """Return the rows as they were planned."""
    return [{name: cell for name, cell in row.items() if name != "likes"} for row in rows]


def read_results(rows: Sequence[Row]) -> Floats:
    """Return the likes of each row."""
    return np.array([float(row["likes"]) for row in rows])
