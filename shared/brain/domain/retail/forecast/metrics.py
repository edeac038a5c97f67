"""Definitions of the figures that score a forecast, used by every report.

For days with actual sales a and forecast p of the same series:

- mape: mean of |a − p| / |a| over days with a ≠ 0
- wape: Σ|a − p| / Σ|a|
- mase: mean of |a − p| divided by the series' scale, the mean |a(t) − a(t − 7 days)| known at the first cutoff
- bias: Σ(p − a) / Σ|a|; above 0 the forecast was too high
- directional_accuracy: among days whose sales differ from the open day before, the share where the forecast moved in
  the same direction (from the forecast of the day before; from the last known sales on the first day after a cutoff)
- correlation: Pearson's, over series after each is divided by the mean of its |a| and centred
- rush_recall, rush_precision: a rush day has sales at or above the line that one tenth of the last 52 weeks known at
  the cutoff exceeded; the forecast calls one when its probability is at least ``call_rush_at``, a naive rule when its
  forecast is at or above the line
- coverage_80, coverage_95: the share of days inside the interval

A figure without any day to compute it from is None.
"""

from dataclasses import dataclass, fields
from typing import Protocol

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
        """Return the figures by name, in the order of the definitions."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, eq=False)
class ScoredDays:
    """The days to score, as flat arrays of one length: the series, its actual sales, and the forecast of one rule.

    ``actual_day_before`` are the sales of the open day before, ``predicted_day_before`` the rule's forecast of them
    (the sales themselves on the first day after a cutoff). ``scale`` is the series' mean absolute seasonal difference.
    ``rush_line`` are the sales of a rush day, ``rush_called`` tells whether the rule called one. NaN where unknown.
    ``bounds`` is (4, days): lower and upper of the 80 % interval, then of the 95 % interval.
    """

    series: Integers
    actual: Floats
    predicted: Floats
    actual_day_before: Floats
    predicted_day_before: Floats
    scale: Floats
    rush_line: Floats
    rush_called: Booleans
    bounds: Floats | None = None

    def select(self, mask: Booleans) -> "ScoredDays":
        """Return the days flagged in ``mask``."""
        return ScoredDays(
            series=self.series[mask],
            actual=self.actual[mask],
            predicted=self.predicted[mask],
            actual_day_before=self.actual_day_before[mask],
            predicted_day_before=self.predicted_day_before[mask],
            scale=self.scale[mask],
            rush_line=self.rush_line[mask],
            rush_called=self.rush_called[mask],
            bounds=None if self.bounds is None else self.bounds[:, mask],
        )


class _GroupSum(Protocol):
    def __call__(self, values: Floats | Booleans, /) -> Floats: ...


def score_by_series(days: ScoredDays, series_count: int) -> list[Metrics]:
    """Score each of ``series_count`` series over the days for which the rule has a forecast."""
    return _score_groups(days, days.series, series_count)


def score_overall(days: ScoredDays) -> Metrics:
    """Score all series together: every day has the same weight."""
    return _score_groups(days, np.zeros_like(days.series), 1)[0]


def _score_groups(all_days: ScoredDays, group: Integers, groups: int) -> list[Metrics]:
    scorable = np.isfinite(all_days.predicted) & np.isfinite(all_days.actual)
    days, group = all_days.select(scorable), group[scorable]

    def total(values: Floats | Booleans) -> Floats:
        """Return the sum of ``values`` in each group."""
        sums: Floats = np.bincount(group, values, minlength=groups).astype(np.float64)
        return sums

    error, size = np.abs(days.actual - days.predicted), np.abs(days.actual)
    called, rush = days.rush_called, days.actual >= days.rush_line
    has_sales, has_scale = size > 0, np.isfinite(days.scale) & (days.scale > 0)
    change, predicted_change = (
        days.actual - days.actual_day_before,
        days.predicted - days.predicted_day_before,
    )
    has_direction = np.isfinite(change) & np.isfinite(predicted_change) & (np.abs(change) > 0)
    covariance, deviation = _sum_products(days, total)
    columns = [
        _divide(total(error / np.where(has_sales, size, 1.0) * has_sales), total(has_sales)),
        _divide(total(error), total(size)),
        _divide(total(error / np.where(has_scale, days.scale, 1.0) * has_scale), total(has_scale)),
        _divide(total(days.predicted - days.actual), total(size)),
        _divide(total(has_direction & (np.sign(change) == np.sign(predicted_change))), total(has_direction)),
        _divide(covariance, deviation),
        _divide(total(called & rush), total(rush)),
        _divide(total(called & rush), total(called)),
        *(_measure_coverage(days, lower, total) for lower in (0, 2)),
    ]
    counts = total(np.ones(len(group)))
    return [Metrics(int(count), *row) for count, row in zip(counts, zip(*columns, strict=True), strict=True)]


def _divide(part: Floats, total: Floats) -> list[float | None]:
    return [float(p / t) if t > 0 else None for p, t in zip(part, total, strict=True)]


def _sum_products(days: ScoredDays, total: _GroupSum) -> tuple[Floats, Floats]:
    """Return the sum of products and the root of the product of squares of scaled and centred sales and forecasts."""
    count = np.maximum(np.bincount(days.series), 1)
    size = (np.bincount(days.series, np.abs(days.actual)) / count)[days.series]
    size = np.where(size > 0, size, np.inf)
    scaled = (values / size for values in (days.actual, days.predicted))
    actual, predicted = (values - (np.bincount(days.series, values) / count)[days.series] for values in scaled)
    return total(actual * predicted), np.sqrt(total(actual**2) * total(predicted**2))


def _measure_coverage(days: ScoredDays, lower: int, total: _GroupSum) -> list[float | None]:
    counts = total(np.ones(len(days.actual), dtype=bool))
    if days.bounds is None:
        return [None] * len(counts)
    return _divide(total((days.bounds[lower] <= days.actual) & (days.actual <= days.bounds[lower + 1])), counts)
