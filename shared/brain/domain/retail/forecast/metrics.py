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
  the cutoff exceeded; the forecast calls one when the chance of it is at least ``call_rush_at``, a naive rule when
  what it says is at or above the line
- coverage_80, coverage_95: the share of days inside the interval

A figure that no day can give is None.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from brain.domain.types import Booleans, Floats, Integers


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

    def to_document(self) -> dict[str, float | int | None]:
        """Name -> figure, in the order of the definitions."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, eq=False)
class ScoredDays:
    """Days to score, flat arrays of one length: which series, actual sales, what a rule said, and its bounds.

    ``before`` is the actual of the open day before, ``said_before`` what the rule expected for it (the actual itself
    on the first day after a cutoff); ``scale`` the series' mean absolute seasonal difference; ``rush_line`` the sales
    of a rush day, ``called`` whether the rule called one. NaN where there is none. ``bounds`` is (4, days): 80 %
    lower and upper, 95 % lower and upper.
    """

    series: Integers
    actual: Floats
    said: Floats
    before: Floats
    said_before: Floats
    scale: Floats
    rush_line: Floats
    called: Booleans
    bounds: Floats | None = None

    def only(self, chosen: Booleans) -> "ScoredDays":
        """The chosen days."""
        bounds = None if self.bounds is None else self.bounds[:, chosen]
        return ScoredDays(
            self.series[chosen],
            self.actual[chosen],
            self.said[chosen],
            self.before[chosen],
            self.said_before[chosen],
            self.scale[chosen],
            self.rush_line[chosen],
            self.called[chosen],
            bounds,
        )


def score_by_series(scored: ScoredDays, series: int) -> list[Metrics]:
    """The figures of each of ``series`` series over the days on which the rule said something."""
    return _score(scored, scored.series, series)


def score_overall(scored: ScoredDays) -> Metrics:
    """The figures over all series: every day counts alike."""
    return _score(scored, np.zeros_like(scored.series), 1)[0]


def _score(scored: ScoredDays, group: Integers, groups: int) -> list[Metrics]:
    said = np.isfinite(scored.said) & np.isfinite(scored.actual)
    days, group = scored.only(said), group[said]

    def total(values: Floats | Booleans) -> Floats:
        """The sum of ``values`` in each group."""
        sums: Floats = np.bincount(group, values, minlength=groups).astype(np.float64)
        return sums

    error, size = np.abs(days.actual - days.said), np.abs(days.actual)
    called, rush = days.called, days.actual >= days.rush_line
    sized, scaled = size > 0, np.isfinite(days.scale) & (days.scale > 0)
    moved, expected = days.actual - days.before, days.said - days.said_before
    told = np.isfinite(moved) & np.isfinite(expected) & (np.abs(moved) > 0)
    both, spread = _products(days, total)
    columns = [
        _shares(total(error / np.where(sized, size, 1.0) * sized), total(sized)),
        _shares(total(error), total(size)),
        _shares(total(error / np.where(scaled, days.scale, 1.0) * scaled), total(scaled)),
        _shares(total(days.said - days.actual), total(size)),
        _shares(total(told & (np.sign(moved) == np.sign(expected))), total(told)),
        _shares(both, spread),
        _shares(total(called & rush), total(rush)),
        _shares(total(called & rush), total(called)),
        *(_inside(days, lower, total) for lower in (0, 2)),
    ]
    counts = total(np.ones(len(group)))
    return [Metrics(int(count), *row) for count, row in zip(counts, zip(*columns, strict=True), strict=True)]


def _shares(part: Floats, whole: Floats) -> list[float | None]:
    return [float(p / w) if w > 0 else None for p, w in zip(part, whole, strict=True)]


def _products(days: ScoredDays, total: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    """Sum of products and root of the product of squares, of actual and said after scaling and centring a series."""
    count = np.maximum(np.bincount(days.series), 1)
    size = (np.bincount(days.series, np.abs(days.actual)) / count)[days.series]
    size = np.where(size > 0, size, np.inf)
    actual, said = (values / size for values in (days.actual, days.said))
    actual, said = (values - (np.bincount(days.series, values) / count)[days.series] for values in (actual, said))
    return total(actual * said), np.sqrt(total(actual**2) * total(said**2))


def _inside(days: ScoredDays, lower: int, total: Callable[[Booleans], Floats]) -> list[float | None]:
    counts = total(np.ones(len(days.actual), dtype=bool))
    if days.bounds is None:
        return [None] * len(counts)
    return _shares(total((days.bounds[lower] <= days.actual) & (days.actual <= days.bounds[lower + 1])), counts)
