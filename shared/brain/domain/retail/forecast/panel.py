"""Align many series on one axis of days, and choose the scale on which each is modelled.

Sales change in ratios, so a series is modelled by its logarithm. A series that often sells next to nothing, or has
negative days, is modelled linearly in units of its own size. A closed day is missing, never zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from brain.domain.retail.series import DailySeries
from brain.domain.types import Booleans, Dates, Floats
from brain.errors import InvalidInputError

NEGLIGIBLE_SHARE = 0.05
"""Days below this share of the usual size have negligible sales; their ratio is not taken any lower."""

SIZE_RATE = 0.05
"""The share by which the running size of a series follows its sales each open day."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Aligned series: ``sales`` (series, days) is NaN where closed; days after the last known one are closed."""

    days: Dates
    sales: Floats
    open: Booleans
    store_ids: tuple[str, ...]
    product_ids: tuple[str | None, ...]

    def index_of(self, day: date) -> int:
        """Return the column of ``day``, which may lie outside the panel."""
        return int((np.datetime64(day) - self.days[0]).astype(np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """The scale of each series: ``ratio`` (series,) bool, and the ``unit`` (series,) of those that are linear."""

    ratio: Booleans
    unit: Floats

    def to_model(self, sales: Floats, size: Floats) -> Floats:
        """Convert sales (series, days) to the model scale, given the running ``size`` of the same shape.

        NaN stays NaN. Days before the first sale other than 0 are NaN too: they have no size to be a ratio of.
        """
        floor = np.where(size > 0.0, np.maximum(size * NEGLIGIBLE_SHARE, np.finfo(float).tiny), np.nan)
        return np.where(self.ratio[:, None], np.log(np.maximum(sales, floor)), sales / self.unit[:, None])

    def to_sales(self, modelled: Floats) -> Floats:
        """Convert values on the model scale (series first) to sales, at least 0."""
        shape = (-1,) + (1,) * (modelled.ndim - 1)
        ratio, unit = self.ratio.reshape(shape), self.unit.reshape(shape)
        ratios = np.exp(np.where(ratio, modelled, 0.0))
        return np.where(ratio, ratios, np.maximum(modelled * unit, 0.0))


def build_panel(series: Sequence[DailySeries], last_day: date) -> Panel:
    """Align ``series`` from the earliest first day to ``last_day``; days after the end of a series are closed.

    Raises InvalidInputError when there is no series or ``last_day`` comes before all of them.
    """
    if not series:
        raise InvalidInputError("expected at least one series to forecast, got none; import sales first")
    first_day = min(member.first_day for member in series)
    day_count = (last_day - first_day).days + 1
    if day_count < 1:
        raise InvalidInputError(f"sales begin on {first_day}, got the earlier day {last_day}; choose a later one")
    sales = np.full((len(series), day_count), np.nan)
    for row, member in enumerate(series):
        start = (member.first_day - first_day).days
        length = max(0, min(len(member), day_count - start))
        sales[row, start : start + length] = np.where(member.open[:length], member.sales[:length], np.nan)
    return Panel(
        days=np.arange(day_count) + np.datetime64(first_day, "D"),
        sales=sales,
        open=np.isfinite(sales),
        store_ids=tuple(member.store_id for member in series),
        product_ids=tuple(member.product_id for member in series),
    )


def compute_running_size(panel: Panel) -> Floats:
    """Compute the usual size of each series at the end of each day, a slow mean of |sales|: (series, days)."""
    sizes = np.zeros(panel.sales.shape)
    size = np.zeros(len(panel.sales))
    open_days = np.zeros(len(panel.sales))
    for day in range(panel.sales.shape[1]):
        opened = panel.open[:, day]
        open_days += opened
        rate = np.where(opened, np.maximum(SIZE_RATE, 1.0 / np.maximum(open_days, 1.0)), 0.0)
        size = size + rate * (np.abs(np.where(opened, panel.sales[:, day], 0.0)) - size)
        sizes[:, day] = size
    return sizes


def choose_scale(panel: Panel, size: Floats, until: int, intermittent_share: float) -> Scale:
    """Choose ratios, unless over ``intermittent_share`` of a series' open days up to ``until`` had negligible sales."""
    opened = panel.open[:, : until + 1]
    sales = np.where(opened, panel.sales[:, : until + 1], 0.0)
    negligible = opened & (sales <= NEGLIGIBLE_SHARE * size[:, : until + 1])
    open_days = np.maximum(opened.sum(axis=1), 1)
    unit = np.abs(sales).sum(axis=1) / open_days
    return Scale(ratio=negligible.sum(axis=1) <= intermittent_share * open_days, unit=np.where(unit > 0, unit, 1.0))


def is_weekly(panel: Panel, until: int) -> bool:
    """Tell whether the days up to ``until`` are weekly figures: no two open days are closer than a week."""
    open_days = np.flatnonzero(panel.open[:, : until + 1].any(axis=0))
    return len(open_days) > 1 and bool(np.diff(open_days).min() >= 7)  # noqa: PLR2004 - days of a week
