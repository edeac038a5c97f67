"""How far a difference may lie from zero by chance, from the differences of weeks in which nothing was decided."""

import math
from dataclasses import dataclass

import numpy as np

from brain.domain.statistics.welch import t_quantile
from brain.domain.types import Booleans, Floats

LEVELS = (0.80, 0.95)
FEWEST = 3
"""Differences below which nothing can be said of their spread."""

HALF_LIFE_WEEKS = 13.0


@dataclass(frozen=True, slots=True)
class Worth:
    """An estimate with its 80 % and 95 % intervals, all in money."""

    estimate: float
    lower_80: float
    upper_80: float
    lower_95: float
    upper_95: float


def worth(difference: float, by_chance: Floats, span_weeks: float) -> Worth | None:
    """What is left of ``difference`` after the usual one, with the interval of one more draw of the same kind.

    ``by_chance`` holds the differences of the same days 1, 2, … weeks earlier on the same scale, NaN where there is
    none; the forecast's own bias is their mean. Earlier ones count less, since the forecast was younger then. They
    overlap when a difference spans several weeks (``span_weeks``), so that fewer tell the spread: Student's prediction
    interval by the effective number (Kish 1965). Sums over several decisions are formed week by week before they come
    here, so that errors that come together stay together. None when fewer than ``FEWEST`` are effective.
    """
    known = np.isfinite(by_chance)
    number = effective(by_chance, span_weeks)
    if number < FEWEST:
        return None
    weight = _weights(known)
    usual = float(weight @ by_chance[known])
    variance = float(weight @ (by_chance[known] - usual) ** 2) * number / (number - 1)
    error = math.sqrt(variance * (1 + 1 / number))
    halves = [t_quantile((1 + level) / 2, number - 1) * error for level in LEVELS]
    found = difference - usual
    return Worth(found, found - halves[0], found + halves[0], found - halves[1], found + halves[1])


def effective(by_chance: Floats, span_weeks: float) -> float:
    """How many independent, equally weighing differences there are among ``by_chance``."""
    known = np.isfinite(by_chance)
    if known.sum() < FEWEST:
        return 0.0
    return float(1 / np.sum(_weights(known) ** 2)) / max(1.0, span_weeks)


def _weights(known: Booleans) -> Floats:
    weight: Floats = 0.5 ** (np.flatnonzero(known) / HALF_LIFE_WEEKS)
    shares: Floats = weight / weight.sum()
    return shares


def net_of(treated: Floats, control: Floats, worth_it: float) -> Floats | None:
    """``treated`` differences net of what ``control`` shows, index 0 the decision's own; None when it is no help.

    Both are shares of what was expected, NaN where unknown. The slope is of the earlier weeks; each of them is judged
    by the slope of the others (leave-one-out), and the control is taken only when that brings the errors below
    ``worth_it`` of what they were (difference in differences, with the slope of regression adjustment).
    """
    known = np.isfinite(treated) & np.isfinite(control)
    earlier = known.copy()
    earlier[0] = False
    if not known[0] or earlier.sum() < FEWEST:
        return None
    x = control - control[earlier].mean()
    y = treated - treated[earlier].mean()
    total = float(np.sum(x[earlier] ** 2))
    if total <= 0:
        return None
    slope = float(np.sum(x[earlier] * y[earlier])) / total
    left = y - slope * x
    share = np.minimum(x[earlier] ** 2 / total, 0.99)
    left[earlier] /= 1 - share
    if float(np.sqrt(np.mean(left[earlier] ** 2))) > worth_it * float(np.sqrt(np.mean(y[earlier] ** 2))):
        return None
    return np.where(known, left + treated[earlier].mean(), np.nan)
