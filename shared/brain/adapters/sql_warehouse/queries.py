"""Read sales, weather and calendar as the domain's types, from the Brain's tables or the shop's own."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, case, func, literal, null, select

from brain.domain.retail.imports.import_lines import BY_DAY
from brain.domain.retail.series import CalendarEvent, DailySale, Store, to_local_day
from brain.domain.retail.store_zones import StoreZones
from brain.domain.retail.weather_days import WeatherRow
from brain.domain.retail.wildcards import ALL_STORES
from brain.ports.sales_warehouse import HourlySale

SUM_DECIMALS = 6
"""Sums are rounded so that the order in which a database adds does not show."""

ROWS_PER_FETCH = 5000


def read_stores(connection: Connection, tables: Mapping[str, Table], default: Store) -> list[Store]:
    """Return the described stores, and stores that only have sales with the time zone and country of ``default``."""
    table, sales = tables["stores"], tables["sales"]
    columns = [_column_or_null(table, name) for name in ("store_id", "time_zone", "country", "subdivision")]
    stores = {
        row.store_id: Store(row.store_id, row.time_zone or default.timezone, row.country, row.subdivision)
        for row in connection.execute(select(*columns))
    }
    for store_id in connection.execute(select(sales.c.store_id).distinct()).scalars():
        stores.setdefault(str(store_id), Store(str(store_id), default.timezone, default.country, default.subdivision))
    return [stores[store_id] for store_id in sorted(stores)]


def read_daily_sales(
    connection: Connection, sales: Table, store_ids: Sequence[str] | None, until: date | None, zones: StoreZones
) -> Iterator[DailySale]:
    """Yield sales by store, product and local day, in that order."""
    has_local_day = "sold_on" in sales.c
    sold = sales.c.sold_on if has_local_day else sales.c.sold_at
    query = (
        select(sales.c.store_id, sales.c.product_id, sold.label("sold"), *_sum_columns(sales))
        .group_by(sales.c.store_id, sales.c.product_id, sold)
        .order_by(sales.c.store_id, sales.c.product_id, sold)
    )
    if has_local_day and until is not None:
        query = query.where(sold <= until)
    rows = _stream(connection, _filter_stores(query, sales, store_ids))
    days = rows if has_local_day else _sum_local_days(rows, zones)
    for row in days:
        if until is None or row.sold <= until:
            yield _to_daily_sale(row)


def read_hourly_sales(
    connection: Connection, sales: Table, store_ids: Sequence[str] | None, zones: StoreZones
) -> Iterator[HourlySale]:
    """Yield sales by store, local day and hour, in that order."""
    columns = (sales.c.store_id, sales.c.sold_at, _amount(sales).label("amount"), func.count().label("tickets"))
    query = select(*columns).group_by(sales.c.store_id, sales.c.sold_at)
    if "granularity" in sales.c:
        query = query.where(sales.c.granularity != BY_DAY)
    sums: dict[tuple[str, date, int], tuple[float, int]] = {}
    for row in _stream(connection, _filter_stores(query, sales, store_ids)):
        sold_at = row.sold_at if row.sold_at.tzinfo is None else row.sold_at.astimezone(zones.find_zone(row.store_id))
        key = (row.store_id, sold_at.date(), sold_at.hour)
        amount, tickets = sums.get(key, (0.0, 0))
        sums[key] = (amount + (row.amount or 0.0), tickets + row.tickets)
    for (store_id, day, hour), (amount, tickets) in sorted(sums.items()):
        yield HourlySale(store_id, day, hour, round(amount, SUM_DECIMALS), tickets)


def read_weather(connection: Connection, table: Table, store_ids: Sequence[str] | None) -> Iterator[WeatherRow]:
    """Yield readings and forecasts by store, time and when they were known."""
    names = ("temperature_c", "precipitation_mm", "wind_kmh", "cloud_cover", "condition", "known_at", "granularity")
    query = select(table.c.store_id, table.c.observed_at, *(_column_or_null(table, name) for name in names))
    known_at = [column for column in table.c if column.key == "known_at"]
    ordered = query.order_by(table.c.store_id, table.c.observed_at, *known_at)
    for row in _stream(connection, _filter_stores(ordered, table, store_ids)):
        observed_at = row.observed_at.date() if row.granularity == BY_DAY else row.observed_at
        readings = (row.temperature_c, row.precipitation_mm, row.wind_kmh, row.cloud_cover, row.condition)
        yield WeatherRow(row.store_id, observed_at, *readings, row.known_at)


def read_events(connection: Connection, table: Table) -> list[CalendarEvent]:
    """Return the calendar by start, event and store."""
    ends_on = table.c.ends_on if "ends_on" in table.c else table.c.starts_on
    query = select(
        table.c.event,
        table.c.event_class,
        table.c.starts_on,
        ends_on.label("ends_on"),
        _column_or_null(table, "store_id"),
        _column_or_null(table, "known_at"),
    )
    events = [
        CalendarEvent(
            row.event,
            row.event_class,
            row.starts_on,
            row.ends_on,
            None if row.store_id in {None, ALL_STORES} else row.store_id,
            row.known_at,
        )
        for row in connection.execute(query)
    ]
    return sorted(events, key=lambda event: (event.start, event.event, event.store_id or ""))


class _LocalDaySum:
    """The sum over the moments of one local day, with the attributes of a row of the query."""

    __slots__ = ("amount", "category", "product_id", "quantity", "returned", "sold", "store_id")

    def __init__(self, row: Any, sold: date) -> None:
        self.store_id, self.product_id, self.sold = row.store_id, row.product_id, sold
        self.amount, self.returned, self.quantity, self.category = 0.0, 0.0, None, row.category

    @property
    def key(self) -> tuple[str, str, date]:
        """Store, product and day."""
        return self.store_id, self.product_id, self.sold

    def add(self, row: Any) -> None:
        """Add the sums of one moment."""
        self.amount += row.amount or 0.0
        self.returned += row.returned or 0.0
        if row.quantity is not None:
            self.quantity = (self.quantity or 0.0) + row.quantity


def _sum_local_days(rows: Iterator[Row[Any]], zones: StoreZones) -> Iterator[_LocalDaySum]:
    """Sum rows per moment into local days; the order of the query keeps the moments of a day together."""
    current: _LocalDaySum | None = None
    for row in rows:
        sold_at: datetime = row.sold
        day = to_local_day(sold_at, zones.find_zone(row.store_id))
        if current is None or current.key != (row.store_id, row.product_id, day):
            if current is not None:
                yield current
            current = _LocalDaySum(row, day)
        current.add(row)
    if current is not None:
        yield current


def _to_daily_sale(row: Any) -> DailySale:
    return DailySale(
        store_id=row.store_id,
        product_id=row.product_id,
        day=row.sold,
        revenue=round(row.amount or 0.0, SUM_DECIMALS),
        returns=round(row.returned or 0.0, SUM_DECIMALS),
        quantity=None if row.quantity is None else round(row.quantity, SUM_DECIMALS),
        category=row.category,
    )


def _column_or_null(table: Table, name: str) -> Any:
    return (table.c[name] if name in table.c else null()).label(name)


def _amount(sales: Table) -> Any:
    """Return net revenue, or the quantity where a product's day has no revenue at all."""
    sums = [func.sum(sales.c[name]) for name in ("revenue", "quantity") if name in sales.c]
    return func.coalesce(*sums, 0.0)


def _sum_columns(sales: Table) -> list[Any]:
    returned: Any = literal(0.0)
    if "revenue" in sales.c:
        returned = func.sum(case((sales.c.revenue < 0, -sales.c.revenue), else_=0.0))
    quantity = func.sum(sales.c.quantity) if "quantity" in sales.c else null()
    category = func.max(sales.c.category) if "category" in sales.c else null()
    amount = _amount(sales)
    return [amount.label("amount"), returned.label("returned"), quantity.label("quantity"), category.label("category")]


def _filter_stores(query: Select[Any], table: Table, store_ids: Sequence[str] | None) -> Select[Any]:
    return query if store_ids is None else query.where(table.c.store_id.in_(store_ids))


def _stream(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    yield from connection.execution_options(yield_per=ROWS_PER_FETCH).execute(query)
