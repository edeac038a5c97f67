"""Plain rows of a warehouse or a CSV file, read by a field map."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final, cast

from brain.domain.events import Draft, Rejected
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.field_maps import FieldMap, TimeMapping
from brain.domain.feeds.json_values import (
    snake_case_names,
    to_snake_case,
    to_text,
)
from brain.domain.feeds.mapped_metrics import add_mapped_metrics
from brain.domain.feeds.payload_shapes import JsonObject, reject_shape
from brain.domain.feeds.report_rows import (
    TIME_COLUMNS,
    VOLATILE_COLUMNS,
    is_deleted_row,
    read_row_time,
    select_dimensions,
)
from brain.domain.feeds.row_dimensions import RowDimensions, select_unknown_dimensions
from brain.domain.feeds.times import describe_time, parse_day_and_hour
from brain.domain.privacy.personal_fields import normalize_field_name
from brain.errors import InvalidInputError

_DAYS_IN_WEEK: Final = 7


def read_mapped_row(row: JsonObject, field_map: FieldMap, dimensions: Sequence[str] = ()) -> Draft | Rejected:
    """Return one row read by ``field_map``; a row without any of its metrics is rejected.

    ``dimensions`` are the columns that the provider's structure shows to be dimensions.
    """
    metric_columns = {column for columns in field_map.metrics.values() for column in columns}
    if metric_columns.isdisjoint(row):
        return reject_shape(f"the columns of the field map ({', '.join(sorted(metric_columns))})")
    builder = DraftBuilder(row)
    add_mapped_metrics(builder, row, field_map)
    is_total = field_map.cumulative and any(to_text(row.get(column)) for column in field_map.key)
    return builder.build(
        field_map.feed_type,
        _read_time(builder, row, field_map.time),
        undated=field_map.time.constant is not None,
        content_key=("row", *select_dimensions(row, field_map.key)) if field_map.key else (),
        cumulative=is_total,
        currency=_column_text(row, field_map.currency_column) or field_map.currency,
        content_id=_column_text(row, field_map.content_id),
        content_type=_select_content_type(row, field_map),
        platform=_column_text(row, field_map.platform_column) or field_map.platform,
        creator=_column_text(row, field_map.creator_column),
        volatile=VOLATILE_COLUMNS | frozenset(field_map.volatile),
        personal=frozenset(map(normalize_field_name, filter(None, (*field_map.personal, field_map.creator_column)))),
        **(_read_total(builder, row, field_map, dimensions) if is_total else {}),
    )


def _read_total(
    builder: DraftBuilder, row: JsonObject, field_map: FieldMap, dimensions: Sequence[str]
) -> dict[str, Any]:
    """Return what only a running total has: further dimensions, the time of its figures, and its state."""
    columns = snake_case_names(row)
    further = _select_further_dimensions(row, field_map, dimensions)
    return {
        "dimensions": further.dimensions,
        "notices": further.notices,
        "as_of": read_row_time(builder, columns, _list_times(field_map)),
        "retracted": is_deleted_row(columns),
    }


def _list_times(field_map: FieldMap) -> tuple[str, ...]:
    """Return the columns with the time at which a row was written; the time of its content is none of them."""
    own = {to_snake_case(name) for name in (*field_map.time.columns, *field_map.key)}
    return tuple(name for name in TIME_COLUMNS if name not in own)


def _select_further_dimensions(row: JsonObject, field_map: FieldMap, dimensions: Sequence[str]) -> RowDimensions:
    """Return the dimensions of a row besides the key of its map."""
    structural = tuple(name for name in dimensions if name not in field_map.key)
    metric_columns = (column for columns in field_map.metrics.values() for column in columns)
    read = (
        *field_map.key, *field_map.time.columns, *metric_columns, *field_map.personal, *field_map.volatile,
        *structural, *filter(None, (field_map.creator_column, field_map.currency_column)),
    )  # fmt: skip
    unknown = select_unknown_dimensions(snake_case_names(row), set(map(to_snake_case, read)))
    return unknown._replace(dimensions=(*select_dimensions(row, structural), *unknown.dimensions))


def _select_content_type(row: JsonObject, field_map: FieldMap) -> str | None:
    content_type = _column_text(row, field_map.content_type_column)
    if not content_type:
        return field_map.content_type
    return field_map.content_types.get(content_type, content_type.lower())


def _column_text(row: JsonObject, column: str | None) -> str | None:
    return to_text(row.get(column)) if column else None


def _read_time(builder: DraftBuilder, row: JsonObject, time: TimeMapping) -> datetime | None:
    if time.constant is not None:
        return datetime(time.constant.year, time.constant.month, time.constant.day, tzinfo=UTC)
    if time.column is not None and time.format is not None:
        return _read_formatted_time(builder, row, time.column, time.format)
    if time.column is not None:
        return builder.read_time(row, time.column, naive_is_utc=time.naive_is_utc)
    return _read_composed_time(builder, row, time)


def _read_formatted_time(builder: DraftBuilder, row: JsonObject, column: str, time_format: str) -> datetime | None:
    text = to_text(row.get(column))
    if text is None:
        return None
    try:
        parsed = datetime.strptime(text, time_format)  # noqa: DTZ007 - the map declares times without an offset to be UTC
    except ValueError:
        builder.faults.append(
            f"{column}: expected a time in the format {time_format}, got other text{describe_time(text)}"
        )
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _read_composed_time(builder: DraftBuilder, row: JsonObject, time: TimeMapping) -> datetime | None:
    """Return the time that the columns of a row compose: month, day or weekday, and hour."""
    numbers = (
        time.constant_year if time.year is None else builder.read_number(row, time.year, is_count=True),
        builder.read_number(row, time.month or "", is_count=True),
        builder.read_number(row, time.day or time.weekday or "", is_count=True),
        builder.read_number(row, time.hour, is_count=True) if time.hour else 0,
    )
    if None in numbers:
        return None
    year, month, day_or_weekday, hour = cast("tuple[int, int, int, int]", numbers)
    find_day = date if time.day else partial(_find_first_weekday, week_starts=time.week_starts)
    try:
        return parse_day_and_hour(find_day(year, month, day_or_weekday).isoformat(), hour)
    except (ValueError, InvalidInputError):
        builder.faults.append(f"{time.month}: expected parts of a time that exists, got others")
        return None


def _find_first_weekday(year: int, month: int, weekday: int, week_starts: str) -> date:
    """Return the first date of a month on the given day of the week (1 to 7)."""
    if not 1 <= weekday <= _DAYS_IN_WEEK:
        raise ValueError(f"weekday must be 1 to {_DAYS_IN_WEEK}, got {weekday}")
    days_after_monday = (weekday - 1) if week_starts == "monday" else (weekday - 2) % _DAYS_IN_WEEK
    month_start = date(year, month, 1)
    return month_start + timedelta(days=(days_after_monday - month_start.weekday()) % _DAYS_IN_WEEK)
