"""The plain types the shop's brain reads, so that warehouse, signals, forecast and curiosity mean the same day.

Days are the store's own local dates. A closed day is not a zero: ``open`` says whether the shop traded, and
``sales`` is NaN where it did not. Money is in the currency's major unit, net of returns (so a day may be negative).
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
"""A product without a sale for longer was not on offer: those days are closed for it, not zero."""


@dataclass(frozen=True, slots=True)
class Store:
    """Where a shop stands: its IANA time zone and its ISO 3166 country and subdivision (for holidays)."""

    store_id: str
    timezone: str = "UTC"
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class DailySale:
    """What one store sold of one product on one local day: ``revenue`` net of ``returns`` (returns ≥ 0)."""

    store_id: str
    product_id: str
    day: date
    revenue: float
    returns: float = 0.0
    quantity: float | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """Something planned or announced: both days are included; ``store_id`` None means every store.

    ``known_at`` None means the lead time of its class (``config/brain_retail.yaml``) before ``start``.
    """

    event: str
    event_class: str
    start: date
    end: date
    store_id: str | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DailySeries:
    """Sales of one store (and one product, or all: None) on every day from ``first_day`` on, without holes.

    ``sales``, ``returns``: float arrays of shape (days,), NaN where closed; ``open``: bool array (days,).
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
                f"expected sales, returns and open of one length for store {self.store_id}, got {shapes}"
            )
        if not np.isfinite(self.sales[self.open]).all():
            raise InvalidInputError(
                f"store {self.store_id} has an open day without a finite sales figure; mark the day closed"
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
        """The same series as it stood at the end of ``day``."""
        keep = max(0, min(len(self), (day - self.first_day).days + 1))
        return replace(self, sales=self.sales[:keep], returns=self.returns[:keep], open=self.open[:keep])


def compute_quantile(values: Floats, share: float) -> Floats:
    """The quantile over the last axis of what is there (linear between neighbours), NaN where nothing is."""
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(ordered).sum(axis=-1)
    if not ordered.shape[-1]:
        return np.full(count.shape, np.nan)
    place = share * np.maximum(count - 1, 0)
    low = np.floor(place).astype(np.int64)[..., None]
    high = np.minimum(low + 1, np.maximum(count - 1, 0)[..., None])
    below = np.take_along_axis(ordered, low, axis=-1)[..., 0]
    above = np.take_along_axis(ordered, high, axis=-1)[..., 0]
    found: Floats = below + (place - low[..., 0]) * (above - below)
    return np.where(count > 0, found, np.nan)


def load_zone(name: str) -> ZoneInfo:
    """The time zone called ``name``. Raises InvalidInputError when there is no such IANA zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as exc:
        raise InvalidInputError(
            f"expected an IANA time zone such as Europe/Berlin, got {name!r}; correct the store's time zone"
        ) from exc


def to_local_day(moment: date | datetime, store_zone: ZoneInfo) -> date:
    """The shop's date at ``moment``: a plain date is already local, a naive time is local, an aware one is moved."""
    if not isinstance(moment, datetime):
        return moment
    return moment.date() if moment.tzinfo is None else moment.astimezone(store_zone).date()


def find_known_day(moment: datetime, store_zone: ZoneInfo) -> date:
    """The first local day at whose end (midnight included) something known at ``moment`` is known."""
    aware = moment.replace(tzinfo=store_zone) if moment.tzinfo is None else moment
    return (aware.astimezone(UTC) - timedelta(microseconds=1)).astimezone(store_zone).date()


def build_daily_series(sales: Iterable[DailySale]) -> list[DailySeries]:
    """One series a store and product, in order of (store, product), each over its store's first to last day.

    A day on which the store sold nothing at all is closed. A day on which the store traded without this product
    is a zero, unless the product had been gone for longer than ``DELISTED_AFTER_DAYS``.
    """
    groups: dict[str, dict[str, list[DailySale]]] = {}
    for sale in sales:
        groups.setdefault(sale.store_id, {}).setdefault(sale.product_id, []).append(sale)
    return [
        _product_series(rows, *_opening(by_product.values()))
        for _, by_product in sorted(groups.items())
        for _, rows in sorted(by_product.items())
    ]


def sum_by_store(series: Sequence[DailySeries]) -> list[DailySeries]:
    """One series a store: the sum over its products, open where any product was on offer."""
    by_store: dict[str, list[DailySeries]] = {}
    for one in series:
        by_store.setdefault(one.store_id, []).append(one)
    return [_sum(store, members) for store, members in sorted(by_store.items())]


def sum_chain(series: Sequence[DailySeries]) -> DailySeries:
    """The sum over stores as one series named ``ALL_STORES``. Raises InvalidInputError when there is none."""
    if not series:
        raise InvalidInputError("expected at least one series to sum, got none; import sales first")
    return _sum(ALL_STORES, series)


def _opening(products: Iterable[list[DailySale]]) -> tuple[date, Booleans]:
    traded = {sale.day for rows in products for sale in rows}
    first = min(traded)
    opened = np.zeros((max(traded) - first).days + 1, dtype=bool)
    opened[[(day - first).days for day in traded]] = True
    return first, opened


def _product_series(rows: list[DailySale], first: date, opened: Booleans) -> DailySeries:
    sales = np.zeros(len(opened))
    returns = np.zeros(len(opened))
    seen = np.zeros(len(opened), dtype=bool)
    for row in rows:
        index = (row.day - first).days
        sales[index] += row.revenue
        returns[index] += row.returns
        seen[index] = True
    offered = opened & _offered(seen)
    sales[~offered] = np.nan
    returns[~offered] = np.nan
    head = rows[0]
    return DailySeries(head.store_id, head.product_id, first, sales, returns, offered, head.category)


def _offered(seen: Booleans) -> Booleans:
    """Days no further than the delisting span after a sale, judged by the past alone, as it was on each day."""
    days = np.arange(len(seen))
    last = np.maximum.accumulate(np.where(seen, days, -DELISTED_AFTER_DAYS - 1))
    offered: Booleans = days - last <= DELISTED_AFTER_DAYS
    return offered


def _sum(store_id: str, members: Sequence[DailySeries]) -> DailySeries:
    first = min(one.first_day for one in members)
    size = max((one.last_day - first).days for one in members) + 1
    sales, returns, opened = np.zeros(size), np.zeros(size), np.zeros(size, dtype=bool)
    for one in members:
        at = slice((one.first_day - first).days, (one.first_day - first).days + len(one))
        sales[at] += np.where(one.open, one.sales, 0.0)
        returns[at] += np.where(one.open, one.returns, 0.0)
        opened[at] |= one.open
    sales[~opened] = np.nan
    returns[~opened] = np.nan
    return DailySeries(store_id, None, first, sales, returns, opened)
