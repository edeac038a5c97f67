"""Simulated outcomes whose true weights are known."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcome_rule import MoveType
from brain.domain.learning.outcomes import COMPONENTS, ScoreOutcome
from brain.settings.files import load_config

CONFIG = load_config("brain_learning", LearningConfig)
START = datetime(2026, 1, 1, tzinfo=UTC)
LOWEST = np.array([-2.7, -0.9, -0.7, -1.2, -0.35, -2.3])
HIGHEST = np.array([0.65, 0.44, 0.7, 0.0, 0.26, 0.0])
CONSTANT = 7.0
TRUTH = {
    "engagement": 1.4, "impressions": 0.8, "growth": 1.2, "authenticity": 1.5, "quality": 1.0, "temporal": 0.5,
}  # fmt: skip
ONES = dict.fromkeys(COMPONENTS, 1.0)


def simulate_outcomes(
    count: int,
    truth: Mapping[str, float] = ONES,
    *,
    noise: float = 0.1,
    seed: int = 1,
    client: str = "acme",
    first: int = 0,
    move: MoveType = MoveType.EXPLOIT,
) -> list[ScoreOutcome]:
    """Simulate outcomes under the weights ``truth`` and this noise of the log score, one every ten minutes."""
    rng = np.random.default_rng(seed)
    logs = rng.uniform(LOWEST, HIGHEST, (count, len(COMPONENTS)))
    observed = CONSTANT + logs @ np.array([truth[name] for name in COMPONENTS]) + rng.normal(0, noise, count)
    return [
        ScoreOutcome(
            outcome_id=f"o{first + i:06}",
            client_id=client,
            predicted_at=START + timedelta(minutes=10 * (first + i)),
            observed_at=START + timedelta(minutes=10 * (first + i) + 6),
            recorded_at=START + timedelta(minutes=10 * (first + i) + 7),
            predicted=1000.0,
            observed=float(np.exp(observed[i])),
            components=dict(zip(COMPONENTS, logs[i].tolist(), strict=True)),
            constant=CONSTANT,
            move=move,
        )
        for i in range(count)
    ]


def measure_distance(weights: Mapping[str, float], truth: Mapping[str, float] = TRUTH) -> float:
    """Return the mean absolute distance of the weights from the truth."""
    return sum(abs(weights[name] - truth[name]) for name in COMPONENTS) / len(COMPONENTS)
