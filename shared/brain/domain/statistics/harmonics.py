"""The year as sine and cosine waves, for what comes back every twelve months."""

import numpy as np
from numpy.typing import NDArray

DAYS_A_YEAR = 365.25


def yearly_waves(days: NDArray[np.datetime64], waves: int) -> NDArray[np.float64]:
    """Sine and cosine of the first ``waves`` harmonics of the year, shape (days, 2 · waves)."""
    angle = 2 * np.pi * days.astype("datetime64[D]").astype(np.int64) / DAYS_A_YEAR
    harmonics = angle[:, None] * np.arange(1, waves + 1)
    return np.hstack([np.sin(harmonics), np.cos(harmonics)])
