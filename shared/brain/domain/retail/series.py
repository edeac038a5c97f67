"""Stores, sales, calendar events and daily series: the types that all parts of the shop's analysis share.

Days are the store's local dates. A closed day is not a zero: ``open`` tells whether the shop traded, and ``sales``
is NaN where it did not. Money is in the currency's major unit, net of returns (so a day may be negative).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from brain.domain.retail.wildcards import ALL_STORES
from brain.domain.types import Booleans, Dates, Floats
from brain.errors import InvalidInputError

DELISTED_AFTER_DAYS = 28
"""A product without a sale for longer counts as delisted: those days are closed for it, not zero."""


@dataclass(frozen=True, slots=True)
class Store:
    """A store with its IANA time zone and, for holidays, its ISO 3166 country and subdivision."""

    store_id: str
    timezone: str = "UTC"
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class DailySale:
    """The sales of one product in one store on one local day: ``revenue`` net of ``returns`` (returns ≥ 0)."""

    store_id: str
    product_id: str
    day: date
    revenue: float
    returns: float = 0.0
    quantity: float | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """A planned or announced event, both days included; ``store_id`` None means every store.

    With ``known_at`` None it is known the lead time of its class (``config/brain_retail.yaml``) before ``start``.
    """

    event: str
    event_class: str
    start: date
    end: date
    store_id: str | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DailySeries:
    """Sales of one store (and of one product, or of all for None) on every day from ``first_day`` on, without gaps.

    ``sales`` and ``returns`` are float arrays of shape (days,), NaN where closed; ``open`` is a bool array (days,).
    """

    store_id: str
    product_id: str | None
    first_day: date
    sales: Floats
    returns: Floats
    open: Booleans
    category: str | None = None

    def __post_init__(self) -> None:
        shapes = {self.sales.shape, self.returns.shape, self.open.shape}
        if len(shapes) != 1 or self.sales.ndim != 1:
            raise InvalidInputError(
                f"sales, returns and open of store {self.store_id} must be vectors of one length, got shapes {shapes}"
            )
        if not np.isfinite(self.sales[self.open]).all():
            raise InvalidInputError(
                f"open days of store {self.store_id} must have finite sales, got NaN or infinity; mark such days closed"
            )

    def __len__(self) -> int:
        return len(self.sales)

    @property
    def last_day(self) -> date:
        """The last day covered, open or not."""
        return self.first_day + timedelta(days=len(self) - 1)

    @property
    def days(self) -> Dates:
        """The dates, shape (days,), dtype datetime64[D]."""
        return np.arange(len(self)) + np.datetime64(self.first_day, "D")

    def until(self, day: date) -> "DailySeries":
        """Return the series as known at the end of ``day``."""
        length = max(0, min(len(self), (day - self.first_day).days + 1))
        return replace(self, sales=self.sales[:length], returns=self.returns[:length], open=self.open[:length])


def compute_quantile(values: Floats, share: float) -> Floats:
    """Return the quantile of the finite values over the last axis, linear between neighbours; NaN without any."""
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(ordered).sum(axis=-1)
    if not ordered.shape[-1]:
        return np.full(count.shape, np.nan)
    position = share * np.maximum(count - 1, 0)
    low = np.floor(position).astype(np.int64)[..., None]
    high = np.minimum(low + 1, np.maximum(count - 1, 0)[..., None])
    below = np.take_along_axis(ordered, low, axis=-1)[..., 0]
    above = np.take_along_axis(ordered, high, axis=-1)[..., 0]
    quantile: Floats = below + (position - low[..., 0]) * (above - below)
    return np.where(count > 0, quantile, np.nan)


def load_zone(name: str) -> ZoneInfo:
    """Return the time zone called ``name``. Raises InvalidInputError when there is no such IANA zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as exc:
        raise InvalidInputError(
            f"the store's time zone must be an IANA name such as Europe/Berlin, got {name!r}; correct it"
        ) from exc


def to_local_day(moment: date | datetime, store_zone: ZoneInfo) -> date:
    """Convert ``moment`` to the store's local date; plain dates and naive times are local already."""
    if not isinstance(moment, datetime):
        return moment
    return moment.date() if moment.tzinfo is None else moment.astimezone(store_zone).date()


def find_known_day(moment: datetime, store_zone: ZoneInfo) -> date:
    """Return the first local day at whose end (midnight included) a fact published at ``moment`` is known."""
    aware = moment.replace(tzinfo=store_zone) if moment.tzinfo is None else moment
    return (aware.astimezone(UTC) - timedelta(microseconds=1)).astimezone(store_zone).date()


def build_daily_series(sales: Iterable[DailySale]) -> list[DailySeries]:
    """Build one series per store and product, sorted by both, each from its store's first to its last day.

    A day on which the store sold nothing at all is closed. A day on which the store traded without this product
    is a zero, unless its last sale was more than ``DELISTED_AFTER_DAYS`` ago.
    """
    by_store: dict[str, dict[str, list[DailySale]]] = {}
    for sale in sales:
        by_store.setdefault(sale.store_id, {}).setdefault(sale.product_id, []).append(sale)
    return [
        _build_product_series(product_sales, *_find_open_days(by_product.values()))
        for _, by_product in sorted(by_store.items())
        for _, product_sales in sorted(by_product.items())
    ]


def sum_by_store(series: Sequence[DailySeries]) -> list[DailySeries]:
    """Return one series per store: the sum over its products, open where any product was on offer."""
    by_store: dict[str, list[DailySeries]] = {}
    for product_series in series:
        by_store.setdefault(product_series.store_id, []).append(product_series)
    return [_sum_series(store_id, members) for store_id, members in sorted(by_store.items())]


def sum_chain(series: Sequence[DailySeries]) -> DailySeries:
    """Return the sum over stores as one series of ``ALL_STORES``. Raises InvalidInputError without any series."""
    if not series:
        raise InvalidInputError("expected at least one series to sum, got none; import sales first")
    return _sum_series(ALL_STORES, series)


def _find_open_days(products: Iterable[list[DailySale]]) -> tuple[date, Booleans]:
    """Return the store's first day with a sale, and which days from it to the last one had any."""
    days_with_sales = {sale.day for product_sales in products for sale in product_sales}
    first_day = min(days_with_sales)
    opened = np.zeros((max(days_with_sales) - first_day).days + 1, dtype=bool)
    opened[[(day - first_day).days for day in days_with_sales]] = True
    return first_day, opened


def _build_product_series(product_sales: list[DailySale], first_day: date, store_open: Booleans) -> DailySeries:
    sales = np.zeros(len(store_open))
    returns = np.zeros(len(store_open))
    has_sale = np.zeros(len(store_open), dtype=bool)
    for sale in product_sales:
        index = (sale.day - first_day).days
        sales[index] += sale.revenue
        returns[index] += sale.returns
        has_sale[index] = True
    opened = store_open & _find_listed_days(has_sale)
    sales[~opened] = np.nan
    returns[~opened] = np.nan
    head = product_sales[0]
    return DailySeries(head.store_id, head.product_id, first_day, sales, returns, opened, head.category)


def _find_listed_days(has_sale: Booleans) -> Booleans:
    """Flag the days at most ``DELISTED_AFTER_DAYS`` after a sale, judged by the past alone."""
    days = np.arange(len(has_sale))
    last_sale = np.maximum.accumulate(np.where(has_sale, days, -DELISTED_AFTER_DAYS - 1))
    listed: Booleans = days - last_sale <= DELISTED_AFTER_DAYS
    return listed


def _sum_series(store_id: str, members: Sequence[DailySeries]) -> DailySeries:
    first_day = min(member.first_day for member in members)
    length = max((member.last_day - first_day).days for member in members) + 1
    sales, returns, opened = np.zeros(length), np.zeros(length), np.zeros(length, dtype=bool)
    for member in members:
        offset = (member.first_day - first_day).days
        days = slice(offset, offset + len(member))
        sales[days] += np.where(member.open, member.sales, 0.0)
        returns[days] += np.where(member.open, member.returns, 0.0)
        opened[days] |= member.open
    sales[~opened] = np.nan
    returns[~opened] = np.nan
    return DailySeries(store_id, None, first_day, sales, returns, opened)
