"""How good a forecast was, by definitions written down once, so that two reports never mean two things.

For days with actual sales a and forecast p of the same series:

- mape: mean of |a − p| / |a| over days with a ≠ 0
- wape: Σ|a − p| / Σ|a|
- mase: mean of |a − p| divided by the series' scale, the mean |a(t) − a(t − 7 days)| known at the first cutoff
- bias: Σ(p − a) / Σ|a|; above 0 the forecast was too high
- directional_accuracy: among days whose sales differ from the open day before, the share where the forecast moved the
  same way (the forecast's own day before; the last known sales at the first day after a cutoff)
- correlation: Pearson's, over series after each is divided by the mean of its |a| and centred
- rush_recall, rush_precision: a rush day has sales at or above the line that one tenth of the last 52 weeks known at
  the cutoff exceeded; the forecast calls one when p is at or above the line
- coverage_80, coverage_95: the share of days inside the interval

A figure that no day can give is None.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from brain.domain.retail.series import Flags, Floats

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of one rule over one series or all; shares are between 0 and 1."""

    days: int
    mape: float | None
    wape: float | None
    mase: float | None
    bias: float | None
    directional_accuracy: float | None
    correlation: float | None
    rush_recall: float | None
    rush_precision: float | None
    coverage_80: float | None
    coverage_95: float | None

    def as_dict(self) -> dict[str, float | int | None]:
        """Name -> figure, in the order of the definitions."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Days to score, flat arrays of one length: which series, actual sales, what a rule said, and its bounds.

    ``before`` is the actual of the open day before, ``said_before`` what the rule expected for it (the actual itself
    on the first day after a cutoff); ``scale`` the series' mean absolute seasonal difference; ``rush_line`` the sales
    of a rush day. NaN where there is none. ``bounds`` is (4, days): 80 % lower and upper, 95 % lower and upper.
    """

    series: Whole
    actual: Floats
    said: Floats
    before: Floats
    said_before: Floats
    scale: Floats
    rush_line: Floats
    bounds: Floats | None = None

    def only(self, chosen: Flags) -> "Scored":
        """The chosen days."""
        bounds = None if self.bounds is None else self.bounds[:, chosen]
        return Scored(
            self.series[chosen],
            self.actual[chosen],
            self.said[chosen],
            self.before[chosen],
            self.said_before[chosen],
            self.scale[chosen],
            self.rush_line[chosen],
            bounds,
        )


def score(scored: Scored) -> Metrics:
    """The figures over all days on which the rule said something."""
    days = scored.only(np.isfinite(scored.said) & np.isfinite(scored.actual))
    actual, said = days.actual, days.said
    error, size = np.abs(actual - said), np.abs(actual)
    called, rush = said >= days.rush_line, actual >= days.rush_line
    return Metrics(
        days=len(actual),
        mape=_ratio((error[size > 0] / size[size > 0]).sum(), float((size > 0).sum())),
        wape=_ratio(error.sum(), size.sum()),
        mase=_mean(error / days.scale, days.scale > 0),
        bias=_ratio((said - actual).sum(), size.sum()),
        directional_accuracy=_directional(days),
        correlation=_correlation(days),
        rush_recall=_ratio(float((called & rush).sum()), float(rush.sum())),
        rush_precision=_ratio(float((called & rush).sum()), float(called.sum())),
        coverage_80=_coverage(days, 0),
        coverage_95=_coverage(days, 2),
    )


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None


def _mean(values: Floats, chosen: Flags) -> float | None:
    return float(values[chosen].mean()) if chosen.any() else None


def _directional(days: Scored) -> float | None:
    moved, expected = days.actual - days.before, days.said - days.said_before
    return _mean((np.sign(moved) == np.sign(expected)).astype(float), np.isfinite(expected) & (np.abs(moved) > 0))


def _correlation(days: Scored) -> float | None:
    if not len(days.actual):
        return None
    count = np.bincount(days.series)
    size = np.bincount(days.series, np.abs(days.actual)) / np.maximum(count, 1)
    usable = size[days.series] > 0
    one = days.only(usable)
    actual, said = (values / size[one.series] for values in (one.actual, one.said))
    actual, said = (
        values - (np.bincount(one.series, values) / np.maximum(np.bincount(one.series), 1))[one.series]
        for values in (actual, said)
    )
    spread = float(np.sqrt((actual**2).sum() * (said**2).sum()))
    return float((actual * said).sum() / spread) if spread > 0 else None


def _coverage(days: Scored, lower: int) -> float | None:
    if days.bounds is None or not len(days.actual):
        return None
    return float(((days.bounds[lower] <= days.actual) & (days.actual <= days.bounds[lower + 1])).mean())
