"""Streams the lines of a CSV file as records or as reasons, one at a time, whatever the file's size."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from brain.domain.retail.imports import fields
from brain.domain.retail.imports.fields import UnreadableFieldError
from brain.domain.retail.imports.lines import BY_DAY, BadLine, EventLine, SaleLine, WeatherLine
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import InvalidInputError

Line = TypeVar("Line", SaleLine, WeatherLine, EventLine)

ZoneOf: TypeAlias = Callable[[str], ZoneInfo]
"""The time zone of a store."""

DELIMITERS = (",", ";", "\t")
SALES_COLUMNS = ("store_id", "sold_at", "product_id", "category", "quantity", "revenue")
WEATHER_VALUES = ("temperature_c", "precipitation_mm", "wind_kmh", "cloud_cover")
WEATHER_COLUMNS = ("store_id", "observed_at", *WEATHER_VALUES, "condition", "known_at")
EVENT_COLUMNS = ("event", "class", "start", "end", "store_id", "known_at")


def sales(source: str, text: Iterable[str], zone_of: ZoneOf) -> Iterator[SaleLine | BadLine]:
    """Read ``store_id,sold_at,product_id,category,quantity,revenue``; category and one of the amounts may be missing.

    Raises InvalidInputError when the heading lacks a column; ``source`` names the file in that sentence.
    """

    def line(cells: Sequence[str]) -> SaleLine:
        store_id, sold_at, product_id, category, quantity_text, revenue_text = cells
        store = fields.name("store_id", store_id)
        at, granularity, on = fields.moment("sold_at", sold_at, zone_of(store))
        quantity = fields.amount("quantity", quantity_text)
        revenue = fields.amount("revenue", revenue_text)
        if quantity is None and revenue is None:
            raise UnreadableFieldError("quantity and revenue are both empty; give at least one of them")
        product = fields.name("product_id", product_id)
        kind = fields.optional_name("category", category)
        return SaleLine(store, at, granularity, on, product, kind, quantity, revenue)

    return _lines(source, text, SALES_COLUMNS, SALES_COLUMNS[:3], line)


def weather(source: str, text: Iterable[str], zone_of: ZoneOf) -> Iterator[WeatherLine | BadLine]:
    """Read ``store_id,observed_at,temperature_c,precipitation_mm,wind_kmh,cloud_cover,condition[,known_at]``.

    Without ``known_at`` a reading is known when its hour, or its day in the store's zone, has ended.
    """

    def line(cells: Sequence[str]) -> WeatherLine:
        store = fields.name("store_id", cells[0])
        zone = zone_of(store)
        at, granularity, on = fields.moment("observed_at", cells[1], zone)
        temperature, rain, wind, cloud = map(fields.amount, WEATHER_VALUES, cells[2:6])
        if rain is not None and rain < 0:
            raise UnreadableFieldError(f"precipitation_mm cannot be negative, got {cells[3]!r}")
        known = fields.known_at(cells[7], zone)
        if known is None:
            known = fields.end_of_day(on, zone) if granularity == BY_DAY else at + timedelta(hours=1)
        condition = fields.optional_name("condition", cells[6])
        return WeatherLine(store, at, granularity, known, temperature, rain, wind, cloud, condition)

    return _lines(source, text, WEATHER_COLUMNS, WEATHER_COLUMNS[:2], line)


def events(source: str, text: Iterable[str], zone_of: ZoneOf) -> Iterator[EventLine | BadLine]:
    """Read ``event,class,start,end[,store_id][,known_at]``; without a store an event is every store's."""

    def line(cells: Sequence[str]) -> EventLine:
        event, kind = fields.name("event", cells[0]), fields.name("class", cells[1])
        start = fields.day("start", cells[2])
        end = fields.day("end", cells[3]) if cells[3].strip() else start
        if end < start:
            raise UnreadableFieldError(f"end {end} is before start {start}; the last day is included")
        store = fields.optional_name("store_id", cells[4]) or ALL_STORES
        return EventLine(event, kind, start, end, store, fields.known_at(cells[5], zone_of(store)))

    return _lines(source, text, EVENT_COLUMNS, EVENT_COLUMNS[:3], line)


def _lines(
    source: str,
    text: Iterable[str],
    columns: Sequence[str],
    required: Sequence[str],
    parse: Callable[[Sequence[str]], Line],
) -> Iterator[Line | BadLine]:
    numbered = enumerate(text, start=1)
    _, heading = next(numbered, (1, ""))
    heading = heading.removeprefix("\ufeff").strip()
    delimiter = max(DELIMITERS, key=heading.count)
    found = [cell.strip().lower() for cell in _cells(heading, delimiter)]
    missing = [column for column in required if column not in found]
    if missing:
        raise InvalidInputError(
            f"{source} needs the columns {','.join(columns)}, and its first line lacks {', '.join(missing)} "
            f"(it says {heading[:120]!r}); name the columns in the first line"
        )
    # Index -1 is the empty cell appended below: a column that the file does not have is an empty field.
    places = [found.index(column) if column in found else -1 for column in columns]
    blank = f"{delimiter} \t\r\n"
    for number, row in numbered:
        if row.strip(blank):
            yield _parsed(number, row, delimiter, len(found), places, parse)


def _parsed(
    number: int,
    row: str,
    delimiter: str,
    width: int,
    places: Sequence[int],
    parse: Callable[[Sequence[str]], Line],
) -> Line | BadLine:
    try:
        cells = _cells(row.rstrip("\r\n"), delimiter)
        if len(cells) != width:
            return BadLine(number, f"expected {width} fields as in the heading, got {len(cells)}")
        cells.append("")
        return parse([cells[place] for place in places])
    except (UnreadableFieldError, csv.Error) as error:
        return BadLine(number, str(error))


def _cells(row: str, delimiter: str) -> list[str]:
    """The fields of one line; a field may be quoted but may not hold a line break, so a stray quote costs one line."""
    if '"' not in row:
        return row.split(delimiter)
    return next(csv.reader([row], delimiter=delimiter, strict=True))
