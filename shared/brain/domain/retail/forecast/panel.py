"""Puts many series on one axis of days and on the scale on which they are modelled.

Sales move in ratios, so a series is modelled by its logarithm; one that often sells next to nothing, or takes goods
back, is modelled as it is, in units of its own size. A closed day is missing, never zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from brain.domain.retail.series import DailySeries
from brain.domain.types import Booleans, Dates, Floats
from brain.errors import InvalidInputError

NEXT_TO_NOTHING = 0.05
"""A day below this share of the usual size counts as next to nothing, and is not taken as a ratio further down."""

SIZE_RATE = 0.05
"""How fast the running size of a series follows its sales, a share an open day."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Aligned series: ``sales`` (series, days) is NaN where closed; days after the last known one are closed."""

    days: Dates
    sales: Floats
    open: Booleans
    store_ids: tuple[str, ...]
    product_ids: tuple[str | None, ...]

    def index_of(self, day: date) -> int:
        """The column of ``day``, which may lie outside."""
        return int((np.datetime64(day) - self.days[0]).astype(np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """How each series is modelled: ``ratio`` (series,) bool; ``unit`` (series,) for those that are not."""

    ratio: Booleans
    unit: Floats

    def to_model(self, sales: Floats, size: Floats) -> Floats:
        """(series, days) sales -> model scale, given the running ``size`` of the same shape; NaN stays.

        Before its first sale that is not 0 a series has no size of which a day could be a ratio: NaN too.
        """
        floor = np.where(size > 0.0, np.maximum(size * NEXT_TO_NOTHING, np.finfo(float).tiny), np.nan)
        return np.where(self.ratio[:, None], np.log(np.maximum(sales, floor)), sales / self.unit[:, None])

    def to_sales(self, modelled: Floats) -> Floats:
        """Model scale -> sales, series first; never below zero, since nobody plans for returns."""
        shape = (-1,) + (1,) * (modelled.ndim - 1)
        ratio, unit = self.ratio.reshape(shape), self.unit.reshape(shape)
        ratios = np.exp(np.where(ratio, modelled, 0.0))
        return np.where(ratio, ratios, np.maximum(modelled * unit, 0.0))


def build_panel(series: Sequence[DailySeries], last_day: date) -> Panel:
    """Align ``series`` from the earliest first day to ``last_day`` (days beyond a series' end are closed).

    Raises InvalidInputError when there is no series or ``last_day`` comes before all of them.
    """
    if not series:
        raise InvalidInputError("expected at least one series to forecast, got none; import sales first")
    first = min(one.first_day for one in series)
    size = (last_day - first).days + 1
    if size < 1:
        raise InvalidInputError(f"expected a day from {first} on, got {last_day}; there are no sales before it")
    sales = np.full((len(series), size), np.nan)
    for row, one in enumerate(series):
        start = (one.first_day - first).days
        kept = max(0, min(len(one), size - start))
        sales[row, start : start + kept] = np.where(one.open[:kept], one.sales[:kept], np.nan)
    return Panel(
        days=np.arange(size) + np.datetime64(first, "D"),
        sales=sales,
        open=np.isfinite(sales),
        store_ids=tuple(one.store_id for one in series),
        product_ids=tuple(one.product_id for one in series),
    )


def compute_running_size(panel: Panel) -> Floats:
    """The usual size of each series as known at the end of each day: a slow mean of |sales|, (series, days)."""
    size = np.zeros(panel.sales.shape)
    now = np.zeros(len(panel.sales))
    seen = np.zeros(len(panel.sales))
    for day in range(panel.sales.shape[1]):
        opened = panel.open[:, day]
        seen += opened
        rate = np.where(opened, np.maximum(SIZE_RATE, 1.0 / np.maximum(seen, 1.0)), 0.0)
        now = now + rate * (np.abs(np.where(opened, panel.sales[:, day], 0.0)) - now)
        size[:, day] = now
    return size


def choose_scale(panel: Panel, size: Floats, until: int, intermittent_share: float) -> Scale:
    """Ratios, unless more than ``intermittent_share`` of the open days up to ``until`` were next to nothing."""
    opened = panel.open[:, : until + 1]
    sales = np.where(opened, panel.sales[:, : until + 1], 0.0)
    nothing = opened & (sales <= NEXT_TO_NOTHING * size[:, : until + 1])
    days = np.maximum(opened.sum(axis=1), 1)
    unit = np.abs(sales).sum(axis=1) / days
    return Scale(ratio=nothing.sum(axis=1) <= intermittent_share * days, unit=np.where(unit > 0, unit, 1.0))


def is_weekly(panel: Panel, until: int) -> bool:
    """Whether the days up to ``until`` are weekly figures: never two open days closer than a week."""
    opened = np.flatnonzero(panel.open[:, : until + 1].any(axis=0))
    return len(opened) > 1 and bool(np.diff(opened).min() >= 7)  # noqa: PLR2004 - days of a week
