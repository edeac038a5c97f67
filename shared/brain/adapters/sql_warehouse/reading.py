"""Reads sales, weather and calendar as the domain's types, from the Brain's tables or from the shop's own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, Table, case, func, literal, null, select

from brain.domain.retail.imports.lines import BY_DAY
from brain.domain.retail.series import CalendarEvent, DailySale, Store, to_local_day
from brain.domain.retail.weather_days import WeatherRow
from brain.domain.retail.wildcards import ALL_STORES
from brain.ports.sales_warehouse import HourlySale

DECIMALS = 6
"""Sums are rounded here so that the order in which a database adds does not show."""

ROWS_AT_A_TIME = 5000

ZoneOf: TypeAlias = Callable[[str], ZoneInfo]


def stores(connection: Connection, tables: Mapping[str, Table], default: Store) -> list[Store]:
    """The described stores, and with the default's zone and country those that only have sales."""
    table, sales = tables["stores"], tables["sales"]
    columns = [_or_null(table, name) for name in ("store_id", "time_zone", "country", "subdivision")]
    known = {
        row.store_id: Store(row.store_id, row.time_zone or default.timezone, row.country, row.subdivision)
        for row in connection.execute(select(*columns))
    }
    for store_id in connection.execute(select(sales.c.store_id).distinct()).scalars():
        known.setdefault(str(store_id), Store(str(store_id), default.timezone, default.country, default.subdivision))
    return [known[store_id] for store_id in sorted(known)]


def daily_sales(
    connection: Connection, sales: Table, store_ids: Sequence[str] | None, until: date | None, zone_of: ZoneOf
) -> Iterator[DailySale]:
    """Sales by store, product and local day, in that order."""
    stored = "sold_on" in sales.c
    when = sales.c.sold_on if stored else sales.c.sold_at
    query = (
        select(sales.c.store_id, sales.c.product_id, when.label("at"), *_sums(sales))
        .group_by(sales.c.store_id, sales.c.product_id, when)
        .order_by(sales.c.store_id, sales.c.product_id, when)
    )
    if stored and until is not None:
        query = query.where(when <= until)
    rows = _stream(connection, _of_stores(query, sales, store_ids))
    days = rows if stored else _by_local_day(rows, zone_of)
    for row in days:
        if until is None or row.at <= until:
            yield _daily_sale(row)


def hourly_sales(
    connection: Connection, sales: Table, store_ids: Sequence[str] | None, zone_of: ZoneOf
) -> Iterator[HourlySale]:
    """Sales by store, local day and hour, in that order."""
    columns = (sales.c.store_id, sales.c.sold_at, _amount(sales).label("amount"), func.count().label("tickets"))
    query = select(*columns).group_by(sales.c.store_id, sales.c.sold_at)
    if "granularity" in sales.c:
        query = query.where(sales.c.granularity != BY_DAY)
    found: dict[tuple[str, date, int], tuple[float, int]] = {}
    for row in _stream(connection, _of_stores(query, sales, store_ids)):
        at = row.sold_at if row.sold_at.tzinfo is None else row.sold_at.astimezone(zone_of(row.store_id))
        key = (row.store_id, at.date(), at.hour)
        amount, tickets = found.get(key, (0.0, 0))
        found[key] = (amount + (row.amount or 0.0), tickets + row.tickets)
    for (store_id, day, hour), (amount, tickets) in sorted(found.items()):
        yield HourlySale(store_id, day, hour, round(amount, DECIMALS), tickets)


def weather(connection: Connection, table: Table, store_ids: Sequence[str] | None) -> Iterator[WeatherRow]:
    """Readings and forecasts by store, time and knowledge."""
    names = ("temperature_c", "precipitation_mm", "wind_kmh", "cloud_cover", "condition", "known_at", "granularity")
    query = select(table.c.store_id, table.c.observed_at, *(_or_null(table, name) for name in names))
    ordered = query.order_by(table.c.store_id, table.c.observed_at, *(c for c in table.c if c.key == "known_at"))
    for row in _stream(connection, _of_stores(ordered, table, store_ids)):
        whole_day = row.granularity == BY_DAY
        observed_at = row.observed_at.date() if whole_day else row.observed_at
        values = (row.temperature_c, row.precipitation_mm, row.wind_kmh, row.cloud_cover, row.condition)
        yield WeatherRow(row.store_id, observed_at, *values, row.known_at)


def events(connection: Connection, table: Table) -> list[CalendarEvent]:
    """The calendar by start, event and store."""
    ends_on = table.c.ends_on if "ends_on" in table.c else table.c.starts_on
    store_id = _or_null(table, "store_id")
    query = select(
        table.c.event,
        table.c.event_class,
        table.c.starts_on,
        ends_on.label("ends_on"),
        store_id,
        _or_null(table, "known_at"),
    )
    found = [
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
    return sorted(found, key=lambda one: (one.start, one.event, one.store_id or ""))


def _or_null(table: Table, name: str) -> Any:
    return (table.c[name] if name in table.c else null()).label(name)


def _amount(sales: Table) -> Any:
    """Net revenue; where a product's day has no revenue at all, its quantity."""
    present = [func.sum(sales.c[name]) for name in ("revenue", "quantity") if name in sales.c]
    return func.coalesce(*present, 0.0)


def _sums(sales: Table) -> list[Any]:
    returned: Any = literal(0.0)
    if "revenue" in sales.c:
        returned = func.sum(case((sales.c.revenue < 0, -sales.c.revenue), else_=0.0))
    quantity = func.sum(sales.c.quantity) if "quantity" in sales.c else null()
    category = func.max(sales.c.category) if "category" in sales.c else null()
    amount = _amount(sales)
    return [amount.label("amount"), returned.label("returned"), quantity.label("quantity"), category.label("category")]


def _of_stores(query: Select[Any], table: Table, store_ids: Sequence[str] | None) -> Select[Any]:
    return query if store_ids is None else query.where(table.c.store_id.in_(store_ids))


def _stream(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    yield from connection.execution_options(yield_per=ROWS_AT_A_TIME).execute(query)


class _Day:
    """A sum over the moments of one local day, shaped like a row of the query."""

    __slots__ = ("amount", "at", "category", "product_id", "quantity", "returned", "store_id")

    def __init__(self, row: Any, at: date) -> None:
        self.store_id, self.product_id, self.at = row.store_id, row.product_id, at
        self.amount, self.returned, self.quantity, self.category = 0.0, 0.0, None, row.category

    def add(self, row: Any) -> None:
        self.amount += row.amount or 0.0
        self.returned += row.returned or 0.0
        if row.quantity is not None:
            self.quantity = (self.quantity or 0.0) + row.quantity


def _by_local_day(rows: Iterator[Row[Any]], zone_of: ZoneOf) -> Iterator[_Day]:
    """Sum rows by moment into local days; the query's order keeps a day's moments together."""
    current: _Day | None = None
    for row in rows:
        at: datetime = row.at
        on = to_local_day(at, zone_of(row.store_id))
        if current is None or (current.store_id, current.product_id, current.at) != (row.store_id, row.product_id, on):
            if current is not None:
                yield current
            current = _Day(row, on)
        current.add(row)
    if current is not None:
        yield current


def _daily_sale(row: Any) -> DailySale:
    return DailySale(
        store_id=row.store_id,
        product_id=row.product_id,
        day=row.at,
        revenue=round(row.amount or 0.0, DECIMALS),
        returns=round(row.returned or 0.0, DECIMALS),
        quantity=None if row.quantity is None else round(row.quantity, DECIMALS),
        category=row.category,
    )
