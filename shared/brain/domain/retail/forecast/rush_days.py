"""Rush days: the sales that make a day a rush, and how probable a rush is on each of the coming days."""

import numpy as np

from brain.domain.retail.forecast.conformal import ConformalBounds
from brain.domain.retail.forecast.levels import YEAR
from brain.domain.retail.forecast.model_replay import ModelReplay
from brain.domain.retail.forecast.panel import Panel
from brain.domain.retail.series import compute_quantile
from brain.domain.types import Floats


def compute_rush_lines(panel: Panel, cutoff: int, share: float) -> Floats:
    """Return the sales (series,) exceeded on ``share`` of the open days of the last 52 weeks up to ``cutoff``."""
    last_year = panel.sales[:, max(0, cutoff + 1 - YEAR) : cutoff + 1]
    line = compute_quantile(last_year, 1 - share)
    return np.where(np.isfinite(line), line, np.inf)


def estimate_rush_probability(replay: ModelReplay, combined: Floats, bounds: ConformalBounds, line: Floats) -> Floats:
    """Return the share of past errors that would lift a day over the line, smoothed by one vote of the forecast."""
    scale = replay.scale
    positive_line = np.where(np.isfinite(line), np.maximum(line, 1e-9), 1.0)
    target = np.where(scale.ratio, np.log(positive_line), positive_line / scale.unit)
    needed_score = (target[:, None] - combined) / bounds.scales[:, -1, : combined.shape[1]]
    probability = np.zeros(combined.shape)
    for row, scores in enumerate(bounds.scores):
        ordered = np.sort(scores[np.isfinite(scores)])
        above = len(ordered) - np.searchsorted(ordered, needed_score[row])
        forecast_vote = np.clip(0.5 - needed_score[row] / 4.0, 0.0, 1.0)
        probability[row] = (above + forecast_vote) / (len(ordered) + 1.0)
    return np.where(np.isfinite(line)[:, None], probability, 0.0)
