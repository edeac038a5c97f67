"""Harmonics of the year as regression columns, for effects that recur every twelve months."""

import numpy as np

from brain.domain.types import Dates, Floats

DAYS_PER_YEAR = 365.25


def yearly_harmonics(dates: Dates, order: int) -> Floats:
    """Return the sines and then the cosines of the first ``order`` harmonics of the year, shape (dates, 2 · order).

    These are the seasonal terms of harmonic regression (Young, Pedregal and Tych, 1999, "Dynamic harmonic regression").

    Example:
        >>> dates = np.array(["2026-01-01", "2026-07-02"], dtype="datetime64[D]")
        >>> yearly_harmonics(dates, order=1).shape
        (2, 2)
    """
    angle = 2 * np.pi * dates.astype("datetime64[D]").astype(np.int64) / DAYS_PER_YEAR
    harmonics = angle[:, None] * np.arange(1, order + 1)
    return np.hstack([np.sin(harmonics), np.cos(harmonics)])
