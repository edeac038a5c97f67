"""Read a CSV file line by line as records or bad lines, whatever the file's size."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Protocol, TypeVar

from brain.domain.retail.imports.fields import (
    InvalidFieldError,
    find_end_of_day,
    parse_amount,
    parse_date,
    parse_known_at,
    parse_name,
    parse_optional_name,
    parse_time,
)
from brain.domain.retail.imports.import_lines import BY_DAY, BadLine, EventLine, SaleLine, WeatherLine
from brain.domain.retail.store_zones import StoreZones
from brain.domain.retail.wildcards import ALL_STORES
from brain.domain.types import explain_cell_count
from brain.errors import InvalidInputError

DELIMITERS = (",", ";", "\t")
MAX_QUOTED_HEADER = 120
SALES_COLUMNS = ("store_id", "sold_at", "product_id", "category", "quantity", "revenue")
WEATHER_READINGS = ("temperature_c", "precipitation_mm", "wind_kmh", "cloud_cover")
WEATHER_COLUMNS = ("store_id", "observed_at", *WEATHER_READINGS, "condition", "known_at")
EVENT_COLUMNS = ("event", "class", "start", "end", "store_id", "known_at")

LineT = TypeVar("LineT", SaleLine, WeatherLine, EventLine)
LineT_co = TypeVar("LineT_co", SaleLine, WeatherLine, EventLine, covariant=True)


class RowParser(Protocol[LineT_co]):
    """Parses the cells of a row, given in the order of the known columns."""

    def __call__(self, cells: Sequence[str], /) -> LineT_co:
        """Return the record; raise InvalidFieldError when a cell cannot be parsed."""


def read_sales(source: str, lines: Iterable[str], zones: StoreZones) -> Iterator[SaleLine | BadLine]:
    """Read ``SALES_COLUMNS``; the category and one of quantity and revenue may be missing.

    Raises InvalidInputError when the header lacks a column; ``source`` is the name of the file in the message.
    """

    def parse(cells: Sequence[str]) -> SaleLine:
        store_text, time_text, product_text, category_text, quantity_text, revenue_text = cells
        store_id = parse_name("store_id", store_text)
        sold_at, granularity, sold_on = parse_time("sold_at", time_text, zones.find_zone(store_id))
        quantity = parse_amount("quantity", quantity_text)
        revenue = parse_amount("revenue", revenue_text)
        if quantity is None and revenue is None:
            raise InvalidFieldError("quantity or revenue is required, got neither; give at least one of them")
        product_id = parse_name("product_id", product_text)
        category = parse_optional_name("category", category_text)
        return SaleLine(store_id, sold_at, granularity, sold_on, product_id, category, quantity, revenue)

    return _read(source, lines, SALES_COLUMNS, SALES_COLUMNS[:3], parse)


def read_weather(source: str, lines: Iterable[str], zones: StoreZones) -> Iterator[WeatherLine | BadLine]:
    """Read ``WEATHER_COLUMNS``; all but the first two may be missing.

    Without ``known_at`` a reading is known when its hour, or its local day, has ended.
    """

    def parse(cells: Sequence[str]) -> WeatherLine:
        store_id = parse_name("store_id", cells[0])
        zone = zones.find_zone(store_id)
        observed_at, granularity, day = parse_time("observed_at", cells[1], zone)
        temperature, precipitation, wind, cloud_cover = map(parse_amount, WEATHER_READINGS, cells[2:6])
        if precipitation is not None and precipitation < 0:
            raise InvalidFieldError(f"precipitation_mm must not be negative, got {cells[3]!r}")
        known_at = parse_known_at(cells[7], zone)
        if known_at is None:
            known_at = find_end_of_day(day, zone) if granularity == BY_DAY else observed_at + timedelta(hours=1)
        condition = parse_optional_name("condition", cells[6])
        return WeatherLine(
            store_id, observed_at, granularity, known_at, temperature, precipitation, wind, cloud_cover, condition
        )

    return _read(source, lines, WEATHER_COLUMNS, WEATHER_COLUMNS[:2], parse)


def read_events(source: str, lines: Iterable[str], zones: StoreZones) -> Iterator[EventLine | BadLine]:
    """Read ``EVENT_COLUMNS``; all but the first three may be missing.

    Without ``end`` an event lasts one day, without ``store_id`` it is every store's.
    """

    def parse(cells: Sequence[str]) -> EventLine:
        event, event_class = parse_name("event", cells[0]), parse_name("class", cells[1])
        starts_on = parse_date("start", cells[2])
        ends_on = parse_date("end", cells[3]) if cells[3].strip() else starts_on
        if ends_on < starts_on:
            raise InvalidFieldError(
                f"end must not be before start {starts_on}, got {ends_on}; the last day is included"
            )
        store_id = parse_optional_name("store_id", cells[4]) or ALL_STORES
        known_at = parse_known_at(cells[5], zones.find_zone(store_id))
        return EventLine(event, event_class, starts_on, ends_on, store_id, known_at)

    return _read(source, lines, EVENT_COLUMNS, EVENT_COLUMNS[:3], parse)


def _read(
    source: str,
    lines: Iterable[str],
    columns: Sequence[str],
    required: Sequence[str],
    parse: RowParser[LineT],
) -> Iterator[LineT | BadLine]:
    numbered_lines = enumerate(lines, start=1)
    _, header = next(numbered_lines, (1, ""))
    header = header.removeprefix("\ufeff").strip()
    delimiter = max(DELIMITERS, key=header.count)
    names = [cell.strip().lower() for cell in _split(header, delimiter)]
    missing = [column for column in required if column not in names]
    if missing:
        raise InvalidInputError(
            f"the first line of {source} must name the columns {','.join(columns)}, "
            f"got {header[:MAX_QUOTED_HEADER]!r} without {', '.join(missing)}; add them to the first line"
        )
    # Index -1 is the empty cell appended to every row: a column that the file lacks is an empty field.
    indexes = [names.index(column) if column in names else -1 for column in columns]
    blanks = f"{delimiter} \t\r\n"
    for number, row in numbered_lines:
        if row.strip(blanks):
            yield _parse_row(number, row, delimiter, len(names), indexes, parse)


def _parse_row(
    number: int, row: str, delimiter: str, cell_count: int, indexes: Sequence[int], parse: RowParser[LineT]
) -> LineT | BadLine:
    try:
        cells = _split(row.rstrip("\r\n"), delimiter)
        if len(cells) != cell_count:
            return BadLine(number, explain_cell_count(cell_count, len(cells)))
        cells.append("")
        return parse([cells[index] for index in indexes])
    except (InvalidFieldError, csv.Error) as error:
        return BadLine(number, str(error))


def _split(row: str, delimiter: str) -> list[str]:
    """Return the cells of one line; a quoted cell may not hold a line break, so that a stray quote costs one line."""
    if '"' not in row:
        return row.split(delimiter)
    return next(csv.reader([row], delimiter=delimiter, strict=True))
